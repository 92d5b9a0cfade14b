import { execFile } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { BatcherOptions } from './batches';
import type { ImageSet } from './dataset';
import { LoaderSupply, shareImages } from './loader';
import { openSupply, smallBatch } from './openSupply';
import { BatchMaker, type BatchOrder, type BatchSupply, type NamedRowFiles } from './supply';

const here = fileURLToPath(new URL('.', import.meta.url));
const images = Uint8Array.from({ length: 50 * 36 }, (_, index) => (index * 37) % 256);
const set: ImageSet = shareImages({
  count: 50,
  height: 6,
  width: 6,
  channels: 1,
  images,
  labels: Uint8Array.from({ length: 50 }, (_, index) => index % 7),
});
const batching: BatcherOptions = { batch: 8, seed: 5, shuffle: true, augment: { shift: 2, flip: true } };
const stepsPerEpoch = 7;

let folder: string;
let program: string;
let files: NamedRowFiles;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loader '));
  program = join(folder, 'loader.js');
  buildSync({
    entryPoints: [join(here, 'loaderThread.ts')],
    bundle: true,
    platform: 'node',
    outfile: program,
  });
  writeFileSync(
    join(folder, 'rows'),
    Float32Array.from({ length: 150 }, (_, index) => index / 7),
  );
  files = { row: { descriptor: openSync(join(folder, 'rows'), 'r'), offset: 0, rows: 50, width: 3 } };
});
afterAll(() => {
  closeSync(files['row']!.descriptor);
  rmSync(folder, { recursive: true });
});

let supply: BatchSupply | null = null;
afterEach(async () => {
  await supply?.close();
  supply = null;
});

/** The order at a step; the rows come with odd epochs only, as with stages that learn from other things. */
function orderAt(step: number): BatchOrder {
  const epoch = Math.floor(step / stepsPerEpoch);
  return { epoch, index: step % stepsPerEpoch, rows: epoch % 2 === 0 ? [] : ['row'] };
}
const stepOf = ({ epoch, index }: BatchOrder): number => epoch * stepsPerEpoch + index;

function open(change: Partial<ConstructorParameters<typeof LoaderSupply>[0]> = {}): BatchSupply {
  const following = (order: BatchOrder): BatchOrder => orderAt(stepOf(order) + 1);
  supply = new LoaderSupply({ program, set, batching, files, following, reason: 'x', ...change });
  return supply;
}

describe('LoaderSupply', () => {
  it('gives the batches of BatchMaker bit for bit, wherever it starts and whatever it foresaw', async () => {
    const loader = open();
    const maker = new BatchMaker(set, batching, files);
    const steps = [...Array.from({ length: 30 }, (_, step) => step), 3, 4, 25, 6, 7];
    for (const step of steps) {
      const given = await loader.next(orderAt(step));
      const expected = maker.make(orderAt(step), maker.makeBuffers());
      // A batch that comes while something else is awaited is not lost.
      if (step % 3 === 0) await sleep(20);
      expect(given).toEqual(expected);
      expect(given.size).toBe(step % stepsPerEpoch === 6 ? 2 : 8);
    }
  });

  it('leaves a batch alone until the next one is asked for', async () => {
    const loader = open();
    await loader.next(orderAt(0));
    const batch = await loader.next(orderAt(1));
    const copy = batch.images.slice();
    await sleep(50);
    expect(batch.images).toEqual(copy);
  });

  it('stops at the end', async () => {
    const loader = open({ following: () => null });
    for (const step of [0, 1, 2]) expect((await loader.next(orderAt(step))).size).toBe(8);
  });

  it('says why a batch could not be made', async () => {
    const row = { ...files['row']!, descriptor: 9999 };
    await expect(open({ files: { row } }).next(orderAt(7))).rejects.toThrow(
      /A batch could not be made: EBADF/,
    );
  });

  it('says so when its thread dies or cannot start', async () => {
    const dying = join(folder, 'dying.js');
    writeFileSync(dying, 'setTimeout(() => { throw new Error("out of luck"); }, 20);');
    await expect(open({ program: dying }).next(orderAt(0))).rejects.toThrow('failed: out of luck');
    await expect(supply!.next(orderAt(0))).rejects.toThrow('failed: out of luck');
    const missing = join(folder, 'missing.js');
    await expect(open({ program: missing }).next(orderAt(0))).rejects.toThrow(/failed: Cannot find module/);
  });

  it('does not keep the process alive, nor lets it end while a batch is awaited', async () => {
    const script = join(folder, 'script.cjs');
    buildSync({
      stdin: {
        contents: `
          import { LoaderSupply, shareImages } from './loader';
          const set = shareImages({ count: 4, height: 2, width: 1, channels: 1, images: new Uint8Array(8).fill(255), labels: new Uint8Array(4) });
          const loader = new LoaderSupply({ program: process.argv[2], set, batching: { batch: 4, seed: 1, shuffle: true }, files: {}, following: (order) => order, reason: '' });
          loader.next({ epoch: 0, index: 0, rows: [] }).then(({ images }) => console.log(images.join()));
        `,
        resolveDir: here,
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      outfile: script,
    });
    const { stdout } = await promisify(execFile)(process.execPath, [script, program], { timeout: 60_000 });
    expect(stdout.trim()).toBe('1,1,1,1,1,1,1,1');
  });
});

describe('openSupply', () => {
  const reasonOf = async (
    plain: Partial<BatcherOptions>,
    rows: string[] = [],
    width = 3,
  ): Promise<string> => {
    const options = { ...batching, augment: undefined, ...plain };
    const wide: NamedRowFiles = { row: { ...files['row']!, width } };
    const common = { program, set, batching: options, files: wide, following: () => null };
    const opened = openSupply(common, { epoch: 0, index: 0, rows });
    await opened.close();
    return opened.reason;
  };

  it.skipIf(availableParallelism() < 2)('starts a thread for what takes longer than asking it', async () => {
    const thread = 'Made on a thread of their own, one ahead.';
    const between = 'Made between the steps: they are small.';
    expect(await reasonOf({})).toBe(between);
    expect(await reasonOf({ augment: { shift: 0, flip: false } })).toBe(between);
    expect(await reasonOf({ augment: { shift: 1, flip: false } })).toBe(thread);
    expect(await reasonOf({}, ['row'], smallBatch / 8 - 36)).toBe(between);
    expect(await reasonOf({}, ['row'], smallBatch / 8 - 35)).toBe(thread);
  });
});
