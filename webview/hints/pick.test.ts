import { describe, expect, it } from 'vitest';
import type { PickedHint } from '../../src/protocol/hints';
import { choose, keptPick, noPick, similaritiesOf, stepBack } from './pick';

const hint: PickedHint = {
  teacher: 'a',
  student: 'b',
  member: 0,
  adapter: 'auto',
  distance: 'l2',
  weight: 1,
};
const noTables = { teacher: null, student: null };

describe('a choice', () => {
  it('begins on either side, is completed on the other, and begins anew on the first', () => {
    const first = choose(noPick, 'student', 'b');
    expect(first).toMatchObject({ anchor: 'student', student: 'b', teacher: null });
    const pair = choose(first, 'teacher', 'a');
    expect(pair).toMatchObject({ anchor: 'student', student: 'b', teacher: 'a' });
    expect(choose(pair, 'student', 'c')).toMatchObject({ student: 'c', teacher: null });
  });

  it('is taken back step by step', () => {
    const pair = choose(choose(noPick, 'teacher', 'a'), 'student', 'b');
    expect(stepBack(pair)).toMatchObject({ teacher: 'a', student: null });
    expect(stepBack(stepBack(pair))).toEqual(noPick);
    expect(stepBack({ ...noPick, hint: 2 })).toEqual(noPick);
  });

  it('follows a hint that was moved or changed, and leaves one that is gone', () => {
    const other = { ...hint, teacher: 'x' };
    const selected = { ...noPick, hint: 0 };
    expect(keptPick(selected, noTables, [other, { ...hint, weight: 2 }], [hint])).toMatchObject({ hint: 1 });
    expect(keptPick(selected, noTables, [other], [hint])).toEqual(noPick);
  });

  it('ends when its layers are gone', () => {
    expect(keptPick(choose(noPick, 'teacher', 'a'), noTables, [], [])).toEqual(noPick);
  });
});

describe('similaritiesOf', () => {
  it('looks values up, and knows nothing of constant layers or other teachers', () => {
    const matrix = {
      teacherLayers: ['a', 'c'],
      studentLayers: ['b'],
      values: Float32Array.of(0.5, NaN),
      images: 8,
      suggestions: [],
      notes: [],
    };
    const similarity = similaritiesOf({ kind: 'done', member: 1, matrix }, 1);
    expect(similarity('a', 'b')).toBe(0.5);
    expect(similarity('c', 'b')).toBeNull();
    expect(similarity('z', 'b')).toBeNull();
    expect(similaritiesOf({ kind: 'done', member: 1, matrix }, 0)('a', 'b')).toBeNull();
  });
});
