import { describe, expect, it } from 'vitest';
import { drawStrokes, flatten } from './strokes';

describe('flatten', () => {
  const asIs = (x: number, y: number): [number, number] => [x, y];

  it('makes one segment of two points', () => {
    expect(flatten([[1, 2, 3, 4]], asIs)).toEqual([1, 2, 3, 4]);
  });

  it('runs through every point, without a gap', () => {
    const segments = flatten([[0, 0, 4, 0, 4, 4]], asIs);
    expect(segments).toHaveLength(8 * 4);
    expect(segments.slice(0, 2)).toEqual([0, 0]);
    expect(segments.slice(14, 16)).toEqual([4, 0]);
    expect(segments.slice(-2)).toEqual([4, 4]);
    for (let at = 4; at < segments.length; at += 4) {
      expect(segments.slice(at, at + 2)).toEqual(segments.slice(at - 2, at));
    }
  });

  it('keeps the strokes apart and places every point', () => {
    const moved = flatten(
      [
        [0, 0, 1, 0],
        [5, 5, 6, 6],
      ],
      (x, y) => [x + 10, y * 2],
    );
    expect(moved).toEqual([10, 0, 11, 0, 15, 10, 16, 12]);
  });
});

describe('drawStrokes', () => {
  it('covers by distance: full at the line, half at the radius, none beyond', () => {
    const coverage = new Float64Array(25).fill(9);
    drawStrokes(coverage, 5, [-5, 2, 9, 2], 1, 2);
    const column = [0, 1, 2, 3, 4].map((y) => coverage[y * 5 + 2]);
    expect(column).toEqual([0, 0.5, 1, 0.5, 0]);
  });

  it('ends round, and draws a point as a dot', () => {
    const coverage = new Float64Array(25);
    drawStrokes(coverage, 5, [2, 2, 2, 2], 1, 1);
    expect(coverage[12]).toBe(1);
    expect(coverage[13]).toBe(0.5);
    expect(coverage[18]).toBeCloseTo(1.5 - Math.SQRT2, 12);
    expect(coverage[14]).toBe(0);
  });
});
