import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { idxBytes, inTemporaryFolder, writePair } from '../../test/fixtures/data/idx';
import { experimentSchema, type DataConfig } from '../experiment/schema';
import { generateDigits } from './digits';
import { describeDataset, openDataset } from './open';

/** A data section with its defaults filled in. */
function dataOf(given: unknown): DataConfig {
  return experimentSchema.parse({ data: given, student: { model: 'zoo/some' } }).data;
}

const HERE = { baseDirectory: '.', environment: {} };
const digits = (more: object = {}): DataConfig =>
  dataOf({ dataset: 'digits', trainSize: 40, testSize: 20, ...more });

describe('openDataset', () => {
  it('opens digits', async () => {
    const dataset = await openDataset(digits(), HERE);
    const [train, test] = [generateDigits('train', 40), generateDigits('test', 20)];
    expect(dataset.train).toEqual(train);
    expect(dataset.test).toEqual(test);
    expect(dataset).toMatchObject({ trainLabels: true, classes: 10 });
    expect(dataset.classNames).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    const hash = createHash('sha256');
    for (const bytes of [train.images, train.labels, test.images, test.labels]) hash.update(bytes);
    expect(dataset.checksum).toBe(hash.digest('hex'));
  });

  it('excludes first, then limits, and keeps the order', async () => {
    const config = digits({ train: { exclude: [0, 1, 3], limit: 9 }, test: { limit: 5 } });
    const { train, test } = await openDataset(config, HERE);
    expect([...train.labels]).toEqual([2, 4, 5, 6, 7, 8, 9, 2, 4]);
    expect(train.count).toBe(9);
    expect([...test.labels]).toEqual([0, 1, 2, 3, 4]);
    const all = generateDigits('train', 40);
    const image = (images: Uint8Array, index: number) => images.subarray(index * 256, (index + 1) * 256);
    expect(image(train.images, 0)).toEqual(image(all.images, 2));
    expect(image(train.images, 8)).toEqual(image(all.images, 14));
    expect(train.images).toHaveLength(9 * 256);
  });

  it('has another checksum for another selection, the same for the same', async () => {
    const checksum = async (more: object) => (await openDataset(digits(more), HERE)).checksum;
    const seen = await Promise.all(
      [{}, { train: { limit: 39 } }, { test: { limit: 19 } }, { test: { exclude: [3] } }].map(checksum),
    );
    expect(new Set(seen).size).toBe(4);
    expect(await checksum({ train: { limit: 40, labels: false } })).toBe(seen[0]);
  });

  it('hides the labels on request', async () => {
    expect((await openDataset(digits({ train: { labels: false } }), HERE)).trainLabels).toBe(false);
  });

  it('reads IDX files relative to the experiment, with colours', async () => {
    await inTemporaryFolder(async (folder) => {
      const files = {
        train: await writePair(folder, 'train', [4, 2, 3, 3], [0, 2, 1, 2]),
        test: await writePair(folder, 'test', [2, 2, 3, 3], [1, 0]),
      };
      const options = { baseDirectory: folder, environment: {} };
      const config = dataOf({ dataset: 'idx', files });
      const dataset = await openDataset(config, options);
      expect(dataset.train).toMatchObject({ count: 4, height: 2, width: 3, channels: 3 });
      expect([...dataset.train.images.subarray(0, 3)]).toEqual([0, 1, 2]);
      expect([...dataset.train.labels]).toEqual([0, 2, 1, 2]);
      expect(dataset.classNames).toEqual(['0', '1', '2']);
      const form = { height: 2, width: 3, channels: 3, classes: 3, trainCount: 4, testCount: 2 };
      expect(await describeDataset(config, options)).toEqual(form);
      const five = dataOf({ dataset: 'idx', files, classes: 5 });
      expect((await openDataset(five, options)).classes).toBe(5);
      expect(await describeDataset(five, options)).toEqual({ ...form, classes: 5 });
      const fewer = dataOf({ dataset: 'idx', files, train: { exclude: [2] } });
      expect((await openDataset(fewer, options)).classes).toBe(3);
      expect(await describeDataset(fewer, options)).toEqual({ ...form, trainCount: 2 });
    });
  });
});

describe('describeDataset', () => {
  it.each([
    [{}, 40, 20],
    [{ train: { exclude: [0], limit: 7 }, test: { exclude: [1, 2] } }, 7, 16],
    [{ trainSize: 23, train: { exclude: [2] } }, 20, 20],
  ])('counts as openDataset does: %j', async (more, trainCount, testCount) => {
    const described = await describeDataset(digits(more), HERE);
    expect(described).toEqual({ height: 16, width: 16, channels: 1, classes: 10, trainCount, testCount });
    const opened = await openDataset(digits(more), HERE);
    expect([opened.train.count, opened.test.count]).toEqual([trainCount, testCount]);
  });

  it('knows the size of what would be downloaded', async () => {
    const environment = { XDG_CACHE_HOME: join('/', 'nowhere') };
    const options = { baseDirectory: '.', environment };
    const whole = { height: 28, width: 28, channels: 1, classes: 10, trainCount: 60_000, testCount: 10_000 };
    expect(await describeDataset(dataOf({ dataset: 'fashion-mnist' }), options)).toEqual(whole);
    const noThrees = dataOf({ dataset: 'mnist', train: { exclude: [3] }, test: { limit: 100 } });
    expect(await describeDataset(noThrees, options)).toEqual({
      ...whole,
      trainCount: 53_869,
      testCount: 100,
    });
  });
});

describe.each([
  ['openDataset', openDataset],
  ['describeDataset', describeDataset],
])('%s refuses', (_, open) => {
  it.each([
    [
      { train: { exclude: [0, 12] } },
      'data.train.exclude names class 12; the classes are 0–9.',
      ['data', 'train', 'exclude', 1],
    ],
    [
      { test: { exclude: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] } },
      'data.test.exclude leaves no test image.',
      ['data', 'test', 'exclude'],
    ],
    [
      { train: { exclude: [3], limit: 37 } },
      'data.train.limit is 37, but there are only 36 train images.',
      ['data', 'train', 'limit'],
    ],
    [
      { augment: { shift: 16 } },
      'data.augment.shift is 16, which moves an image of 16×16 out of sight.',
      ['data', 'augment', 'shift'],
    ],
    [
      { trainSize: 1_000_001 },
      'data.trainSize is 1000001; digits generates at most 1000000',
      ['data', 'trainSize'],
    ],
  ])('%j', async (more, message, at) => {
    const work = open(digits(more), HERE);
    await expect(work).rejects.toThrow(message);
    await expect(work).rejects.toMatchObject({ name: 'DataError', code: 'wrong-value', at });
  });

  it('IDX files that do not fit together, with the place in the experiment', async () => {
    await inTemporaryFolder(async (folder) => {
      const good = await writePair(folder, 'good', [3, 2, 2], [0, 1, 2]);
      const refused = async (train: { images: string; labels: string }, test = good, more: object = {}) =>
        open(dataOf({ dataset: 'idx', files: { train, test }, ...more }), { baseDirectory: folder }).then(
          () => null,
          (error: unknown) => error,
        );
      const path = (name: string) => join(folder, name);

      expect(await refused({ ...good, images: 'nothing.idx' })).toMatchObject({
        message: `${path('nothing.idx')}: there is no such file.`,
        code: 'missing-file',
        at: ['data', 'files', 'train', 'images'],
      });
      await writeFile(path('two.idx'), idxBytes([2], [0, 1]));
      expect(await refused({ ...good, labels: 'two.idx' })).toMatchObject({
        message: `${path('two.idx')}: it holds 2 labels, but ${path('good-images.idx')} holds 3 images. The two files must belong together.`,
        at: ['data', 'files', 'train', 'labels'],
      });
      expect(await refused({ images: good.labels, labels: good.images })).toMatchObject({
        message: `${path('good-labels.idx')}: its shape is 3; images have the shape [count, height, width] or [count, height, width, channels].`,
      });
      expect(await refused({ ...good, labels: good.images })).toMatchObject({
        message: `${path('good-images.idx')}: its shape is 3×2×2; labels have one dimension, [count].`,
      });
      await writeFile(path('none.idx'), idxBytes([0, 2, 2], []));
      expect(await refused({ ...good, images: 'none.idx' })).toMatchObject({
        message: `${path('none.idx')}: its shape is 0×2×2; there are no images in it.`,
      });
      const wide = await writePair(folder, 'wide', [2, 2, 3], [0, 1]);
      expect(await refused(good, wide)).toMatchObject({
        message: `${path('wide-images.idx')}: its images are 2×3×1 (height × width × channels), those of ${path('good-images.idx')} are 2×2×1. Both must be alike.`,
        at: ['data', 'files', 'test', 'images'],
      });
      expect(await refused(good, good, { classes: 2 })).toMatchObject({
        message: `${path('good-labels.idx')}: the label of image 2 is 2; with 2 classes, labels are 0–1.`,
        at: ['data', 'files', 'train', 'labels'],
      });
      const same = await writePair(folder, 'same', [2, 2, 2], [0, 0]);
      expect(await refused(same, same)).toMatchObject({
        message: `${path('same-labels.idx')}: every label is 0; a classifier needs at least two classes.`,
      });
    });
  });
});
