import { describe, expect, it } from 'vitest';
import { fillNormal, fillUniform } from './fill';

const size = 100_000;

function moments(array: Float32Array): { mean: number; deviation: number } {
  const mean = array.reduce((sum, value) => sum + value, 0) / array.length;
  const variance = array.reduce((sum, value) => sum + (value - mean) ** 2, 0) / array.length;
  return { mean, deviation: Math.sqrt(variance) };
}

describe('fillUniform', () => {
  it('spreads evenly over its range', () => {
    const array = new Float32Array(size);
    fillUniform(array, 7, -1, 3);
    const { mean, deviation } = moments(array);
    expect(mean).toBeCloseTo(1, 1);
    expect(deviation).toBeCloseTo(4 / Math.sqrt(12), 1);
    expect(Math.min(...array)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...array)).toBeLessThanOrEqual(3);
  });

  it('gives the same numbers for the same seed, and others for the next', () => {
    const [first, again, other] = [7, 7, 8].map((seed) => {
      const array = new Float32Array(16);
      fillUniform(array, seed, 0, 1);
      return array;
    });
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(Math.abs(other![0]! - first![0]!)).toBeGreaterThan(1e-3);
  });
});

describe('fillNormal', () => {
  it('has the mean and the deviation asked for, also of an odd number of elements', () => {
    const array = new Float32Array(size + 1);
    fillNormal(array, 3, 2, 0.5);
    const { mean, deviation } = moments(array);
    expect(mean).toBeCloseTo(2, 1);
    expect(deviation).toBeCloseTo(0.5, 1);
    expect(array.every(Number.isFinite)).toBe(true);
  });
});
