import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DataError } from './dataset';
import { errorText } from './failure';

export interface Digest {
  algorithm: 'sha256' | 'md5';
  hex: string;
}

/** A published file: what a download must turn out to be. */
export interface PublishedFile {
  name: string;
  bytes: number;
  digest: Digest;
}

export interface DownloadOptions {
  /** Called as data arrives, with the bytes of this file so far; starts again from 0 with the next mirror. */
  onBytes?: (received: number) => void;
  /** A mirror that sends nothing for so long is given up. */
  stallMilliseconds?: number;
}

const STALL_MILLISECONDS = 30_000;

/** Why a mirror did not give the file; the next one is tried. */
class MirrorError extends Error {
  override name = 'MirrorError';
}

/**
 * Downloads a file to `target` from the first of the mirrors that has it, and checks its size and digest. It is
 * written under a temporary name beside `target` and renamed at the end, so that `target` is always whole, also when
 * several processes download it at once.
 *
 * @param mirrors folders as URLs, each ending in `/`.
 * @throws DataError when no mirror gives the right file (the message lists what each of them did), or it cannot be
 *   written.
 */
export async function downloadFile(
  file: PublishedFile,
  mirrors: readonly string[],
  target: string,
  options: DownloadOptions = {},
): Promise<void> {
  const failures: string[] = [];
  for (const mirror of mirrors) {
    try {
      await downloadFrom(new URL(file.name, mirror), file, target, options);
      return;
    } catch (error) {
      if (!(error instanceof MirrorError)) {
        throw new DataError(`${target}: the download cannot be written (${errorText(error)}).`, target, {
          cause: error,
        });
      }
      failures.push(error.message);
    }
  }
  throw new DataError(`${file.name} could not be downloaded:\n${failures.join('\n')}`, target, {
    code: 'missing-file',
  });
}

/** Whether a file exists and has the size and digest of the published one. */
export async function isPublished(path: string, file: PublishedFile): Promise<boolean> {
  try {
    return (await hashFile(path, file.digest.algorithm)) === file.digest.hex;
  } catch {
    // Missing or unreadable: either way it is not the file, and downloading will say what is wrong with the folder.
    return false;
  }
}

/** The digest of a file, in hexadecimal. */
export async function hashFile(path: string, algorithm: Digest['algorithm']): Promise<string> {
  return createHash(algorithm)
    .update(await readFile(path))
    .digest('hex');
}

async function downloadFrom(
  url: URL,
  file: PublishedFile,
  target: string,
  options: DownloadOptions,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${randomUUID()}.part`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      let received = 0;
      for await (const chunk of receive(url, file, options.stallMilliseconds ?? STALL_MILLISECONDS)) {
        await handle.writeFile(chunk);
        received += chunk.length;
        options.onBytes?.(received);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await moveInPlace(temporary, target, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Windows refuses to replace a file that another process reads; when that is the right file, all is well. */
async function moveInPlace(temporary: string, target: string, file: PublishedFile): Promise<void> {
  try {
    await rename(temporary, target);
  } catch (error) {
    if (!(await isPublished(target, file))) throw error;
  }
}

/** The bytes at a URL, as they arrive. @throws MirrorError when they cannot be had or are not those of the file. */
async function* receive(
  url: URL,
  file: PublishedFile,
  stallMilliseconds: number,
): AsyncGenerator<Uint8Array> {
  const controller = new AbortController();
  const giveUp = (): void => {
    controller.abort(new Error(`nothing arrived for ${stallMilliseconds / 1000} seconds`));
  };
  let stall = setTimeout(giveUp, stallMilliseconds);
  try {
    // `identity`: a server must not take the .gz for a compressed transfer, which fetch would unpack.
    const response = await fetch(url, {
      signal: controller.signal,
      headers: { 'accept-encoding': 'identity' },
    });
    if (!response.ok) throw new Error(`HTTP status ${response.status} ${response.statusText}`.trimEnd());
    if (response.body === null) throw new Error('the answer is empty');
    const body: AsyncIterable<Uint8Array> = response.body;
    const hash = createHash(file.digest.algorithm);
    let received = 0;
    for await (const chunk of body) {
      clearTimeout(stall);
      stall = setTimeout(giveUp, stallMilliseconds);
      received += chunk.length;
      if (received > file.bytes) throw new Error(`it sends more than the ${file.bytes} bytes of the file`);
      hash.update(chunk);
      yield chunk;
    }
    checkReceived(received, hash.digest('hex'), file);
  } catch (error) {
    throw new MirrorError(`${url.href}: ${errorText(error)}`, { cause: error });
  } finally {
    clearTimeout(stall);
  }
}

function checkReceived(received: number, digest: string, file: PublishedFile): void {
  if (received < file.bytes) throw new Error(`it sent ${received} of ${file.bytes} bytes`);
  if (digest === file.digest.hex) return;
  throw new Error(`wrong file: its ${file.digest.algorithm} is ${digest}, expected ${file.digest.hex}`);
}
