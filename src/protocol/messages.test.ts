import { expect, it } from 'vitest';
import type { CurveDelta } from '../runs/series';
import { hostMethods, webviewMethods } from './messages';

const delta: CurveDelta = {
  run: '2026-01-01-mnist',
  generation: 0,
  seq: 0,
  training: {
    step: [10],
    epoch: [0.1],
    at: [1_700_000_000_000],
    learningRate: [0.001],
    gradientNorm: [1.5],
    imagesPerSecond: [900],
    trainAccuracy: [null],
    losses: { total: [2.3], 'hint 1': [null] },
  },
  evaluation: { step: [], epoch: [], at: [], accuracy: [], loss: [] },
  resumes: [],
  stages: [{ name: 'hints', firstStep: 0, steps: 100 }],
  teacherAccuracy: null,
};

it('accepts what the host sends, after its trip through JSON', () => {
  const arrived: unknown = JSON.parse(JSON.stringify([delta]));
  expect(webviewMethods.curves.parameters.parse(arrived)).toEqual([delta]);
});

it('refuses an action the extension does not offer, and a run without a name', () => {
  expect(hostMethods.act.parameters.safeParse(['stop', 'a-run']).success).toBe(true);
  expect(hostMethods.act.parameters.safeParse(['format', 'a-run']).success).toBe(false);
  expect(hostMethods.act.parameters.safeParse(['stop', '']).success).toBe(false);
  expect(hostMethods.show.parameters.safeParse([['a', 1]]).success).toBe(false);
});

it('refuses negative sequence numbers', () => {
  expect(webviewMethods.curves.parameters.safeParse([{ ...delta, seq: -1 }]).success).toBe(false);
});
