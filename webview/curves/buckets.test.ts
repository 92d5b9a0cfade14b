import { describe, expect, it } from 'vitest';
import { firstAtLeast, gridPlaces, minMaxSamples } from './buckets';

describe('gridPlaces', () => {
  it('has two places in each column and one on either border', () => {
    expect(gridPlaces({ min: 0, max: 2, columns: 2 })).toEqual([0, 0.25, 0.75, 1.25, 1.75, 2]);
  });
});

describe('minMaxSamples', () => {
  const grid = { min: 0, max: 10, columns: 2 };

  it('keeps the lowest and the highest of a column, in the order they come', () => {
    const samples = minMaxSamples([0, 1, 2, 3, 6, 7, 8], [5, 1, 9, 4, 8, 7, 2], grid);
    expect(samples).toEqual([undefined, 1, 9, 8, 2, undefined]);
  });

  it('puts a lone row into its half of the column', () => {
    expect(minMaxSamples([1, 9], [3, 4], grid)).toEqual([undefined, 3, undefined, undefined, 4, undefined]);
  });

  it('leaves a column without rows open, and interrupts the curve where rows have no value', () => {
    const fine = { min: 0, max: 4, columns: 4 };
    const samples = minMaxSamples([0, 1, 3], [1, null, 2], fine);
    expect(samples.slice(1, -1)).toEqual([1, undefined, null, undefined, undefined, undefined, 2, undefined]);
  });

  it('interpolates at the borders towards the rows outside', () => {
    const samples = minMaxSamples([-5, 5, 15], [0, 10, 30], grid);
    expect(samples[0]).toBe(5);
    expect(samples.at(-1)).toBe(20);
  });

  it('crosses a stretch without any row', () => {
    const samples = minMaxSamples([-10, 20], [0, 30], grid);
    expect(samples[0]).toBe(10);
    expect(samples.at(-1)).toBe(20);
  });

  it('does not interpolate into an interruption or beyond the ends', () => {
    expect(minMaxSamples([-5, 5], [null, 10], grid)[0]).toBeUndefined();
    expect(minMaxSamples([2, 5], [1, 10], grid)[0]).toBeUndefined();
    expect(minMaxSamples([], [], grid).every((sample) => sample === undefined)).toBe(true);
  });

  it('takes values that a logarithmic axis cannot show as interruptions', () => {
    expect(minMaxSamples([1, 6], [0, 4], grid, 0)).toEqual([
      undefined,
      null,
      undefined,
      4,
      undefined,
      undefined,
    ]);
  });

  it('shows every spike of a long curve, and its exact extremes', () => {
    const xs = Array.from({ length: 50_000 }, (_, row) => row);
    const ys = xs.map((x) => Math.sin(x * x));
    ys[31_415] = 100;
    ys[27_182] = -100;
    const samples = minMaxSamples(xs, ys, { min: 0, max: 49_999, columns: 300 });
    const values = samples.filter((sample) => typeof sample === 'number');
    expect(samples).toHaveLength(602);
    expect(Math.max(...values)).toBe(100);
    expect(Math.min(...values)).toBe(-100);
  });
});

it('finds the first row at or after a place', () => {
  expect([-1, 1, 2, 9].map((bound) => firstAtLeast([1, 2, 2, 5], bound))).toEqual([0, 0, 1, 4]);
});
