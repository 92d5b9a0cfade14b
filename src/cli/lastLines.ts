import { open } from 'node:fs/promises';

/** A screenful of text; the end of a log that is larger is enough. */
const tailBytes = 8_192;

/** The last lines of a text file, without empty ones. @throws The error of the file system. */
export async function lastLines(file: string, count: number): Promise<string[]> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString('utf8', 0, bytesRead).split(/\r?\n/);
    // The first line is cut where the file is longer.
    return lines
      .slice(size > tailBytes ? 1 : 0)
      .filter((line) => line.trim() !== '')
      .slice(-count);
  } finally {
    await handle.close();
  }
}
