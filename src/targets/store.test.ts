import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TargetsStore } from './store';

const nothing = (): Promise<void> => Promise.resolve();

let parent: string;
let store: TargetsStore;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'targets-'));
  store = new TargetsStore(join(parent, 'cache', 'targets'), 20_000);
});
afterEach(() => rm(parent, { recursive: true, force: true }));

/** Writes targets of four bytes, in a file of 4100. @param minutes how long ago they were used. */
async function put(key: string, minutes: number): Promise<void> {
  const writer = await store.create({ key, shape: [1, 1] }, key);
  await writer.append(Float32Array.of(7));
  await writer.finish();
  const at = new Date(Date.now() - minutes * 60_000);
  await utimes(store.fileOf(key), at, at);
}

describe('TargetsStore', () => {
  it('makes its folder, and has room up to its limit', async () => {
    expect(await store.room()).toBe(20_000);
    await put('a', 1);
    expect(await store.room()).toBe(20_000);
    expect(await store.open({ key: 'b', shape: [1, 1] }, nothing)).toBeNull();
  });

  it('makes room by what was not used for the longest time, but for what is needed now', async () => {
    await store.room();
    for (const [key, minutes] of [
      ['a', 1],
      ['b', 4],
      ['c', 3],
      ['d', 2],
    ] as const)
      await put(key, minutes);
    const found = await store.open({ key: 'b', shape: [1, 1] }, nothing);
    if (found === null || 'problem' in found) throw new Error('b is whole');
    await found.handle.close();
    await store.makeRoom(8000, new Set(['c']));
    expect((await readdir(store.folder)).sort()).toEqual(['b.safetensors', 'c.safetensors']);
  });

  it('removes what a killed program left', async () => {
    await store.room();
    const left = join(store.folder, '.a.safetensors.1.ffff.tmp');
    await writeFile(left, 'x');
    const long = new Date(Date.now() - 3_600_000);
    await utimes(left, long, long);
    await store.room();
    expect(await readdir(store.folder)).toEqual([]);
  });
});
