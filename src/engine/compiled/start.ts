import * as tf from '@tensorflow/tfjs';
import { EngineError } from '../engine';
import { BACKEND, GraphBackend } from './backend';
import { registerGraphBackend } from './kernels/register';
import { chooseProvider, providerFromEnvironment, type ProviderRequest } from './providers';
import { loadRuntime } from './runtime';
import { convolutionProbe, differences, probe } from './selfTest';
import { threadsFromEnvironment, type CompilerSettings } from './settings';

/** Sizes of blocks that onnxruntime uses on processors with AVX-512, and on those with AVX only. */
const BLOCK_SIZES = [16, 8] as const;

const PORTABLE: Omit<CompilerSettings, 'threads'> = {
  provider: 'cpu',
  block: 0,
  extensions: true,
  fuse: true,
  rewrite: true,
};

export interface StartOptions extends Partial<Omit<CompilerSettings, 'provider'>> {
  /** Without it, what `DISTILLERY_PROVIDER` says, else `auto`. */
  provider?: ProviderRequest | undefined;
}

export interface StartedBackend {
  backend: GraphBackend;
  /** For people: what programs run on. */
  device: string;
  /** One sentence: why on this. */
  reason: string;
}

/**
 * Starts the compiling backend and makes it the active one.
 *
 * @param wanted settings to use as they are; otherwise what this machine is best at.
 * @throws EngineError where onnxruntime does not run, or computes a gradient wrongly.
 * @throws ProviderError where the provider that was asked for does not work.
 */
export async function startCompiled({ provider, ...wanted }: StartOptions = {}): Promise<StartedBackend> {
  loadRuntime();
  const threads = wanted.threads ?? threadsFromEnvironment();
  const portable = { ...PORTABLE, threads };
  const block = wanted.block ?? findBlockSize(portable);
  const host = { ...portable, ...wanted, block };
  const { settings, memory, device, reason } = chooseProvider(provider ?? providerFromEnvironment(), host);
  registerGraphBackend(settings, host, memory);
  if (!(await tf.setBackend(BACKEND))) throw new EngineError('The compiling backend did not start.');
  const backend: unknown = tf.backend();
  if (!(backend instanceof GraphBackend))
    throw new EngineError('Another backend took the place of the compiling one.');
  return { backend, device, reason };
}

/**
 * The block size of onnxruntime's blocked ops here: the one with which the gradients of a convolution come out as
 * without blocks. The ops are internal to onnxruntime, so nothing else is taken for granted.
 *
 * @returns 0 where none does.
 */
function findBlockSize(portable: CompilerSettings): number {
  const expected = probe(portable, convolutionProbe);
  return (
    BLOCK_SIZES.find((block) => {
      try {
        return differences(probe({ ...portable, block }, convolutionProbe), expected).length === 0;
      } catch {
        // No such ops in this build or on this processor: the answer is no.
        return false;
      }
    }) ?? 0
  );
}
