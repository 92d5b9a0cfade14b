import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const temporarySuffix = '.tmp';
/** Virus scanners and indexers on Windows hold fresh files open for a moment. */
const busyCodes = new Set(['EPERM', 'EBUSY', 'EACCES']);
const busyRetryMilliseconds = [10, 20, 50, 100, 200, 400, 800];

/** Why a JSON file could not be read: it is not there, it ends too early, or it holds something else. */
export interface JsonProblem {
  reason: 'missing' | 'torn' | 'wrong';
  /** A sentence that names the file. */
  message: string;
}

export type JsonResult<T> = { ok: true; value: T } | { ok: false; problem: JsonProblem };

/**
 * Replaces a file so that a reader, and a machine that loses power, sees either the old content or the new, never a
 * part: written to a temporary name in the same folder, fsynced, renamed, and the folder fsynced.
 * @param data Text, bytes, or parts that are written one after the other.
 * @throws The error of the file system; the temporary file is removed and the old content stands.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array | readonly Uint8Array[],
): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const handle = await open(temporary, 'wx');
    try {
      const parts = typeof data === 'string' || data instanceof Uint8Array ? [data] : data;
      for (const part of parts) await handle.writeFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await putInPlace(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A name beside `path` that nobody else writes to; what is left there is removed by {@link removeAbandonedTemporaries}. */
export function temporaryName(path: string): string {
  const unique = `${process.pid}.${randomBytes(4).toString('hex')}`;
  return join(dirname(path), `.${basename(path)}.${unique}${temporarySuffix}`);
}

/** Gives a file that was written and fsynced under its {@link temporaryName} its own name, replacing what has it. */
export async function putInPlace(temporary: string, path: string): Promise<void> {
  await whileBusy(() => rename(temporary, path));
  await syncFolder(dirname(path));
}

/** {@link writeFileAtomic} of a value as indented JSON. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Reads and parses a JSON file.
 * @throws The error of the file system when the file is there but cannot be read.
 */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<JsonResult<T>> {
  let text: string;
  try {
    text = await whileBusy(() => readFile(path, 'utf8'));
  } catch (error) {
    if (!isMissing(error)) throw error;
    return failure('missing', `${path} does not exist.`);
  }
  return parseJson(path, text, schema);
}

/**
 * Reads a JSON file that need not exist.
 * @returns Null when there is no such file.
 * @throws {Error} When the file is torn or holds something else.
 */
export async function readJsonIfPresent<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  const result = await readJson(path, schema);
  if (result.ok) return result.value;
  if (result.problem.reason === 'missing') return null;
  throw new Error(result.problem.message);
}

/**
 * Removes temporary files that a killed process left in a folder. Young ones stay: someone may be writing them.
 * @param olderThan Age in milliseconds.
 */
export async function removeAbandonedTemporaries(folder: string, olderThan = 60_000): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  const temporaries = names.filter((name) => name.startsWith('.') && name.endsWith(temporarySuffix));
  await Promise.all(
    temporaries.map(async (name) => {
      const path = join(folder, name);
      try {
        const { mtimeMs } = await stat(path);
        if (Date.now() - mtimeMs >= olderThan) await rm(path, { force: true });
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }),
  );
}

/** sha256 of the bytes of a file, in hex; null when there is no such file. */
export async function hashFile(file: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  return hash.digest('hex');
}

/** Whether an error of the file system says that there is no such file or folder. */
export function isMissing(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}

/** Whether an error of Node carries this code, e.g. `EEXIST`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function parseJson<T>(path: string, text: string, schema: z.ZodType<T>): JsonResult<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return failure('torn', `${path} is not whole JSON (${error instanceof Error ? error.message : ''}).`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  return failure('wrong', `${path} is not what it should be:\n${z.prettifyError(parsed.error)}`);
}

function failure(reason: JsonProblem['reason'], message: string): { ok: false; problem: JsonProblem } {
  return { ok: false, problem: { reason, message } };
}

async function whileBusy<T>(action: () => Promise<T>): Promise<T> {
  for (const milliseconds of process.platform === 'win32' ? busyRetryMilliseconds : []) {
    try {
      return await action();
    } catch (error) {
      if (![...busyCodes].some((code) => hasCode(error, code))) throw error;
      await sleep(milliseconds);
    }
  }
  return action();
}

/** Makes a rename last through a power cut, where the system lets folders be opened. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network and FUSE file systems have no fsync of folders; the rename itself has happened.
    if (!hasCode(error, 'EINVAL') && !hasCode(error, 'ENOTSUP') && !hasCode(error, 'EISDIR')) throw error;
  } finally {
    await handle.close();
  }
}
