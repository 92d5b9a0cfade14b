import { createHash } from 'node:crypto';
import type { DataConfig } from '../experiment/schema';
import { DataError, type Dataset } from './dataset';
import { checkDigitsSize, countDigits, DIGITS_CLASSES, DIGITS_SIZE, generateDigits } from './digits';
import { describeIdx, loadIdx } from './idxDataset';
import { describeMnist, loadMnist, mnistFacts } from './mnist';
import { countSelected, selectSplit } from './select';
import type { OpenOptions, WholeDataset, WholeDescription } from './source';

/** The form of a dataset as a run uses it, after `exclude` and `limit`. */
export interface DatasetDescription {
  height: number;
  width: number;
  channels: number;
  classes: number;
  trainCount: number;
  testCount: number;
}

/**
 * Reads, generates or downloads a dataset and takes from it what the experiment uses. The order of the images is that
 * of the files; `exclude` comes before `limit`.
 *
 * @throws DataError when files are missing or damaged, or nothing is left.
 */
export async function openDataset(config: DataConfig, options: OpenOptions): Promise<Dataset> {
  const whole = await load(config, options);
  checkAugmentation(config, whole.train);
  const train = selectSplit(config, 'train', whole.train, whole.classCounts.train);
  const test = selectSplit(config, 'test', whole.test, whole.classCounts.test);
  const hash = createHash('sha256');
  for (const bytes of [train.images, train.labels, test.images, test.labels]) hash.update(bytes);
  return {
    train,
    trainLabels: config.train.labels,
    test,
    classes: whole.classNames.length,
    classNames: whole.classNames,
    checksum: hash.digest('hex'),
  };
}

/**
 * The form of a dataset, for checks that must be quick: of image files only the headers are read, and nothing is
 * downloaded.
 *
 * @throws DataError as `openDataset`, as far as the headers show it.
 */
export async function describeDataset(config: DataConfig, options: OpenOptions): Promise<DatasetDescription> {
  const whole = await describe(config, options);
  checkAugmentation(config, whole);
  return {
    height: whole.height,
    width: whole.width,
    channels: whole.channels,
    classes: whole.classCounts.train.length,
    trainCount: countSelected(config, 'train', whole.classCounts.train),
    testCount: countSelected(config, 'test', whole.classCounts.test),
  };
}

type DigitsConfig = Extract<DataConfig, { dataset: 'digits' }>;

async function load(config: DataConfig, options: OpenOptions): Promise<WholeDataset> {
  switch (config.dataset) {
    case 'digits':
      return {
        train: generateDigits('train', config.trainSize),
        test: generateDigits('test', config.testSize),
        classCounts: describeDigits(config).classCounts,
        classNames: Array.from({ length: DIGITS_CLASSES }, (_, digit) => `${digit}`),
      };
    case 'mnist':
    case 'fashion-mnist':
      return loadMnist(mnistFacts(config), config, options);
    case 'idx':
      return loadIdx(config, options);
  }
}

async function describe(config: DataConfig, options: OpenOptions): Promise<WholeDescription> {
  switch (config.dataset) {
    case 'digits':
      return describeDigits(config);
    case 'mnist':
    case 'fashion-mnist':
      return describeMnist(mnistFacts(config), config, options);
    case 'idx':
      return describeIdx(config, options);
  }
}

function describeDigits(config: DigitsConfig): WholeDescription {
  checkDigitsSize('train', config.trainSize);
  checkDigitsSize('test', config.testSize);
  return {
    height: DIGITS_SIZE,
    width: DIGITS_SIZE,
    channels: 1,
    classCounts: { train: countDigits(config.trainSize), test: countDigits(config.testSize) },
  };
}

function checkAugmentation(config: DataConfig, { height, width }: { height: number; width: number }): void {
  const shift = config.augment?.shift ?? 0;
  if (shift < Math.min(height, width)) return;
  throw new DataError(
    `data.augment.shift is ${shift}, which moves an image of ${height}×${width} out of sight. Lower it.`,
    null,
    { at: ['data', 'augment', 'shift'], code: 'wrong-value' },
  );
}
