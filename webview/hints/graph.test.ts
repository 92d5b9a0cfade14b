import { describe, expect, it } from 'vitest';
import type { LayerRow, LayerTable } from '../../src/layers/table';
import { chainsOf } from './chains';
import { kindsOf, modelGraph } from './graph';

function row(name: string, kind: string, inputs: string[], shape: number[] | null = [8, 8, 4]): LayerRow {
  const rest = { parameters: 0, multiplyAdds: 0, receptiveField: null, uses: 1, source: null };
  return { name, kind, inputs, shape, ...rest };
}

function tableOf(rows: LayerRow[]): LayerTable {
  const rest = { input: null, outputs: [], definition: null, files: [], notes: [] };
  return { label: 'net', format: 'code', rows, ...rest };
}

/** A convolution with norm and ReLU, then a residual block around a second one. */
const residual = tableOf([
  row('conv1', 'Conv2D', []),
  row('bn1', 'BatchNormalization', ['conv1']),
  row('relu1', 'Activation', ['bn1']),
  row('conv2', 'Conv2D', ['relu1']),
  row('bn2', 'BatchNormalization', ['conv2']),
  row('add', 'Add', ['bn2', 'relu1']),
  row('relu2', 'ReLU', ['add']),
]);

describe('modelGraph', () => {
  it('shows a convolution with its norm and activation as one node, and a sum with its activation', () => {
    const { nodes, edges, nodeOf } = modelGraph(residual, new Set());
    expect(nodes.map(({ rows }) => rows.map(({ name }) => name))).toEqual([
      ['conv1', 'bn1', 'relu1'],
      ['conv2', 'bn2'],
      ['add', 'relu2'],
    ]);
    expect(edges.toSorted()).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    expect(nodeOf.get('bn2')).toBe(1);
  });

  it('takes apart what it is asked to', () => {
    const { nodes } = modelGraph(residual, new Set(['conv1']));
    expect(nodes.map(({ id, partOf }) => [id, partOf])).toEqual([
      ['conv1', 'conv1'],
      ['bn1', 'conv1'],
      ['relu1', 'conv1'],
      ['conv2', null],
      ['add', null],
    ]);
    expect(modelGraph(residual, 'all').nodes).toHaveLength(7);
  });

  it('joins nothing where the output in between is used elsewhere, or the shape changes', () => {
    const branched = tableOf([
      row('conv', 'Conv2D', []),
      row('relu', 'ReLU', ['conv']),
      row('other', 'Conv2D', ['conv']),
      row('norm', 'BatchNormalization', ['other'], [4, 4, 4]),
    ]);
    expect(modelGraph(branched, new Set()).nodes).toHaveLength(4);
  });

  it('shortens the names of common kinds', () => {
    expect(kindsOf(residual.rows.slice(0, 3))).toBe('Conv2D · BatchNorm · Activation');
  });
});

describe('chainsOf', () => {
  it('cuts where ways part and meet', () => {
    const edges = [
      [0, 1],
      [1, 2],
      [1, 3],
      [2, 4],
      [3, 4],
      [4, 5],
    ] as const;
    expect(chainsOf(6, edges).chains).toEqual([[0, 1], [2], [3], [4, 5]]);
  });
});
