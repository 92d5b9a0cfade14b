import { expect, it } from 'vitest';
import { fabricateCurves } from '../../test/webview/fabricate';
import { axisValues } from './axis';
import { mergeDelta, type RunCurves } from './data';

function curvesWith(changes: { step: number[]; at: number[]; resumes: number[] }): RunCurves {
  const delta = fabricateCurves({ id: 'axis', rows: changes.step.length });
  const merge = mergeDelta(undefined, {
    ...delta,
    resumes: changes.resumes,
    training: {
      ...delta.training,
      step: changes.step,
      at: changes.at,
      epoch: changes.step.map((step) => step / 100),
    },
    evaluation: { step: [200], epoch: [2], at: [0], accuracy: [0.9], loss: [0.3] },
  });
  if (merge.kind !== 'merged') throw new Error(merge.kind);
  return merge.curves;
}

it('counts seconds of work and leaves the pause before a resume out', () => {
  const curves = curvesWith({
    step: [100, 200, 300, 400],
    at: [0, 2000, 3_602_000, 3_605_000],
    resumes: [200],
  });
  const { training, evaluation } = axisValues(curves, 'time');
  expect(training).toEqual([0, 2, 4, 7]);
  expect(evaluation).toEqual([2]);
});

it('never runs backwards, though the clock was set back', () => {
  const curves = curvesWith({ step: [100, 200, 300], at: [5000, 1000, 2000], resumes: [] });
  expect(axisValues(curves, 'time').training).toEqual([0, 0, 1]);
});

it('places steps between the rows, before the first and after the last', () => {
  const { ofStep } = axisValues(curvesWith({ step: [100, 200], at: [0, 1000], resumes: [] }), 'epoch');
  expect([0, 50, 150, 900].map(ofStep)).toEqual([0, 0.5, 1.5, 2]);
});

it('is the step itself by steps', () => {
  const { training, ofStep } = axisValues(curvesWith({ step: [7], at: [0], resumes: [] }), 'step');
  expect(training).toEqual([7]);
  expect(ofStep(123)).toBe(123);
});
