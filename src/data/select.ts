import type { DataConfig } from '../experiment/schema';
import { DataError, type ImageSet } from './dataset';

export type Split = 'train' | 'test';

/**
 * How many images of a split are left by `exclude` and `limit`.
 *
 * @param classCounts images of each class in the whole split.
 * @throws DataError when a class does not exist, nothing is left, or `limit` asks for more than there are.
 */
export function countSelected(config: DataConfig, split: Split, classCounts: readonly number[]): number {
  const { limit, exclude = [] } = config[split];
  for (const [index, label] of exclude.entries()) {
    if (label < classCounts.length) continue;
    throw new DataError(
      `data.${split}.exclude names class ${label}; the classes are 0–${classCounts.length - 1}.`,
      null,
      { at: ['data', split, 'exclude', index], code: 'wrong-value' },
    );
  }
  const excluded = new Set(exclude);
  const left = classCounts.reduce((sum, count, label) => (excluded.has(label) ? sum : sum + count), 0);
  if (left === 0) {
    throw new DataError(`data.${split}.exclude leaves no ${split} image. Take a class out of it.`, null, {
      at: ['data', split, 'exclude'],
      code: 'wrong-value',
    });
  }
  if (limit !== undefined && limit > left) {
    throw new DataError(
      `data.${split}.limit is ${limit}, but there are only ${left} ${split} images. Lower it or leave it out.`,
      null,
      { at: ['data', split, 'limit'], code: 'wrong-value' },
    );
  }
  return limit ?? left;
}

/** The images of a split that are used: without the excluded classes, the first `limit`, in their order. */
export function selectSplit(
  config: DataConfig,
  split: Split,
  whole: ImageSet,
  classCounts: readonly number[],
): ImageSet {
  const count = countSelected(config, split, classCounts);
  const excluded = new Set(config[split].exclude);
  const pixels = whole.height * whole.width * whole.channels;
  if (excluded.size === 0) {
    return {
      ...whole,
      count,
      images: whole.images.subarray(0, count * pixels),
      labels: whole.labels.subarray(0, count),
    };
  }
  const images = new Uint8Array(count * pixels);
  const labels = new Uint8Array(count);
  for (let from = 0, to = 0; to < count; from += 1) {
    const label = whole.labels[from]!;
    if (excluded.has(label)) continue;
    images.set(whole.images.subarray(from * pixels, (from + 1) * pixels), to * pixels);
    labels[to] = label;
    to += 1;
  }
  return { ...whole, count, images, labels };
}
