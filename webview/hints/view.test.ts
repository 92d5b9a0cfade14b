import { describe, expect, it } from 'vitest';
import type { PlacedNode } from './arrange';
import { fitted, moved, opening, showing, zoomedAt } from './camera';
import { cellAfter, cellAt, planHeatmap } from './heatmap';
import { shapeText, spatialSize } from './stages';
import { viridis } from './viridis';
import { walked } from './walk';

const view = { width: 800, height: 600 };

describe('the camera', () => {
  it('sees all when fitted, and begins with the upper part of what would be too small', () => {
    const scene = { width: 600, height: 20_000 };
    const whole = fitted(scene, view);
    expect(scene.height * whole.zoom).toBeLessThan(view.height);
    const first = opening(scene, [{ left: 100, top: 0, width: 400, height: 42 }], view);
    expect(first.zoom).toBe(1);
    expect(first.y).toBeLessThan(0);
    expect(first.x).toBeLessThan(100);
  });

  it('keeps the point under the pointer where it is', () => {
    const before = { x: 10, y: 20, zoom: 1 };
    const after = zoomedAt(before, 1.5, { x: 200, y: 100 });
    expect(after.x + 200 / after.zoom).toBeCloseTo(before.x + 200);
    expect(after.y + 100 / after.zoom).toBeCloseTo(before.y + 100);
  });

  it('never loses the picture, and moves no further than it must to show a node', () => {
    const scene = { width: 600, height: 2000 };
    const far = moved({ x: 0, y: 0, zoom: 1 }, { x: 0, y: 9e9 }, scene, view);
    expect(far.y).toBeLessThan(scene.height);
    const camera = { x: 0, y: 0, zoom: 1 };
    expect(showing(camera, { left: 100, top: 100, width: 100, height: 42 }, view)).toEqual(camera);
    expect(showing(camera, { left: 100, top: 1000, width: 100, height: 42 }, view).y).toBe(490);
  });
});

describe('walking', () => {
  const at = (index: number, left: number, top: number): PlacedNode => ({
    side: 'teacher',
    index,
    node: { id: `${index}`, rows: [], shape: null, isGroup: false, partOf: null },
    left,
    top,
    width: 100,
    height: 42,
  });
  /** A diamond. */
  const nodes = [at(0, 60, 0), at(1, 0, 100), at(2, 120, 100), at(3, 60, 200)];

  it('goes along the graph, sideways, and to its ends', () => {
    expect(walked(nodes, 0, 'ArrowDown')).toBe(1);
    expect(walked(nodes, 1, 'ArrowRight')).toBe(2);
    expect(walked(nodes, 2, 'ArrowUp')).toBe(0);
    expect(walked(nodes, 0, 'End')).toBe(3);
    expect(walked(nodes, 3, 'Home')).toBe(0);
    expect(walked(nodes, 3, 'ArrowDown')).toBeNull();
    expect(walked(nodes, 0, 'PageDown')).toBe(3);
  });
});

describe('the matrix', () => {
  const matrix = {
    teacherLayers: ['a', 'b', 'c'],
    studentLayers: ['d', 'e'],
    values: new Float32Array(6),
    images: 8,
    suggestions: [],
    notes: [],
  };

  it('finds the cell under a point, and walks within its bounds', () => {
    const plan = planHeatmap(matrix, 600);
    expect(cellAt(matrix, plan, plan.left + plan.cellWidth * 1.5, plan.top + 1)).toEqual({
      row: 0,
      column: 1,
    });
    expect(cellAt(matrix, plan, 2, 2)).toBeNull();
    expect(cellAfter(matrix, { row: 2, column: 0 }, 'ArrowDown', 1)).toEqual({ row: 2, column: 0 });
    expect(cellAfter(matrix, { row: 0, column: 0 }, 'End', 1)).toEqual({ row: 0, column: 1 });
    expect(cellAfter(matrix, { row: 0, column: 0 }, 'x', 1)).toBeNull();
  });

  it('has the colours of viridis at its ends and in the middle', () => {
    expect(viridis(0)).toEqual([71, 1, 85]);
    expect(viridis(0.5)[1]).toBeGreaterThan(135);
    const [red, green, blue] = viridis(1);
    expect(red).toBeGreaterThan(245);
    expect(green).toBeGreaterThan(225);
    expect(blue).toBeLessThan(50);
  });
});

describe('shapes', () => {
  it('are said in few words', () => {
    expect(shapeText([16, 16, 64])).toBe('16×16×64');
    expect(shapeText([800])).toBe('800 units');
    expect(shapeText([-1, -1, 3])).toBe('?×?×3');
    expect(shapeText(null)).toBe('unknown shape');
    expect(spatialSize([16, 8, 64])).toBe('16×8');
    expect(spatialSize([10])).toBe('vector');
  });
});
