import type { ImageSet } from './dataset';

/** What opening a dataset depends on, besides its configuration. */
export interface OpenOptions {
  /** Folder of the experiment file; relative paths start there. */
  baseDirectory: string;
  /** Default: the environment of this process. */
  environment?: NodeJS.ProcessEnv;
  /** Told what takes time, and how far it is: 0 … 1, or null when that is not known. */
  onProgress?: (message: string, fraction: number | null) => void;
}

/** A dataset before anything is selected from it. */
export interface WholeDataset {
  train: ImageSet;
  test: ImageSet;
  /** Images of each class; the length is the number of classes. */
  classCounts: ClassCounts;
  classNames: readonly string[];
}

/** The same without the images. */
export interface WholeDescription {
  height: number;
  width: number;
  channels: number;
  classCounts: ClassCounts;
}

interface ClassCounts {
  train: readonly number[];
  test: readonly number[];
}
