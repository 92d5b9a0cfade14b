import type { DataConfig } from '../experiment/schema';
import { keyedRandom, permutation } from '../random/keyed';
import type { Batch, ImageSet } from './dataset';

/** Random changes of the training images. What a shift moves in is 0. */
type Augmentation = NonNullable<DataConfig['augment']>;

export interface BatcherOptions {
  /** Images a batch. */
  batch: number;
  seed: number;
  shuffle: boolean;
  augment?: Augmentation | undefined;
}

/** A byte as a number in [0, 1]. */
const SCALED = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/**
 * The batches of each epoch, in any order: batch (epoch, index) follows from the seed and these two numbers alone, so
 * a resumed run starts in the middle of an epoch. The order of an epoch is a permutation from the stream
 * (seed, 'shuffle', epoch); the change of a sample comes from (seed, 'augment', epoch, number of the sample). The last
 * batch of an epoch is smaller when the images do not divide evenly; none is dropped.
 */
export class Batcher {
  readonly stepsPerEpoch: number;
  private readonly images: Float32Array;
  private readonly labels: Int32Array;
  private order: { epoch: number; samples: Uint32Array } | null = null;

  constructor(
    private readonly set: ImageSet,
    private readonly options: BatcherOptions,
  ) {
    const size = Math.min(options.batch, set.count);
    this.stepsPerEpoch = Math.ceil(set.count / options.batch);
    this.images = new Float32Array(size * pixelsOf(set));
    this.labels = new Int32Array(size);
  }

  /**
   * @param epoch from 0.
   * @param index number of the batch in its epoch, 0 … stepsPerEpoch − 1.
   * @returns the batch; its arrays are overwritten by the next call.
   * @throws RangeError for an index outside the epoch.
   */
  batch(epoch: number, index: number): Batch {
    if (!Number.isInteger(index) || index < 0 || index >= this.stepsPerEpoch) {
      throw new RangeError(`There is no batch ${index}: an epoch has ${this.stepsPerEpoch}.`);
    }
    const first = index * this.options.batch;
    const size = Math.min(this.options.batch, this.set.count - first);
    const pixels = pixelsOf(this.set);
    for (let row = 0; row < size; row += 1) {
      const sample = this.sampleAt(epoch, first + row);
      this.labels[row] = this.set.labels[sample]!;
      this.writeImage(epoch, sample, row * pixels);
    }
    return {
      size,
      images: this.images.subarray(0, size * pixels),
      labels: this.labels.subarray(0, size),
    };
  }

  private sampleAt(epoch: number, place: number): number {
    if (!this.options.shuffle) return place;
    if (this.order?.epoch !== epoch) {
      const random = keyedRandom(this.options.seed, 'shuffle', epoch);
      this.order = { epoch, samples: permutation(this.set.count, random) };
    }
    return this.order.samples[place]!;
  }

  private writeImage(epoch: number, sample: number, to: number): void {
    const { augment, seed } = this.options;
    if (augment === undefined) {
      copyScaled(this.set, sample, this.images, to);
      return;
    }
    const random = keyedRandom(seed, 'augment', epoch, sample);
    // All three numbers are always drawn, so that turning one change on leaves the other as it was.
    const right = Math.floor(random() * (2 * augment.shift + 1)) - augment.shift;
    const down = Math.floor(random() * (2 * augment.shift + 1)) - augment.shift;
    const mirror = random() < 0.5 && augment.flip;
    copyMoved(this.set, sample, this.images, to, right, down, mirror);
  }
}

/** All images in their order, in batches of `size`, the last one smaller; each overwrites the one before. */
export function* batchesOf(set: ImageSet, size: number): Generator<Batch, void, undefined> {
  const batcher = new Batcher(set, { batch: size, seed: 0, shuffle: false });
  for (let index = 0; index < batcher.stepsPerEpoch; index += 1) yield batcher.batch(0, index);
}

function pixelsOf(set: ImageSet): number {
  return set.height * set.width * set.channels;
}

function copyScaled(set: ImageSet, sample: number, target: Float32Array, to: number): void {
  const pixels = pixelsOf(set);
  const from = sample * pixels;
  for (let pixel = 0; pixel < pixels; pixel += 1) target[to + pixel] = SCALED[set.images[from + pixel]!]!;
}

/** Mirrors an image if asked, then moves it right and down. */
function copyMoved(
  set: ImageSet,
  sample: number,
  target: Float32Array,
  to: number,
  right: number,
  down: number,
  mirror: boolean,
): void {
  const { height, width, channels } = set;
  const from = sample * pixelsOf(set);
  target.fill(0, to, to + pixelsOf(set));
  for (let y = Math.max(0, down); y < Math.min(height, height + down); y += 1) {
    for (let x = Math.max(0, right); x < Math.min(width, width + right); x += 1) {
      const sourceX = mirror ? width - 1 - (x - right) : x - right;
      const source = from + ((y - down) * width + sourceX) * channels;
      const place = to + (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        target[place + channel] = SCALED[set.images[source + channel]!]!;
      }
    }
  }
}
