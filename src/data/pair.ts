import type { ExperimentPath } from '../experiment/problem';
import { DataError, type ImageSet } from './dataset';
import { about } from './failure';
import { describeShape, readIdx, readIdxShape } from './idx';

/** A file, absolute, and where the experiment names it. */
export interface NamedFile {
  path: string;
  at: ExperimentPath;
}

/** The IDX files of one split. */
export interface PairFiles {
  images: NamedFile;
  labels: NamedFile;
}

/** What the header of an image file says. */
export interface ImageShape {
  count: number;
  height: number;
  width: number;
  channels: number;
}

/**
 * Reads an image file and its label file.
 *
 * @throws DataError when one of them is no good, or they do not belong together.
 */
export async function readPair(files: PairFiles): Promise<ImageSet> {
  const images = await about(files.images.at, () => readIdx(files.images.path));
  const shape = imageShape(files, images.shape);
  const labels = await readLabels(files, shape.count);
  return { ...shape, images: images.data, labels };
}

/** Reads the header of the image file, and the labels, which are small. @throws DataError as `readPair`. */
export async function readPairShape(files: PairFiles): Promise<ImageShape & { labels: Uint8Array }> {
  const shape = imageShape(files, await about(files.images.at, () => readIdxShape(files.images.path)));
  return { ...shape, labels: await readLabels(files, shape.count) };
}

async function readLabels(files: PairFiles, images: number): Promise<Uint8Array> {
  const labels = await about(files.labels.at, () => readIdx(files.labels.path));
  if (labels.shape.length !== 1) {
    throw new DataError(
      `${files.labels.path}: its shape is ${describeShape(labels.shape)}; labels have one dimension, [count].`,
      files.labels.path,
      { at: files.labels.at },
    );
  }
  if (labels.data.length !== images) {
    throw new DataError(
      `${files.labels.path}: it holds ${labels.data.length} labels, but ${files.images.path} holds ${images} images. The two files must belong together.`,
      files.labels.path,
      { at: files.labels.at },
    );
  }
  return labels.data;
}

function imageShape(files: PairFiles, shape: readonly number[]): ImageShape {
  const [count, height, width, channels = 1] = shape;
  const wrong = (what: string): DataError =>
    new DataError(`${files.images.path}: its shape is ${describeShape(shape)}; ${what}`, files.images.path, {
      at: files.images.at,
    });
  if (count === undefined || height === undefined || width === undefined || shape.length > 4) {
    throw wrong('images have the shape [count, height, width] or [count, height, width, channels].');
  }
  if (count * height * width * channels === 0) throw wrong('there are no images in it.');
  return { count, height, width, channels };
}

/**
 * Counts the images of each class.
 *
 * @param from where the labels come from, for the message.
 * @throws DataError when a label is not below `classes`.
 */
export function countClasses(labels: Uint8Array, classes: number, from: NamedFile): number[] {
  const counts = new Array<number>(classes).fill(0);
  labels.forEach((label, index) => {
    if (label >= classes) {
      throw new DataError(
        `${from.path}: the label of image ${index} is ${label}; with ${classes} classes, labels are 0–${classes - 1}.`,
        from.path,
        { at: from.at },
      );
    }
    counts[label]! += 1;
  });
  return counts;
}
