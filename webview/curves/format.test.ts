import { expect, it } from 'vitest';
import {
  formatClock,
  formatDuration,
  formatPercent,
  formatPercentTick,
  formatTick,
  formatValue,
} from './format';

it.each([
  [0, '0'],
  [2.302585, '2.303'],
  [0.41204, '0.412'],
  [0.0005, '0.0005'],
  [0.00001234567, '1.235e-5'],
  [1234.56, '1,235'],
  [12_345_678, '1.235e7'],
  [-0.5, '-0.5'],
])('writes the value %d as %s', (value, text) => {
  expect(formatValue(value)).toBe(text);
});

it.each([
  [0, '0'],
  [0.30000000000000004, '0.3'],
  [0.0001, '0.0001'],
  [0.00002, '2e-5'],
  [50_000, '50,000'],
  [2_500_000, '2.5e6'],
])('writes the tick %d as %s', (value, text) => {
  expect(formatTick(value)).toBe(text);
});

it('writes shares as percentages', () => {
  expect(formatPercent(0.98214)).toBe('98.21%');
  expect(formatPercentTick(0.975)).toBe('97.5%');
  expect(formatPercentTick(0.7000000000000001)).toBe('70%');
});

it.each([
  [0, '0 s', '0 s'],
  [59.4, '59 s', '59 s'],
  [187, '3:07', '3 min'],
  [3600, '1:00:00', '1 h'],
  [7509, '2:05:09', '2 h 5 min'],
])('writes %d seconds as a clock and as a duration', (seconds, clock, duration) => {
  expect(formatClock(seconds)).toBe(clock);
  expect(formatDuration(seconds)).toBe(duration);
});
