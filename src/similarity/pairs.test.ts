import { describe, expect, test } from 'vitest';
import { choosePairs, type Pair, type PairLayer } from './pairs';

function layers(count: number, prefix: string): PairLayer[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${prefix}${index}`,
    index,
    depth: (index + 1) / count,
  }));
}

function names(pairs: readonly Pair[]): string[] {
  return pairs.map(({ teacher, student }) => `${teacher.name}-${student.name}`);
}

const free = (): number => 0;

describe('choosePairs', () => {
  test('follows the diagonal where layers of like depth are alike, the most alike first', () => {
    const similarity = (teacher: PairLayer, student: PairLayer): number =>
      teacher.index === student.index ? 0.5 + student.index / 100 : 0.3;
    const pairs = choosePairs(layers(5, 't'), layers(5, 's'), similarity, free);
    expect(names(pairs)).toEqual(['t4-s4', 't3-s3', 't2-s2', 't1-s1', 't0-s0']);
  });

  test('keeps the order of the layers in both models', () => {
    // Everything is most like its opposite.
    const similarity = (teacher: PairLayer, student: PairLayer): number =>
      teacher.index + student.index === 5 ? 0.95 : 0.4;
    const pairs = choosePairs(layers(6, 't'), layers(6, 's'), similarity, free, 3);
    const order = [...pairs].sort((a, b) => a.student.index - b.student.index);
    expect(order.length).toBeGreaterThan(0);
    for (const [index, pair] of order.entries()) {
      if (index > 0) expect(pair.teacher.index).toBeGreaterThan(order[index - 1]!.teacher.index);
    }
  });

  test('takes one pair from each part of the student at most', () => {
    const pairs = choosePairs(layers(20, 't'), layers(20, 's'), () => 0.9, free, 5);
    expect(pairs).toHaveLength(5);
    expect(new Set(pairs.map(({ student }) => Math.floor(student.index / 4)))).toEqual(
      new Set([0, 1, 2, 3, 4]),
    );
  });

  test('takes what is cheaper to join where pairs are equally alike', () => {
    const costOf = (teacher: PairLayer): number => (teacher.index === 1 ? 0 : 0.2);
    const [pair] = choosePairs(layers(3, 't'), layers(1, 's'), () => 0.9, costOf);
    expect(pair?.teacher.name).toBe('t1');
  });

  test('leaves out pairs that nothing joins, that are not alike, and that have no number', () => {
    const similarity = (teacher: PairLayer): number => [0.9, 0.05, NaN, 0.8][teacher.index]!;
    const costOf = (teacher: PairLayer): number | null => (teacher.index === 0 ? null : 0);
    const pairs = choosePairs(layers(4, 't'), layers(4, 's'), similarity, costOf);
    expect(pairs.map(({ teacher }) => teacher.name)).toEqual(['t3']);
    expect(choosePairs([], layers(3, 's'), () => 1, free)).toEqual([]);
    expect(choosePairs(layers(3, 't'), [], () => 1, free)).toEqual([]);
  });
});
