import { expect, test } from 'vitest';
import { learningRateFactor } from './schedule';

test('constant stays', () => {
  expect(learningRateFactor({ name: 'constant', warmup: 0 }, 7.5, 10, 100)).toBe(1);
});

test('warm-up rises in a line, reaches the peak at its end and never starts at zero', () => {
  const factor = (epoch: number) => learningRateFactor({ name: 'constant', warmup: 2 }, epoch, 10, 4);
  expect(factor(0)).toBeCloseTo(0.125);
  expect(factor(1)).toBeCloseTo(0.625);
  expect(factor(1.75)).toBeCloseTo(1);
  expect(factor(5)).toBe(1);
});

test('steps fall at their milestones', () => {
  const schedule = { name: 'step', warmup: 0, milestones: [2, 4], factor: 0.1 } as const;
  const factor = (epoch: number) =>
    learningRateFactor({ ...schedule, milestones: [...schedule.milestones] }, epoch, 6, 10);
  expect(factor(1.9)).toBe(1);
  expect(factor(2)).toBeCloseTo(0.1);
  expect(factor(4.5)).toBeCloseTo(0.01);
});

test('cosine starts at the peak after the warm-up and ends at its final share', () => {
  const factor = (epoch: number) =>
    learningRateFactor({ name: 'cosine', warmup: 1, final: 0.1 }, epoch, 11, 1000);
  expect(factor(1)).toBeCloseTo(1);
  expect(factor(6)).toBeCloseTo(0.55);
  expect(factor(11)).toBeCloseTo(0.1);
});
