import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { idxBytes, inTemporaryFolder } from '../../test/fixtures/data/idx';
import { withMirror } from '../../test/fixtures/data/mirror';
import { describeMnist, loadMnist } from './mnist';
import {
  FASHION_MNIST,
  MNIST,
  MNIST_PARTS,
  type MnistConfig,
  type MnistFacts,
  type MnistFile,
} from './mnistFacts';

/** A dataset in the form of MNIST with two classes: three training images of 2 × 2 and one test image. */
const CONTENT = {
  trainImages: idxBytes([3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
  trainLabels: idxBytes([3], [1, 0, 1]),
  testImages: idxBytes([1, 2, 2], [21, 22, 23, 24]),
  testLabels: idxBytes([1], [1]),
};
const PACKED = {
  trainImages: gzipSync(CONTENT.trainImages),
  trainLabels: gzipSync(CONTENT.trainLabels),
  testImages: gzipSync(CONTENT.testImages),
  testLabels: gzipSync(CONTENT.testLabels),
};
const hash = (algorithm: string, bytes: Uint8Array): string =>
  createHash(algorithm).update(bytes).digest('hex');

function file(part: keyof typeof PACKED, shape: number[], known: boolean): MnistFile {
  const algorithm = known ? 'sha256' : 'md5';
  return {
    name: MNIST.files[part].name,
    bytes: PACKED[part].length,
    digest: { algorithm, hex: hash(algorithm, PACKED[part]) },
    shape,
    unpackedSha256: known ? hash('sha256', CONTENT[part]) : null,
  };
}

/** @param known whether the digests of the unpacked files are known, as for MNIST, or not, as for Fashion-MNIST. */
function smallFacts(known: boolean, mirrors: string[] = []): MnistFacts {
  return {
    dataset: 'mnist',
    title: 'Small',
    mirrors,
    files: {
      trainImages: file('trainImages', [3, 2, 2], known),
      trainLabels: file('trainLabels', [3], known),
      testImages: file('testImages', [1, 2, 2], known),
      testLabels: file('testLabels', [1], known),
    },
    classNames: ['no', 'yes'],
    classCounts: { train: [1, 2], test: [0, 1] },
  };
}
const FACTS = smallFacts(true);
const LOOSE = smallFacts(false);

const config = (path?: string): MnistConfig => ({
  dataset: 'mnist',
  train: { labels: true },
  test: {},
  ...(path === undefined ? {} : { path }),
});

async function fill(folder: string, content: Record<string, Uint8Array>, rename = (name: string) => name) {
  await mkdir(folder, { recursive: true });
  for (const part of MNIST_PARTS) {
    const bytes = content[part];
    if (bytes !== undefined) await writeFile(join(folder, rename(MNIST.files[part].name)), bytes);
  }
}

describe('loadMnist', () => {
  it.each([
    ['gzipped', PACKED, (name: string) => name],
    [
      'gzipped in another way',
      { ...PACKED, trainImages: gzipSync(CONTENT.trainImages, { level: 0 }) },
      undefined,
    ],
    ['unpacked', CONTENT, (name: string) => name.replace('.gz', '')],
    ['unpacked, under the name with .gz', CONTENT, (name: string) => name],
    ['unpacked, dotted', CONTENT, (name: string) => name.replace('.gz', '').replace('-idx', '.idx')],
  ])('reads files from data.path: %s', async (_, content, name) => {
    await inTemporaryFolder(async (folder) => {
      await fill(join(folder, 'my data'), content, name);
      const options = { baseDirectory: folder, environment: {} };
      const whole = await loadMnist(FACTS, config('my data'), options);
      expect(whole.train).toMatchObject({ count: 3, height: 2, width: 2, channels: 1 });
      expect([...whole.train.images]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      expect([...whole.train.labels]).toEqual([1, 0, 1]);
      expect([...whole.test.images]).toEqual([21, 22, 23, 24]);
      expect(whole.classNames).toEqual(['no', 'yes']);
      expect(await describeMnist(FACTS, config('my data'), options)).toMatchObject({
        height: 2,
        width: 2,
        channels: 1,
      });
    });
  });

  it('reads files from DISTILLERY_DATA, in a folder of their own or not', async () => {
    await inTemporaryFolder(async (folder) => {
      await fill(join(folder, 'both', 'mnist'), PACKED);
      await fill(join(folder, 'flat'), PACKED);
      for (const name of ['both', 'flat']) {
        const environment = { DISTILLERY_DATA: join(folder, name) };
        const whole = await loadMnist(FACTS, config(), { baseDirectory: folder, environment });
        expect(whole.train.count).toBe(3);
      }
    });
  });

  it('refuses a folder that is missing, empty or incomplete', async () => {
    await inTemporaryFolder(async (folder) => {
      const load = (path?: string, environment: NodeJS.ProcessEnv = {}) =>
        loadMnist(FACTS, config(path), { baseDirectory: folder, environment });
      await expect(load('nowhere')).rejects.toMatchObject({
        message: `${join(folder, 'nowhere')}: there is no such folder.`,
        code: 'missing-file',
        at: ['data', 'path'],
      });
      await expect(load('.')).rejects.toThrow(/train-images-idx3-ubyte\.gz, .* are not in this folder/);
      await expect(load(undefined, { DISTILLERY_DATA: join(folder, 'nowhere') })).rejects.toThrow(
        /nowhere \(from DISTILLERY_DATA\): there is no such folder/,
      );
      await fill(join(folder, 'mnist'), { ...PACKED, testLabels: undefined! });
      await expect(load('mnist')).rejects.toThrow(
        /t10k-labels-idx1-ubyte\.gz \(with or without \.gz\) is not/,
      );
      await expect(load(undefined, { DISTILLERY_DATA: folder })).rejects.toMatchObject({
        code: 'missing-file',
        at: ['data', 'dataset'],
      });
    });
  });

  const otherImages = idxBytes([3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13]);
  it.each([
    [
      'changed content',
      FACTS,
      { ...PACKED, trainImages: gzipSync(otherImages) },
      /sha256 of the unpacked content is/,
    ],
    [
      'changed unpacked content',
      FACTS,
      { ...CONTENT, trainImages: otherImages },
      /expected [0-9a-f]{64}.*dataset: idx/,
    ],
    [
      'another packing where only that digest is known',
      LOOSE,
      { ...PACKED, trainImages: gzipSync(otherImages) },
      /md5 of the file is [0-9a-f]{32}, expected/,
    ],
    [
      'another shape',
      FACTS,
      { ...PACKED, testImages: gzipSync(idxBytes([2, 2, 2], new Uint8Array(8))) },
      /its shape is 2×2×2; in Small it is 1×2×2/,
    ],
    [
      'labels of other classes',
      LOOSE,
      { ...CONTENT, trainLabels: idxBytes([3], [1, 0, 2]) },
      /label of image 2 is 2; with 2 classes/,
    ],
    [
      'labels in other numbers',
      LOOSE,
      { ...CONTENT, trainLabels: idxBytes([3], [1, 0, 0]) },
      /2 labels are 0; in Small they are 1/,
    ],
    ['a file cut short', FACTS, { ...CONTENT, testImages: CONTENT.testImages.subarray(0, -1) }, /cut short/],
  ])('refuses %s', async (_, facts, content, message) => {
    await inTemporaryFolder(async (folder) => {
      await fill(folder, content);
      const work = loadMnist(facts, config('.'), { baseDirectory: folder, environment: {} });
      await expect(work).rejects.toThrow(message);
      const inFolder: unknown = expect.stringContaining(folder);
      await expect(work).rejects.toMatchObject({ name: 'DataError', at: ['data', 'path'], file: inFolder });
    });
  });

  it('checks headers without reading everything', async () => {
    await inTemporaryFolder(async (folder) => {
      await fill(folder, { ...PACKED, testImages: gzipSync(idxBytes([2, 2, 2], new Uint8Array(8))) });
      const options = { baseDirectory: folder, environment: {} };
      await expect(describeMnist(FACTS, config('.'), options)).rejects.toThrow(/its shape is 2×2×2/);
    });
  });
});

describe('the download cache', () => {
  it('is filled once, mended when damaged, and used without a mirror', async () => {
    const asked: string[] = [];
    await inTemporaryFolder(async (folder) => {
      const options = {
        baseDirectory: folder,
        environment: { XDG_CACHE_HOME: folder },
      };
      await withMirror(
        (request, response) => {
          const name = (request.url ?? '').replace('/set/', '');
          asked.push(name);
          const part = MNIST_PARTS.find((each) => MNIST.files[each].name === name);
          response.end(part === undefined ? '' : PACKED[part]);
        },
        async (mirror) => {
          const progress: (number | null)[] = [];
          const facts = smallFacts(true, [mirror]);
          const onProgress = (_: string, fraction: number | null) => progress.push(fraction);
          const whole = await loadMnist(facts, config(), { ...options, onProgress });
          expect([...whole.train.labels]).toEqual([1, 0, 1]);
          expect(asked).toEqual(MNIST_PARTS.map((part) => MNIST.files[part].name));
          expect(progress[0]).toBe(0);
          expect(progress.at(-2)).toBe(1);
          expect(progress.at(-1)).toBeNull();

          const cache = join(folder, 'distillery', 'datasets', 'mnist');
          expect(await readdir(cache)).toHaveLength(4);
          await writeFile(join(cache, MNIST.files.testLabels.name), 'damaged');
          asked.length = 0;
          await loadMnist(facts, config(), options);
          expect(asked).toEqual([MNIST.files.testLabels.name]);
        },
      );
      expect((await loadMnist(FACTS, config(), options)).test.count).toBe(1);
    });
  });

  it('tells how to go on without a network', async () => {
    await inTemporaryFolder(async (folder) => {
      const gone = await withMirror(
        () => undefined,
        (mirror) => Promise.resolve(mirror),
      );
      const environment = { XDG_CACHE_HOME: folder };
      const work = loadMnist(smallFacts(true, [gone]), config(), { baseDirectory: folder, environment });
      await expect(work).rejects.toMatchObject({
        name: 'DataError',
        at: ['data', 'dataset'],
        code: 'missing-file',
      });
      await expect(work).rejects.toThrow(`${gone}train-images-idx3-ubyte.gz: fetch failed`);
      await expect(work).rejects.toThrow(
        /Small is not on this machine.*data\.path.*mnist\/ .*DISTILLERY_DATA/s,
      );
    });
  });

  it('is not needed to describe a dataset', async () => {
    const options = { baseDirectory: '/', environment: { XDG_CACHE_HOME: '/nowhere' } };
    for (const facts of [MNIST, FASHION_MNIST]) {
      const { height, width, channels, classCounts } = await describeMnist(facts, config(), options);
      expect([height, width, channels]).toEqual([28, 28, 1]);
      expect(classCounts.train.reduce((sum, count) => sum + count)).toBe(60_000);
      expect(classCounts.test.reduce((sum, count) => sum + count)).toBe(10_000);
    }
  });
});

const data = process.env['DISTILLERY_DATA'];
const realFolder = data === undefined ? null : join(data, 'mnist');
const present = realFolder !== null && existsSync(join(realFolder, MNIST.files.trainImages.name));

describe.skipIf(!present)('the real MNIST (needs DISTILLERY_DATA with mnist/ in it)', () => {
  it('is what was published', async () => {
    const { train, test } = await loadMnist(MNIST, config(), { baseDirectory: '.' });
    expect(train.count).toBe(60_000);
    expect(test.count).toBe(10_000);
    expect([...train.labels.subarray(0, 6)]).toEqual([5, 0, 4, 1, 9, 2]);
    expect([...test.labels.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
    expect(train.images.subarray(784).findIndex((value) => value > 0)).toBeGreaterThan(0);
  });

  it('is not taken for Fashion-MNIST, packed or not', async () => {
    await inTemporaryFolder(async (folder) => {
      for (const part of MNIST_PARTS) {
        const { name } = MNIST.files[part];
        const packed = await readFile(join(realFolder ?? '', name));
        await writeFile(join(folder, name), packed);
        await writeFile(join(folder, name.replace('.gz', '')), gunzipSync(packed));
      }
      const load = () =>
        loadMnist(FASHION_MNIST, { ...config('.'), dataset: 'fashion-mnist' }, { baseDirectory: folder });
      await expect(load()).rejects.toThrow(
        /md5 of the file is f68b3c2dcbeaaa9fbdd348bbdeb94873, expected 8d4fb7e6/,
      );
      for (const part of MNIST_PARTS) await rm(join(folder, MNIST.files[part].name));
      await expect(load()).rejects.toThrow(/this is a file of MNIST, not of Fashion-MNIST/);
      await rename(join(folder, 'train-labels-idx1-ubyte'), join(folder, 'gone'));
      await expect(load()).rejects.toThrow(/train-labels-idx1-ubyte\.gz \(with or without \.gz\) is not/);
    });
  });
});
