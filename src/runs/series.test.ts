import { describe, expect, it } from 'vitest';
import type { RunEvent } from './events';
import { RunSeries, type CurveDelta } from './series';

function start(fromStep: number): RunEvent {
  return {
    type: 'start',
    at: 0,
    fromStep,
    engine: { name: 'wasm', device: 'CPU', reason: '' },
    stages: [{ name: 'main', epochs: 2, firstStep: 0, steps: 100, terms: ['hard'] }],
    stepsPerEpoch: 50,
  };
}

function step(number: number, losses: Record<string, number> = { total: number }): RunEvent {
  return {
    type: 'step',
    at: number * 10,
    step: number,
    epoch: number / 50,
    losses,
    learningRate: 0.1,
    gradientNorm: 1,
    trainAccuracy: null,
    imagesPerSecond: 100,
  };
}

function evaluate(number: number, accuracy = 0.5): RunEvent {
  return {
    type: 'evaluate',
    at: 0,
    step: number,
    epoch: number / 50,
    test: { accuracy, loss: 1 },
    best: true,
  };
}

function seriesOf(...events: RunEvent[]): RunSeries {
  const series = new RunSeries('a-run');
  for (const event of events) series.apply(event);
  return series;
}

function steps(delta: CurveDelta | null): number[] | undefined {
  return delta?.training.step;
}

describe('RunSeries', () => {
  it('hands out each row once, in numbered deltas', () => {
    const series = seriesOf(start(0), step(10), evaluate(10));
    const first = series.delta();
    expect(first).toMatchObject({ run: 'a-run', generation: 0, seq: 0, resumes: [] });
    expect(first?.stages).toEqual([{ name: 'main', firstStep: 0, steps: 100 }]);
    expect(first?.training.step).toEqual([10]);
    expect(first?.evaluation).toEqual({ step: [10], epoch: [0.2], at: [0], accuracy: [0.5], loss: [1] });
    expect(series.delta()).toBeNull();
    series.apply(step(20));
    const second = series.delta();
    expect(second).toMatchObject({ generation: 0, seq: 1 });
    expect(steps(second)).toEqual([20]);
    expect(second?.evaluation.step).toEqual([]);
  });

  it('is not changed by events that hold no curve', () => {
    const series = seriesOf();
    series.apply({ type: 'note', at: 0, message: 'hello' });
    series.apply({ type: 'checkpoint', at: 0, step: 1, kind: 'last' });
    expect(series.delta()).toBeNull();
  });

  it('drops the rows that a resume repeats, and begins a new generation', () => {
    const series = seriesOf(start(0), step(10), step(20), evaluate(20), step(30));
    series.delta();
    series.apply(start(20));
    series.apply(step(30, { total: 99 }));
    const delta = series.delta();
    expect(delta).toMatchObject({ generation: 1, seq: 0, resumes: [20] });
    expect(steps(delta)).toEqual([10, 20, 30]);
    expect(delta?.training.losses).toEqual({ total: [10, 20, 99] });
    expect(delta?.evaluation.step).toEqual([20]);
    series.apply(step(40));
    expect(series.delta()).toMatchObject({ generation: 1, seq: 1 });
  });

  it('goes on in the same generation when a resume repeats nothing', () => {
    const series = seriesOf(start(0), step(10));
    series.delta();
    series.apply(start(10));
    series.apply(step(20));
    const delta = series.delta();
    expect(delta).toMatchObject({ generation: 0, seq: 1, resumes: [10] });
    expect(steps(delta)).toEqual([20]);
  });

  it('drops a void evaluation even when no training row is void', () => {
    const series = seriesOf(start(0), step(10), evaluate(15));
    series.delta();
    series.apply(start(10));
    expect(series.delta()).toMatchObject({ generation: 1, seq: 0, evaluation: { step: [] } });
  });

  it('forgets resumes that a later resume goes back behind', () => {
    const series = seriesOf(start(0), step(10), start(10), step(20), start(20), step(30), start(10));
    expect(series.delta()?.resumes).toEqual([10]);
    series.apply(start(0));
    expect(series.delta()).toMatchObject({ resumes: [], training: { step: [] } });
  });

  it('fills terms that come and go with null', () => {
    const series = seriesOf(start(0), step(1, { total: 1, 'hint 1': 1 }));
    series.delta();
    series.apply(step(2, { total: 2, soft: 2 }));
    expect(series.delta()?.training.losses).toEqual({ total: [2], 'hint 1': [null], soft: [2] });
    expect(series.whole().training.losses).toEqual({
      total: [1, 2],
      'hint 1': [1, null],
      soft: [null, 2],
    });
  });

  it('starts again with everything when asked, and goes on from there', () => {
    const series = seriesOf(start(0), step(1), step(2));
    series.delta();
    series.apply(step(3));
    const whole = series.whole();
    expect(whole).toMatchObject({ generation: 0, seq: 0 });
    expect(steps(whole)).toEqual([1, 2, 3]);
    expect(series.delta()).toBeNull();
    series.apply(step(4));
    expect(series.delta()).toMatchObject({ seq: 1, training: { step: [4] } });
  });

  it('does not change what it has handed out', () => {
    const series = seriesOf(start(0), step(1));
    const delta = series.delta();
    series.apply(step(2));
    series.delta();
    expect(steps(delta)).toEqual([1]);
  });

  it('holds the accuracy of the teacher that was told last: an ensemble follows its members', () => {
    const teacher = (accuracy: number | null): RunEvent => ({
      type: 'model',
      at: 0,
      which: 'teacher',
      name: 't',
      parameters: 1,
      multiplyAdds: 1,
      run: null,
      metrics: accuracy === null ? null : { accuracy, loss: 0 },
    });
    const series = seriesOf(teacher(null));
    expect(series.delta()).toBeNull();
    series.apply(teacher(0.9));
    series.apply(teacher(0.8));
    expect(series.delta()?.teacherAccuracy).toBe(0.8);
  });
});
