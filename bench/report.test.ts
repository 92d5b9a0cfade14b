import { describe, expect, it } from 'vitest';
import {
  bestOfRounds,
  geometricMean,
  gigaflops,
  median,
  pairedRatios,
  quantile,
  spread,
  stepsFor,
} from './report';

describe('the statistics of a benchmark', () => {
  it('finds the median and the quartiles', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(spread([5, 1, 3, 2, 4])).toEqual({ median: 3, low: 2, high: 4 });
    expect(quantile([10, 20], 0.25)).toBe(12.5);
    expect(quantile([7], 0.9)).toBe(7);
    expect(() => median([])).toThrow('There is no quantile of nothing.');
  });

  it('leaves the numbers in their order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('takes the best contestant of each round', () => {
    expect(
      bestOfRounds([
        [3, 5, 2],
        [4, 1, 2],
      ]),
    ).toEqual([3, 1, 2]);
    expect(bestOfRounds([[3, 5]])).toEqual([3, 5]);
    expect(bestOfRounds([])).toEqual([]);
  });

  it('pairs rounds, so that a slow one does not count', () => {
    // The machine was three times slower in the second round, for both.
    const ratios = pairedRatios([20, 60, 20], [10, 30, 10]);
    expect(ratios).toEqual([2, 2, 2]);
    expect(() => pairedRatios([1], [1, 2])).toThrow('1 rounds cannot be paired with 2.');
  });

  it('treats twice as fast and half as fast alike', () => {
    expect(geometricMean([2, 0.5])).toBeCloseTo(1, 12);
    expect(geometricMean([8, 2])).toBeCloseTo(4, 12);
  });

  it('counts two operations for a multiply-add', () => {
    expect(gigaflops(500e6, 10)).toBe(100);
  });

  it('fills a turn with whole steps', () => {
    expect(stepsFor(600, 7)).toBe(86);
    expect(stepsFor(600, 5000)).toBe(1);
    expect(stepsFor(600, 0.01)).toBe(1000);
  });
});
