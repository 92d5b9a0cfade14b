import { stat } from 'node:fs/promises';

/** What files looked like: enough to tell that none has changed since. */
export type Stamps = ReadonlyMap<string, string>;

/** Looks at files, by their absolute paths; those that are not there count too. */
export async function stampFiles(files: readonly string[]): Promise<Stamps> {
  const stamps = await Promise.all(files.map(async (file) => [file, await stampOf(file)] as const));
  return new Map(stamps);
}

/** Whether all files look as they did. */
export async function areUnchanged(stamps: Stamps): Promise<boolean> {
  const now = await stampFiles([...stamps.keys()]);
  return [...stamps].every(([file, stamp]) => now.get(file) === stamp);
}

async function stampOf(file: string): Promise<string> {
  // Whatever keeps it from being looked at keeps the models from being built too, and they tell what it is.
  const found = await stat(file, { bigint: true }).catch(() => null);
  return found === null ? 'missing' : `${found.mtimeNs} ${found.size} ${found.ino}`;
}
