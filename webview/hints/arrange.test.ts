import { describe, expect, it } from 'vitest';
import { arrange, NODE_HEIGHT } from './arrange';
import type { GraphNode, ModelGraph } from './graph';
import { layoutAtOnce, layoutGraph } from './layout';

/** A chain of nodes with maps of these sizes. */
function part(sizes: readonly number[]) {
  const nodes = sizes.map((size, index): GraphNode => ({
    id: `${index}`,
    rows: [],
    shape: [size, size, 4],
    isGroup: false,
    partOf: null,
  }));
  const edges = sizes.slice(1).map((_, index): [number, number] => [index, index + 1]);
  const graph: ModelGraph = { nodes, edges, nodeOf: new Map() };
  const widths = sizes.map(() => 120);
  const layout = layoutGraph({ nodes: widths.map((width) => ({ width, height: NODE_HEIGHT })), edges });
  return { graph, layout, widths };
}

describe('layoutGraph', () => {
  it('places nodes below those they take their input from, apart from one another', () => {
    const nodes = Array.from({ length: 5 }, () => ({ width: 100, height: 40 }));
    const edges = [
      [0, 1],
      [1, 2],
      [0, 3],
      [2, 4],
      [3, 4],
    ] as const;
    for (const layout of [layoutGraph({ nodes, edges }), layoutAtOnce({ nodes, edges })]) {
      for (const [from, to] of edges) expect(layout.nodes[to]!.y).toBeGreaterThan(layout.nodes[from]!.y + 40);
      layout.nodes.forEach((one, index) => {
        for (const other of layout.nodes.slice(index + 1)) {
          expect(Math.abs(one.x - other.x) >= 100 || Math.abs(one.y - other.y) >= 40).toBe(true);
        }
      });
      expect(layout.width).toBeGreaterThan(200);
    }
  });

  it('of nothing is nothing', () => {
    expect(layoutGraph({ nodes: [], edges: [] })).toEqual({ width: 0, height: 0, nodes: [], edges: [] });
  });
});

describe('arrange', () => {
  it('puts maps of one size into one band, in both graphs', () => {
    const scene = arrange({ teacher: part([32, 32, 32, 16, 16, 8]), student: part([32, 16, 8]) });
    expect(scene.bands.map(({ size }) => size)).toEqual(['32×32', '16×16', '8×8']);
    for (const node of [...scene.nodes.teacher, ...scene.nodes.student]) {
      const size = `${node.node.shape![0]!}×${node.node.shape![1]!}`;
      const band = scene.bands.find((each) => each.size === size)!;
      expect(node.top).toBeGreaterThan(band.top);
      expect(node.top + node.height).toBeLessThan(band.bottom);
    }
    const right = Math.max(...scene.nodes.teacher.map(({ left, width }) => left + width));
    expect(scene.nodes.student[0]!.left).toBeGreaterThan(right + 100);
  });

  it('has no bands where sizes come back, and stretches the shorter graph', () => {
    const scene = arrange({ teacher: part([32, 16, 8, 16, 32, 32]), student: part([32, 16, 8]) });
    expect(scene.bands).toEqual([]);
    expect(scene.nodes.student[2]!.top).toBeGreaterThan(scene.nodes.teacher[2]!.top + 50);
  });

  it('shows one model alone', () => {
    const scene = arrange({ teacher: null, student: part([8, 4]) });
    expect(scene.nodes.teacher).toEqual([]);
    expect(scene.columns.student.left).toBe(0);
  });
});
