import type { ExperimentPath, ProblemCode } from '../experiment/problem';

/** Images of one split, as bytes. Rows of `images` are [height, width, channels]. */
export interface ImageSet {
  count: number;
  height: number;
  width: number;
  channels: number;
  /** `count × height × width × channels` bytes, 0–255. */
  images: Uint8Array;
  /** Class of each image, 0 … classes − 1. */
  labels: Uint8Array;
}

/** A dataset as a run uses it: selected, labelled, ready for batching. */
export interface Dataset {
  train: ImageSet;
  /** Whether the labels of `train` may be used (`data.train.labels`). */
  trainLabels: boolean;
  test: ImageSet;
  classes: number;
  classNames: readonly string[];
  /** sha256 over the bytes of images and labels of both splits. */
  checksum: string;
}

/** One batch, scaled to [0, 1]. The arrays are reused: copy what you keep. */
export interface Batch {
  size: number;
  /** `[size, height, width, channels]`, row-major. */
  images: Float32Array;
  labels: Int32Array;
}

/** Something wrong with the data. The message names the file, if there is one, and says what to do. */
export class DataError extends Error {
  override name = 'DataError';
  /** Which part of the experiment it is about. */
  readonly at: ExperimentPath;
  readonly code: Extract<ProblemCode, 'bad-data' | 'missing-file' | 'wrong-value'>;

  constructor(
    message: string,
    readonly file: string | null = null,
    options: ErrorOptions & { at?: ExperimentPath; code?: DataError['code'] } = {},
  ) {
    super(message, options);
    this.at = options.at ?? ['data'];
    this.code = options.code ?? 'bad-data';
  }
}
