import { mkdir, mkdtemp, readdir, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, it } from 'vitest';
import { takeClaim, withClaim } from './claim';

let claim: string;

beforeEach(async () => {
  claim = join(await mkdtemp(join(tmpdir(), 'distillery claim ')), 'folder', 'claim');
});

it('is held by one at a time, and given back', async () => {
  const release = await takeClaim(claim);
  expect(await takeClaim(claim)).toBeNull();
  await release?.();
  expect(await takeClaim(claim)).not.toBeNull();
});

it('is taken over from a program that crashed', async () => {
  await mkdir(claim, { recursive: true });
  expect(await takeClaim(claim)).toBeNull();
  const minuteAgo = new Date(Date.now() - 60_000);
  await utimes(claim, minuteAgo, minuteAgo);
  expect(await takeClaim(claim)).not.toBeNull();
});

it('lets actions happen one after the other, also after one that failed', async () => {
  let inside = 0;
  const action = (number: number) => async (): Promise<number> => {
    inside += 1;
    expect(inside).toBe(1);
    await sleep(5);
    inside -= 1;
    if (number === 2) throw new Error('two');
    return number;
  };
  const results = await Promise.allSettled([1, 2, 3, 4].map((number) => withClaim(claim, action(number))));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(await readdir(dirname(claim))).toEqual([]);
});
