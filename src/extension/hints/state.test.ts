import { describe, expect, it } from 'vitest';
import type { PickedHint } from '../../protocol/hints';
import { hintChanges, hintsState, indexOfHint, modelsState, writtenHint } from './state';

const experiment = {
  file: '/study/a.distill.yaml',
  name: 'a.distill.yaml',
  path: 'file:///study/a.distill.yaml',
};
const text = `data: { dataset: digits }
teacher: { experiment: ./teacher.distill.yaml }
student: { model: zoo/conv-thin }
distill:
  hints:
    - { teacher: a, student: b, weight: 0.5 } # the first
    - { teacher: c, student: d }
`;
const first: PickedHint = {
  teacher: 'a',
  student: 'b',
  member: 0,
  adapter: 'auto',
  distance: 'l2',
  weight: 0.5,
};

describe('hintsState', () => {
  it('reads the hints with their defaults', () => {
    const state = hintsState(text, experiment);
    expect(state).toMatchObject({ hasTeacher: true, obstacle: null, file: 'a.distill.yaml' });
    expect(state.hints).toEqual([first, { ...first, teacher: 'c', student: 'd', weight: 1 }]);
  });

  it('keeps those there were while the text is broken, and says where', () => {
    const state = hintsState(text.replace('weight: 0.5 }', 'weight: 0.5'), experiment, [first]);
    expect(state.obstacle).toMatch(
      /^Line \d of a\.distill\.yaml has a mistake, so hints cannot be changed here: /,
    );
  });

  it('does not mind a mistake elsewhere that leaves the text readable', () => {
    const state = hintsState(text.replace('dataset: digits', 'dataset: digits, sise: 3'), experiment);
    expect(state.obstacle).toBeNull();
    expect(state.hints).toHaveLength(2);
  });

  it('tells an experiment without a teacher', () => {
    const alone = 'data: { dataset: digits }\nstudent: { model: zoo/conv-thin }\n';
    expect(hintsState(alone, experiment)).toMatchObject({ hasTeacher: false, hints: [], obstacle: null });
  });
});

describe('modelsState', () => {
  it('is at work before there is a picture, in a folder that is trusted', () => {
    const isInFolder = true;
    const trusted = modelsState(undefined, { isTrusted: true, isInFolder });
    expect(trusted).toMatchObject({ isBusy: true, student: null, teachers: [], failure: null });
    const untrusted = modelsState(undefined, { isTrusted: false, isInFolder });
    expect(untrusted).toMatchObject({ isBusy: false, isTrusted: false });
  });

  it('says so of an experiment in no open folder, whose models nobody builds', () => {
    const state = modelsState(undefined, { isTrusted: true, isInFolder: false });
    expect(state.isBusy).toBe(false);
    expect(state.failure).toContain('in none of the open folders');
  });
});

describe('a hint as it is written', () => {
  it('leaves out what has its default', () => {
    expect(writtenHint({ ...first, weight: 1 })).toEqual({ teacher: 'a', student: 'b' });
    expect(writtenHint({ ...first, adapter: 'conv1x1', member: 1 })).toEqual({
      teacher: 'a',
      student: 'b',
      member: 1,
      adapter: 'conv1x1',
      weight: 0.5,
    });
  });

  it('changes only in what is different', () => {
    expect(hintChanges(first, { ...first, adapter: 'none' })).toEqual({ adapter: 'none' });
    expect(hintChanges(first, first)).toEqual({});
  });

  it('is found again where it was moved to, and never mistaken for another', () => {
    expect(indexOfHint(text, experiment.file, { index: 0, hint: first })).toBe(0);
    expect(indexOfHint(text, experiment.file, { index: 1, hint: first })).toBe(0);
    expect(() => indexOfHint(text, experiment.file, { index: 0, hint: { ...first, weight: 2 } })).toThrow(
      'no longer there',
    );
  });
});
