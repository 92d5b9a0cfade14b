import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DataError, type ImageSet } from './dataset';
import { checkDigitsSize, countDigits, generateDigits } from './digits';

const digest = ({ images, labels }: ImageSet): string =>
  createHash('sha256').update(images).update(labels).digest('hex');

describe('generateDigits', () => {
  const train = generateDigits('train', 4000);
  const test = generateDigits('test', 2000);

  it('gives these bytes on every machine', () => {
    expect(digest(train)).toBe('e458a8d835da2957080590f736220b10045977ab23659f0510fcf3f3cf651967');
    expect(digest(test)).toBe('e66619299f246b137481a5214de04361a32e5f0b4adbda532ffa821e67f9f575');
  });

  it('gives grey images of 16 × 16, all different', () => {
    expect(train).toMatchObject({ count: 4000, height: 16, width: 16, channels: 1 });
    expect(train.images).toHaveLength(4000 * 256);
    const seen = new Set<string>();
    for (const { images, count } of [train, test]) {
      for (let index = 0; index < count; index += 1) {
        seen.add(Buffer.from(images.subarray(index * 256, (index + 1) * 256)).toString('base64'));
      }
    }
    expect(seen.size).toBe(6000);
  });

  it('begins with the smaller set', () => {
    const small = generateDigits('train', 30);
    expect(small.images).toEqual(train.images.subarray(0, 30 * 256));
    expect(small.labels).toEqual(train.labels.subarray(0, 30));
  });

  it('is balanced', () => {
    expect(countDigits(4000)).toEqual(new Array(10).fill(400));
    for (const count of [1, 9, 10, 23]) {
      const counts = new Array<number>(10).fill(0);
      for (const label of generateDigits('test', count).labels) counts[label]! += 1;
      expect(countDigits(count)).toEqual(counts);
    }
  });

  it('has ink in every image', () => {
    for (let index = 0; index < train.count; index += 1) {
      const image = train.images.subarray(index * 256, (index + 1) * 256);
      expect(Math.max(...image) - Math.min(...image)).toBeGreaterThan(80);
    }
  });

  it('refuses a size that must be a slip', () => {
    expect(() => generateDigits('train', 1_000_001)).toThrow(DataError);
    expect(() => {
      checkDigitsSize('test', 2_000_000);
    }).toThrow('data.testSize is 2000000; digits generates at most 1000000 images a split.');
  });
});
