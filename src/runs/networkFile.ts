import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { z } from 'zod';
import { hashFile } from './files';

/** The part of a `model.json` that names the files of its weights. */
const tfjsManifestSchema = z.object({
  weightsManifest: z.array(z.object({ paths: z.array(z.string()) })),
});

/**
 * sha256, in hex, of a network in a file and of the files that hold its weights: the shards of a `model.json`, and what
 * PyTorch writes beside a large ONNX file (`teacher.onnx.data`). Null when the file does not exist.
 */
export async function hashNetwork(file: string): Promise<string | null> {
  const own = await hashFile(file);
  if (own === null) return null;
  const hash = createHash('sha256').update(own);
  for (const other of await weightFilesOf(file)) hash.update((await hashFile(other)) ?? '');
  return hash.digest('hex');
}

/** Absolute paths of the files that hold the weights of a network beside its own file; they need not exist. */
export async function weightFilesOf(file: string): Promise<string[]> {
  if (extname(file) !== '.json') return [`${file}.data`];
  const manifest = tfjsManifestSchema.safeParse(parseJson(await readFile(file, 'utf8')));
  if (!manifest.success) return [];
  return manifest.data.weightsManifest.flatMap(({ paths }) =>
    paths.map((path) => resolve(dirname(file), path)),
  );
}

/** Undefined for what is no JSON; the loader of the model tells what is wrong with it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
