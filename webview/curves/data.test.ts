import { describe, expect, it } from 'vitest';
import type { CurveDelta } from '../../src/runs/series';
import { mergeDelta, type RunCurves } from './data';

function delta(seq: number, steps: number[], losses: CurveDelta['training']['losses'] = {}): CurveDelta {
  const column = (value: number) => steps.map(() => value);
  return {
    run: 'a',
    generation: 0,
    seq,
    training: {
      step: steps,
      epoch: column(0),
      at: column(0),
      learningRate: column(0.1),
      gradientNorm: column(1),
      imagesPerSecond: column(100),
      trainAccuracy: steps.map(() => null),
      losses,
    },
    evaluation: { step: [], epoch: [], at: [], accuracy: [], loss: [] },
    resumes: [],
    stages: [],
    teacherAccuracy: null,
  };
}

function merged(held: RunCurves | undefined, next: CurveDelta): RunCurves {
  const merge = mergeDelta(held, next);
  if (merge.kind !== 'merged') throw new Error(`Expected to merge, got ${merge.kind}.`);
  return merge.curves;
}

describe('mergeDelta', () => {
  it('appends deltas in order', () => {
    const first = merged(undefined, delta(0, [1, 2], { total: [5, 4] }));
    const before = first.version;
    const second = merged(first, delta(1, [3], { total: [3] }));
    expect(second.training.step).toEqual([1, 2, 3]);
    expect(second.training.losses).toEqual({ total: [5, 4, 3] });
    expect(second.version).toBeGreaterThan(before);
  });

  it('takes over resumes, stages and the teacher as a whole', () => {
    const first = merged(undefined, { ...delta(0, [1]), resumes: [1] });
    const stages = [{ name: 'hints', firstStep: 0, steps: 9 }];
    const second = merged(first, { ...delta(1, [2]), resumes: [1, 2], stages, teacherAccuracy: 0.99 });
    expect(second).toMatchObject({ resumes: [1, 2], stages, teacherAccuracy: 0.99 });
  });

  it('fills the rows at which a term is absent with null', () => {
    const first = merged(undefined, delta(0, [1, 2], { total: [5, 4], 'hint 1': [5, 4] }));
    const second = merged(first, delta(1, [3, 4], { total: [3, 2], soft: [3, 2] }));
    expect(second.training.losses).toEqual({
      total: [5, 4, 3, 2],
      'hint 1': [5, 4, null, null],
      soft: [null, null, 3, 2],
    });
  });

  it('sees a gap, and leaves what is held as it is', () => {
    const held = merged(undefined, delta(0, [1]));
    expect(mergeDelta(held, delta(2, [3])).kind).toBe('gap');
    expect(mergeDelta(undefined, delta(3, [3])).kind).toBe('gap');
    expect(mergeDelta(held, { ...delta(4, [3]), generation: 1 }).kind).toBe('gap');
    expect(held.training.step).toEqual([1]);
    expect(merged(held, delta(1, [2])).training.step).toEqual([1, 2]);
  });

  it('passes over what it knows and what is void', () => {
    const held = merged(undefined, { ...delta(0, [1]), generation: 3 });
    expect(mergeDelta(held, { ...delta(1, [2]), generation: 2 }).kind).toBe('stale');
    merged(held, { ...delta(1, [2]), generation: 3 });
    expect(mergeDelta(held, { ...delta(1, [2]), generation: 3 }).kind).toBe('stale');
    expect(held.training.step).toEqual([1, 2]);
  });

  it.each([0, 5, 9])('begins anew with the first delta of generation %i', (generation) => {
    const held = merged(undefined, { ...delta(0, [1, 2, 3]), generation: 5 });
    const anew = merged(held, { ...delta(0, [1]), generation });
    expect(anew).not.toBe(held);
    expect(anew).toMatchObject({ generation, nextSeq: 1, training: { step: [1] } });
  });

  it('takes in more rows than a call may have arguments', () => {
    const steps = Array.from({ length: 300_000 }, (_, index) => index);
    expect(merged(undefined, delta(0, steps)).training.step).toHaveLength(300_000);
  });
});
