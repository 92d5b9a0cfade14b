import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

/** The PyTorch that ours is measured against. */
export interface Torch {
  python: string;
  version: string;
  /** What computes on its CPU side: `MKL, oneDNN`, … */
  libraries: string;
}

/** Why there is no peer. The message says what to do. */
export class TorchMissing extends Error {
  override name = 'TorchMissing';
}

const facts = z.object({ version: z.string(), libraries: z.string(), device: z.string().nullable() });

const QUESTION = `
import json, sys, torch
kind = sys.argv[1]
usable = {"cpu": True, "cuda": torch.cuda.is_available()}.get(kind, False)
libraries = [name for name, there in [
    ("MKL", torch.backends.mkl.is_available()),
    ("oneDNN", torch.backends.mkldnn.is_available()),
    ("OpenBLAS", "BLAS_INFO=open" in torch.__config__.show()),
] if there]
print(json.dumps({"version": torch.__version__, "libraries": ", ".join(libraries), "device": kind if usable else None}))
`;

/**
 * Looks for a Python with torch.
 *
 * @param given the path of a Python; without it, the one that DISTILLERY_PYTHON names, else `python3`.
 * @param device `cpu` or `cuda`.
 * @throws TorchMissing when there is none, or it cannot use that device.
 */
export async function findTorch(given: string | undefined, device: string): Promise<Torch> {
  const python = given ?? process.env['DISTILLERY_PYTHON'] ?? 'python3';
  const answer = await promisify(execFile)(python, ['-c', QUESTION, device], {
    env: pythonEnvironment(1),
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1)! : String(error);
    throw new TorchMissing(
      `${python} has no torch (${reason}). Install it (python3 -m venv DIR && DIR/bin/pip install torch numpy) and name it with --python DIR/bin/python or DISTILLERY_PYTHON.`,
    );
  });
  const found = facts.parse(JSON.parse(answer.stdout));
  if (found.device === null) {
    throw new TorchMissing(`torch ${found.version} of ${python} cannot use the device ${device} here.`);
  }
  return { python, version: found.version, libraries: found.libraries };
}

/**
 * The environment of a Python that is measured: as many threads as ours, and none of the settings that make OpenBLAS
 * use kernels for another processor, which would slow it down unfairly.
 */
export function pythonEnvironment(threads: number): NodeJS.ProcessEnv {
  const count = `${threads}`;
  return {
    ...process.env,
    OPENBLAS_CORETYPE: undefined,
    OPENBLAS_L2_SIZE: undefined,
    OMP_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
  };
}

/** The path of a file of bench/torch. */
export function torchScript(root: string, name: string): string {
  return join(root, 'bench', 'torch', name);
}
