import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { dirname, extname, join, posix, win32 } from 'node:path';
import { z } from 'zod';
import { hasCode, hashFile, isMissing } from './files';

/** The part of a `model.json` that names the files of its weights. */
const tfjsManifestSchema = z.object({
  weightsManifest: z.array(z.object({ paths: z.array(z.string()) })),
});

/**
 * sha256, in hex, of a network in a file and of the files that hold its weights: the shards of a `model.json`, the
 * external data of an ONNX file. That of the file alone where there are none. Null when the file does not exist.
 */
export async function hashNetwork(file: string): Promise<string | null> {
  const own = await hashFile(file);
  const others = own === null ? [] : await weightFilesOf(file);
  if (own === null || others.length === 0) return own;
  const hash = createHash('sha256').update(own);
  for (const other of others) {
    const found = await stat(other).catch(() => null);
    const theirs = found?.isFile() === true ? await hashFile(other) : null;
    hash.update(theirs ?? 'missing');
  }
  return hash.digest('hex');
}

/**
 * Absolute paths of the files that hold the weights of a network beside its own file, each once; they need not exist.
 * None for a Darknet cfg, whose weights are named on their own.
 */
export async function weightFilesOf(file: string): Promise<string[]> {
  const namesIn = { '.json': shardsIn, '.onnx': externalDataIn }[extname(file).toLowerCase()];
  const bytes = namesIn === undefined ? null : await readIfFile(file);
  if (namesIn === undefined || bytes === null) return [];
  const names = namesIn(bytes).map((name) => name.replaceAll('\\', '/'));
  return [...new Set(names.filter(liesWithin).map((name) => join(dirname(file), name)))];
}

async function readIfFile(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    // Too large a file is refused when it is opened, with what to do about it.
    const isNone = ['EISDIR', 'ENOTDIR', 'ERR_FS_FILE_TOO_LARGE'].some((code) => hasCode(error, code));
    if (isMissing(error) || isNone) return null;
    throw error;
  }
}

/** Other places are refused when the network is opened. */
function liesWithin(name: string): boolean {
  if (name === '' || posix.isAbsolute(name) || win32.isAbsolute(name) || /^[a-z]:/i.test(name)) return false;
  return !posix.normalize(name).startsWith('..');
}

/** None for what is no JSON; the loader of the model tells what is wrong with it. */
function shardsIn(bytes: Buffer): string[] {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return [];
  }
  const manifest = tfjsManifestSchema.safeParse(value).data?.weightsManifest ?? [];
  return manifest.flatMap(({ paths }) => paths);
}

/** How protobuf writes the key of the property that names a file of external data; its value follows. */
const locationKey = Buffer.from('\x0a\x08location\x12', 'latin1');

/**
 * The names of external data in an ONNX file, found by their look, without a parser: one that only looks like a name
 * counts too, which does no harm.
 */
function externalDataIn(bytes: Buffer): string[] {
  const names = new Set<string>();
  for (let at = bytes.indexOf(locationKey); at >= 0; at = bytes.indexOf(locationKey, at)) {
    at += locationKey.length;
    // Lengths of paths take one or two bytes of seven bits.
    const [low = 0, high = 0] = bytes.subarray(at, at + 2);
    const [start, length] = low < 128 ? [at + 1, low] : [at + 2, low - 128 + 128 * high];
    if (start + length <= bytes.length) names.add(bytes.toString('utf8', start, start + length));
  }
  return [...names];
}
