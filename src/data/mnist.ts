import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { ExperimentPath } from '../experiment/problem';
import { DataError, type ImageSet } from './dataset';
import { hashFile, type Digest, type DownloadOptions } from './download';
import { about } from './failure';
import { describeShape, encodeIdxHeader, isGzipped, readIdx, readIdxShape, type IdxArray } from './idx';
import {
  FASHION_MNIST,
  MNIST,
  MNIST_PARTS,
  type MnistConfig,
  type MnistFacts,
  type MnistPart,
} from './mnistFacts';
import { fetchMnist, findMnist, type MnistPaths } from './mnistFiles';
import { countClasses } from './pair';
import type { Split } from './select';
import type { OpenOptions, WholeDataset, WholeDescription } from './source';

/** What is published about the dataset that an experiment names. */
export function mnistFacts(config: MnistConfig): MnistFacts {
  return config.dataset === 'mnist' ? MNIST : FASHION_MNIST;
}

/**
 * Reads MNIST, or a dataset in its form, from a folder or from the download cache, and checks that it is what was
 * published.
 *
 * @throws DataError when files are missing, damaged, of another dataset, or cannot be downloaded.
 */
export async function loadMnist(
  facts: MnistFacts,
  config: MnistConfig,
  options: OpenOptions,
  download?: DownloadOptions,
): Promise<WholeDataset> {
  const paths = (await findMnist(facts, config, options)) ?? (await fetchMnist(facts, options, download));
  options.onProgress?.(`Reading ${facts.title} from ${dirname(paths.trainImages)}`, null);
  const at = placeOf(config);
  return {
    train: await about(at, () => loadSplit(facts, paths, 'train')),
    test: await about(at, () => loadSplit(facts, paths, 'test')),
    classCounts: facts.classCounts,
    classNames: facts.classNames,
  };
}

/**
 * The form of the dataset. Files in a folder have their headers checked; nothing is downloaded.
 *
 * @throws DataError as `loadMnist`, as far as the headers show it.
 */
export async function describeMnist(
  facts: MnistFacts,
  config: MnistConfig,
  options: OpenOptions,
): Promise<WholeDescription> {
  const paths = await findMnist(facts, config, options);
  if (paths !== null) {
    await about(placeOf(config), async () => {
      for (const part of MNIST_PARTS) checkShape(facts, part, paths[part], await readIdxShape(paths[part]));
    });
  }
  const [, height = 0, width = 0] = facts.files.trainImages.shape;
  return { height, width, channels: 1, classCounts: facts.classCounts };
}

function placeOf(config: MnistConfig): ExperimentPath {
  return ['data', config.path === undefined ? 'dataset' : 'path'];
}

async function loadSplit(facts: MnistFacts, paths: MnistPaths, split: Split): Promise<ImageSet> {
  const images = await loadPart(facts, `${split}Images`, paths[`${split}Images`]);
  const labels = await loadPart(facts, `${split}Labels`, paths[`${split}Labels`]);
  checkCounts(facts, split, paths[`${split}Labels`], labels.data);
  const [count = 0, height = 0, width = 0] = images.shape;
  return { count, height, width, channels: 1, images: images.data, labels: labels.data };
}

async function loadPart(facts: MnistFacts, part: MnistPart, file: string): Promise<IdxArray> {
  const { unpackedSha256, digest } = facts.files[part];
  if (unpackedSha256 === null && (await isGzipped(file))) {
    const found = await hashFile(file, digest.algorithm);
    if (found !== digest.hex) throw wrongFile(facts, file, 'file', found, digest);
  }
  const array = await readIdx(file);
  checkShape(facts, part, file, array.shape);
  const found = contentSha256(array);
  if (unpackedSha256 === null) {
    if (isOfMnist(found)) throw fileOfMnist(facts, file);
  } else if (found !== unpackedSha256) {
    throw wrongFile(facts, file, 'unpacked content', found, { algorithm: 'sha256', hex: unpackedSha256 });
  }
  return array;
}

/** sha256 of the unpacked file that an array was read from. */
function contentSha256(array: IdxArray): string {
  return createHash('sha256').update(encodeIdxHeader(array.shape)).update(array.data).digest('hex');
}

function isOfMnist(sha256: string): boolean {
  return MNIST_PARTS.some((part) => MNIST.files[part].unpackedSha256 === sha256);
}

function fileOfMnist(facts: MnistFacts, file: string): DataError {
  return new DataError(
    `${file}: this is a file of MNIST, not of ${facts.title}. Put the files of ${facts.title} in its place, or use "dataset: mnist".`,
    file,
  );
}

function wrongFile(
  facts: MnistFacts,
  file: string,
  what: string,
  found: string,
  expected: Digest,
): DataError {
  return new DataError(
    `${file}: this is not the published file of ${facts.title}: the ${expected.algorithm} of the ${what} is ${found}, expected ${expected.hex}. Get the file again; for images of your own in this form, use "dataset: idx".`,
    file,
  );
}

function checkShape(facts: MnistFacts, part: MnistPart, file: string, shape: readonly number[]): void {
  const expected = describeShape(facts.files[part].shape);
  if (describeShape(shape) === expected) return;
  throw new DataError(
    `${file}: its shape is ${describeShape(shape)}; in ${facts.title} it is ${expected}. Get the file again; for images of your own in this form, use "dataset: idx".`,
    file,
  );
}

/** Where no digest of the unpacked file is published, the numbers of images of each class still tell much. */
function checkCounts(facts: MnistFacts, split: Split, file: string, labels: Uint8Array): void {
  const published = facts.classCounts[split];
  const found = countClasses(labels, published.length, { path: file, at: ['data'] });
  const label = published.findIndex((count, index) => found[index] !== count);
  if (label === -1) return;
  throw new DataError(
    `${file}: ${found[label]} labels are ${label}; in ${facts.title} they are ${published[label]}. Get the file again; for images of your own in this form, use "dataset: idx".`,
    file,
  );
}
