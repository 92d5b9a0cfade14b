import { describe, expect, it } from 'vitest';
import { Batcher, batchesOf, type BatcherOptions } from './batches';
import type { Batch, ImageSet } from './dataset';

/** Images of one pixel: image i has the value i and the label i mod 3. */
function numbered(count: number): ImageSet {
  const images = Uint8Array.from({ length: count }, (_, index) => index);
  return { count, height: 1, width: 1, channels: 1, images, labels: images.map((value) => value % 3) };
}

/** One image of 2 × 3 pixels with two channels. */
const TINY: ImageSet = {
  count: 1,
  height: 2,
  width: 3,
  channels: 2,
  images: Uint8Array.of(10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61),
  labels: Uint8Array.of(1),
};

const PLAIN: BatcherOptions = { batch: 4, seed: 1, shuffle: false };
const bytesOf = (batch: Batch): number[] => [...batch.images].map((value) => Math.round(value * 255));
const epochOf = (batcher: Batcher, epoch: number): number[] =>
  Array.from({ length: batcher.stepsPerEpoch }, (_, index) => bytesOf(batcher.batch(epoch, index))).flat();

describe('Batcher', () => {
  it('gives the images in order, the last batch smaller', () => {
    const batcher = new Batcher(numbered(10), PLAIN);
    expect(batcher.stepsPerEpoch).toBe(3);
    expect(epochOf(batcher, 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const last = batcher.batch(0, 2);
    expect(last.size).toBe(2);
    expect(last.images).toHaveLength(2);
    expect([...last.labels]).toEqual([2, 0]);
  });

  it('gives one batch when it is larger than the set', () => {
    const batcher = new Batcher(numbered(3), { ...PLAIN, batch: 100 });
    expect(batcher.stepsPerEpoch).toBe(1);
    expect(batcher.batch(5, 0).size).toBe(3);
  });

  it('gives whole batches only when the images divide evenly', () => {
    const batcher = new Batcher(numbered(8), PLAIN);
    expect(batcher.stepsPerEpoch).toBe(2);
    expect(batcher.batch(0, 1).size).toBe(4);
  });

  it('scales bytes to [0, 1]', () => {
    const { images } = new Batcher(TINY, PLAIN).batch(0, 0);
    expect(images).toEqual(Float32Array.from(TINY.images, (byte) => byte / 255));
    const white: ImageSet = { ...numbered(1), images: Uint8Array.of(255) };
    expect(new Batcher(white, PLAIN).batch(0, 0).images[0]).toBe(1);
  });

  it('shuffles each epoch into another permutation, the labels with the images', () => {
    const batcher = new Batcher(numbered(100), { ...PLAIN, batch: 7, shuffle: true });
    const orders = [0, 1, 2].map((epoch) => epochOf(batcher, epoch));
    for (const order of orders) {
      expect([...order].sort((one, other) => one - other)).toEqual([...numbered(100).images]);
    }
    expect(new Set(orders.map(String)).size).toBe(3);
    const batch = batcher.batch(1, 3);
    expect([...batch.labels]).toEqual(bytesOf(batch).map((value) => value % 3));
  });

  it('gives the same order on every machine', () => {
    const batcher = new Batcher(numbered(10), { ...PLAIN, batch: 10, seed: 7, shuffle: true });
    expect(epochOf(batcher, 0)).toEqual([4, 6, 8, 7, 1, 5, 9, 2, 0, 3]);
    expect(epochOf(batcher, 1)).toEqual([8, 1, 0, 4, 2, 3, 5, 9, 6, 7]);
  });

  it('gives a batch whatever was asked before', () => {
    const options: BatcherOptions = {
      batch: 6,
      seed: 3,
      shuffle: true,
      augment: { shift: 2, flip: true },
    };
    const set: ImageSet = {
      ...numbered(20),
      height: 4,
      width: 4,
      images: Uint8Array.from({ length: 320 }, (_, index) => (index * 37) % 256),
    };
    const through = new Batcher(set, options);
    const expected = epochOf(through, 0).concat(epochOf(through, 1));
    const resumed = new Batcher(set, options);
    const second = epochOf(resumed, 1);
    expect(epochOf(resumed, 0).concat(second)).toEqual(expected);
  });

  it('depends on the seed', () => {
    const one = new Batcher(numbered(50), { ...PLAIN, shuffle: true });
    const other = new Batcher(numbered(50), { ...PLAIN, shuffle: true, seed: 2 });
    expect(epochOf(one, 0)).not.toEqual(epochOf(other, 0));
  });

  it('refuses a batch outside the epoch', () => {
    const batcher = new Batcher(numbered(10), PLAIN);
    for (const index of [-1, 3, 0.5, NaN]) expect(() => batcher.batch(0, index)).toThrow(RangeError);
  });
});

describe('augmentation', () => {
  const epochs = Array.from({ length: 200 }, (_, epoch) => epoch);
  const views = (augment: BatcherOptions['augment']): string[] => {
    const batcher = new Batcher(TINY, { ...PLAIN, augment });
    return [...new Set(epochs.map((epoch) => bytesOf(batcher.batch(epoch, 0)).join(' ')))].sort();
  };
  const whole = '10 11 20 21 30 31 40 41 50 51 60 61';
  const mirrored = '30 31 20 21 10 11 60 61 50 51 40 41';

  it('without shift and flip changes nothing', () => {
    expect(views({ shift: 0, flip: false })).toEqual([whole]);
  });

  it('flips left to right, channels kept', () => {
    expect(views({ shift: 0, flip: true })).toEqual([whole, mirrored]);
  });

  it('shifts by every offset up to the largest, and fills with 0', () => {
    expect(views({ shift: 1, flip: false })).toEqual(
      [
        '50 51 60 61 0 0 0 0 0 0 0 0',
        '40 41 50 51 60 61 0 0 0 0 0 0',
        '0 0 40 41 50 51 0 0 0 0 0 0',
        '20 21 30 31 0 0 50 51 60 61 0 0',
        whole,
        '0 0 10 11 20 21 0 0 40 41 50 51',
        '0 0 0 0 0 0 20 21 30 31 0 0',
        '0 0 0 0 0 0 10 11 20 21 30 31',
        '0 0 0 0 0 0 0 0 10 11 20 21',
      ].sort(),
    );
  });

  it('does both, and overwrites what the batch before left', () => {
    const both = views({ shift: 1, flip: true });
    expect(both).toHaveLength(18);
    expect(both).toContain('0 0 30 31 20 21 0 0 60 61 50 51');
  });

  it('keeps the shifts when the flip is turned on', () => {
    const still = new Batcher(TINY, { ...PLAIN, augment: { shift: 1, flip: false } });
    const flipping = new Batcher(TINY, { ...PLAIN, augment: { shift: 1, flip: true } });
    const blackOf = (batch: Batch): string =>
      bytesOf(batch)
        .map((value) => (value === 0 ? '.' : '#'))
        .join('');
    for (const epoch of epochs)
      expect(blackOf(flipping.batch(epoch, 0))).toBe(blackOf(still.batch(epoch, 0)));
  });
});

describe('batchesOf', () => {
  it('gives every image once, in order', () => {
    const seen = [...batchesOf(numbered(10), 4)].map((batch) => batch.size);
    expect(seen).toEqual([4, 4, 2]);
    const values: number[] = [];
    for (const batch of batchesOf(numbered(10), 4)) values.push(...bytesOf(batch));
    expect(values).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
