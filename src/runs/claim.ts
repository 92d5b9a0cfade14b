import { mkdir, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, isMissing } from './files';

/** A claim that is older belongs to a program that crashed while it held it; they are held for moments. */
const abandonedMilliseconds = 30_000;
const pollMilliseconds = 50;

/**
 * Takes a claim: a folder that only one program at a time can make, on network drives too.
 * @param claim Absolute path.
 * @returns What gives it back; null when someone else holds it.
 */
export async function takeClaim(claim: string): Promise<(() => Promise<void>) | null> {
  await mkdir(dirname(claim), { recursive: true });
  try {
    await mkdir(claim);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    if (!(await isAbandoned(claim))) return null;
    await remove(claim);
    return takeClaim(claim);
  }
  return () => remove(claim);
}

/** Does something that no two programs may do at the same time; waits until nobody else holds the claim. */
export async function withClaim<T>(claim: string, action: () => Promise<T>): Promise<T> {
  for (;;) {
    const release = await takeClaim(claim);
    if (release === null) {
      await sleep(pollMilliseconds);
      continue;
    }
    try {
      return await action();
    } finally {
      await release();
    }
  }
}

async function isAbandoned(claim: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(claim)).mtimeMs > abandonedMilliseconds;
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
}

async function remove(claim: string): Promise<void> {
  try {
    await rmdir(claim);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
