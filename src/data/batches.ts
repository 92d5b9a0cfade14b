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

/** What a batch is written into; large enough for a whole one. */
export interface BatchBuffers {
  images: Float32Array;
  labels: Int32Array;
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
  private buffers: BatchBuffers | null = null;
  private order: { epoch: number; samples: Uint32Array } | null = null;

  constructor(
    private readonly set: ImageSet,
    private readonly options: BatcherOptions,
  ) {
    this.stepsPerEpoch = Math.ceil(set.count / options.batch);
  }

  /**
   * @param epoch from 0.
   * @param index number of the batch in its epoch, 0 … stepsPerEpoch − 1.
   * @param buffers what the batch is written into; without them its arrays are overwritten by the next call.
   * @throws RangeError for an index outside the epoch.
   */
  batch(epoch: number, index: number, buffers = (this.buffers ??= this.makeBuffers())): Batch {
    const samples = this.samples(epoch, index);
    const pixels = pixelsOf(this.set);
    for (const [row, sample] of samples.entries()) {
      buffers.labels[row] = this.set.labels[sample]!;
      this.writeImage(epoch, sample, buffers.images, row * pixels);
    }
    const size = samples.length;
    return {
      size,
      images: buffers.images.subarray(0, size * pixels),
      labels: buffers.labels.subarray(0, size),
    };
  }

  /**
   * Which images a batch holds, by their numbers in the set.
   *
   * @throws RangeError for an index outside the epoch.
   */
  samples(epoch: number, index: number): Uint32Array {
    if (!Number.isInteger(index) || index < 0 || index >= this.stepsPerEpoch) {
      throw new RangeError(`There is no batch ${index}: an epoch has ${this.stepsPerEpoch}.`);
    }
    const { batch, shuffle, seed } = this.options;
    const first = index * batch;
    const last = Math.min(first + batch, this.set.count);
    if (!shuffle) return Uint32Array.from({ length: last - first }, (_, row) => first + row);
    if (this.order?.epoch !== epoch) {
      const samples = permutation(this.set.count, keyedRandom(seed, 'shuffle', epoch));
      this.order = { epoch, samples };
    }
    return this.order.samples.subarray(first, last);
  }

  /** Buffers that any batch fits into. */
  makeBuffers(): BatchBuffers {
    const size = Math.min(this.options.batch, this.set.count);
    return { images: new Float32Array(size * pixelsOf(this.set)), labels: new Int32Array(size) };
  }

  private writeImage(epoch: number, sample: number, images: Float32Array, to: number): void {
    const { augment, seed } = this.options;
    if (augment === undefined) {
      copyScaled(this.set, sample, images, to);
      return;
    }
    const random = keyedRandom(seed, 'augment', epoch, sample);
    // All three numbers are always drawn, so that turning one change on leaves the other as it was.
    const right = Math.floor(random() * (2 * augment.shift + 1)) - augment.shift;
    const down = Math.floor(random() * (2 * augment.shift + 1)) - augment.shift;
    const mirror = random() < 0.5 && augment.flip;
    copyMoved(this.set, sample, images, to, right, down, mirror);
  }
}

/** Whether images look different in each epoch. */
export function isAugmented(augment: BatcherOptions['augment']): boolean {
  return augment !== undefined && (augment.shift > 0 || augment.flip);
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
