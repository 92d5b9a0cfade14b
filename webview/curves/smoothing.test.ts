import { expect, it } from 'vitest';
import { smooth } from './smoothing';

it('returns the values themselves at weight 0', () => {
  expect(smooth([3, null, 1], 0)).toEqual([3, null, 1]);
});

it('averages without the pull of its start', () => {
  // w = 0.5: (0.5·4)/0.5, (0.25·4 + 0.5·8)/0.75, (0.125·4 + 0.25·8 + 0.5·0)/0.875
  const [first, second, third] = smooth([4, 8, 0], 0.5);
  expect(first).toBeCloseTo(4, 12);
  expect(second).toBeCloseTo(20 / 3, 12);
  expect(third).toBeCloseTo(20 / 7, 12);
});

it('leaves a constant as it is, at any weight', () => {
  for (const value of smooth([0.3, 0.3, 0.3, 0.3], 0.99)) expect(value).toBeCloseTo(0.3, 12);
});

it('keeps nulls and does not count them', () => {
  expect(smooth([null, 4, null, 8], 0.5)).toEqual([null, 4, null, smooth([4, 8], 0.5)[1]]);
});
