import { resolve } from 'node:path';
import type { DataConfig } from '../experiment/schema';
import { DataError } from './dataset';
import {
  countClasses,
  readPair,
  readPairShape,
  type ImageShape,
  type NamedFile,
  type PairFiles,
} from './pair';
import type { Split } from './select';
import type { OpenOptions, WholeDataset, WholeDescription } from './source';

type IdxConfig = Extract<DataConfig, { dataset: 'idx' }>;

/** Reads the IDX files that an experiment names. @throws DataError when they are damaged or do not fit together. */
export async function loadIdx(config: IdxConfig, options: OpenOptions): Promise<WholeDataset> {
  const files = filesOf(config, options);
  const train = await readPair(files.train);
  const test = await readPair(files.test);
  const classCounts = countBoth(config, files, train, test);
  const classNames = classCounts.train.map((_, label) => `${label}`);
  return { train, test, classCounts, classNames };
}

/** Reads the headers of the image files, and the labels. @throws DataError as `loadIdx`. */
export async function describeIdx(config: IdxConfig, options: OpenOptions): Promise<WholeDescription> {
  const files = filesOf(config, options);
  const train = await readPairShape(files.train);
  const test = await readPairShape(files.test);
  const { height, width, channels } = train;
  return { height, width, channels, classCounts: countBoth(config, files, train, test) };
}

type SplitFiles = Record<Split, PairFiles>;

function filesOf(config: IdxConfig, options: OpenOptions): SplitFiles {
  const named = (split: Split, which: keyof PairFiles): NamedFile => ({
    path: resolve(options.baseDirectory, config.files[split][which]),
    at: ['data', 'files', split, which],
  });
  const pair = (split: Split): PairFiles => ({
    images: named(split, 'images'),
    labels: named(split, 'labels'),
  });
  return { train: pair('train'), test: pair('test') };
}

type Labelled = ImageShape & { labels: Uint8Array };

function countBoth(
  config: IdxConfig,
  files: SplitFiles,
  train: Labelled,
  test: Labelled,
): WholeDescription['classCounts'] {
  checkSameForm(files, train, test);
  const classes = config.classes ?? highest(train.labels, test.labels) + 1;
  if (classes < 2) {
    throw new DataError(
      `${files.train.labels.path}: every label is 0; a classifier needs at least two classes.`,
      files.train.labels.path,
      { at: files.train.labels.at },
    );
  }
  return {
    train: countClasses(train.labels, classes, files.train.labels),
    test: countClasses(test.labels, classes, files.test.labels),
  };
}

function highest(...labels: readonly Uint8Array[]): number {
  return labels.reduce((top, some) => some.reduce((one, other) => Math.max(one, other), top), 0);
}

function checkSameForm(files: SplitFiles, train: ImageShape, test: ImageShape): void {
  const form = ({ height, width, channels }: ImageShape): string => `${height}×${width}×${channels}`;
  if (form(train) === form(test)) return;
  throw new DataError(
    `${files.test.images.path}: its images are ${form(test)} (height × width × channels), those of ${files.train.images.path} are ${form(train)}. Both must be alike.`,
    files.test.images.path,
    { at: files.test.images.at },
  );
}
