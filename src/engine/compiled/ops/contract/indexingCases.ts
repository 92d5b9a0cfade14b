import { broadcastShape, sizeOf } from '../../graph/value';
import type { OpCase, OpCases } from './cases';
import { at, build, type Numbers } from './tensors';

function oneHot(on: number, off: number, dtype: 'float32' | 'int32'): OpCase<'OneHot'> {
  return {
    // The last two are no class.
    inputs: [{ shape: [2, 3], data: [0, 3, 1, 2, -1, 4], dtype: 'int32' }],
    attributes: { depth: 4, on, off, dtype },
    expected: ([indices]) =>
      build([2, 3, 4], (index) => (at(indices!, index.slice(0, 2)) === index[2] ? on : off)),
  };
}

function gather(shape: readonly number[], axis: number, indices: readonly number[]): OpCase<'Gather'> {
  return {
    inputs: [{ shape }, { shape: [2, indices.length / 2], data: indices, dtype: 'int32' }],
    attributes: { axis },
    expected: ([x, places]) =>
      build([...shape.slice(0, axis), 2, indices.length / 2, ...shape.slice(axis + 1)], (index) => {
        const place = at(places!, index.slice(axis, axis + 2));
        return at(x!, [...index.slice(0, axis), place, ...index.slice(axis + 2)]);
      }),
  };
}

const gatherNd: OpCase<'GatherNd'> = {
  inputs: [{ shape: [3, 4, 2] }, { shape: [3, 2], data: [0, 0, 2, 3, 2, 3], dtype: 'int32' }],
  attributes: {},
  expected: ([x, indices]) =>
    build([3, 2], ([row, column]) => at(x!, [at(indices!, [row!, 0]), at(indices!, [row!, 1]), column!])),
};

function segmentSum(ids: readonly number[], rest: readonly number[]): OpCase<'SegmentSum'> {
  return {
    inputs: [{ shape: [ids.length], data: ids, dtype: 'int32' }, { shape: [ids.length, ...rest] }],
    attributes: { segments: 5 },
    expected: ([, rows]) =>
      build([5, ...rest], ([segment, ...inner]) =>
        ids.reduce((sum, id, row) => sum + (id === segment ? at(rows!, [row, ...inner]) : 0), 0),
      ),
  };
}

const replaceRows: OpCase<'ReplaceRows'> = {
  inputs: [{ shape: [5, 3] }, { shape: [2], data: [3, 0], dtype: 'int32' }, { shape: [2, 3] }],
  attributes: {},
  expected: ([x, positions, updates]) =>
    build([5, 3], ([row, column]) => {
      const update = positions!.data.indexOf(row!);
      return update < 0 ? at(x!, [row!, column!]) : at(updates!, [update, column!]);
    }),
};

function matMul(
  a: readonly number[],
  b: readonly number[],
  transposeA = false,
  transposeB = false,
): OpCase<'MatMul'> {
  const swap = (shape: readonly number[], swapped: boolean) =>
    swapped ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;
  const [left, right] = [swap(a, transposeA), swap(b, transposeB)];
  const read = (x: Numbers, index: readonly number[], swapped: boolean) => at(x, swap(index, swapped));
  return {
    inputs: [{ shape: a }, { shape: b }],
    attributes: { transposeA, transposeB },
    expected: ([x, y]) => {
      const batch = broadcastShape(a.slice(0, -2), b.slice(0, -2));
      return build([...batch, left.at(-2)!, right.at(-1)!], (index) => {
        const outer = index.slice(0, -2);
        let sum = 0;
        for (let inner = 0; inner < left.at(-1)!; inner += 1) {
          sum +=
            read(x!, [...outer, index.at(-2)!, inner], transposeA) *
            read(y!, [...outer, inner, index.at(-1)!], transposeB);
        }
        return sum;
      });
    },
  };
}

function upsample(shape: readonly number[], factors: readonly [number, number]): OpCase<'Upsample'> {
  const [n, h, w, c] = shape as [number, number, number, number];
  return {
    inputs: [{ shape }],
    attributes: { factors },
    expected: ([x]) =>
      build([n, h * factors[0], w * factors[1], c], ([image, row, column, channel]) =>
        at(x!, [image!, Math.floor(row! / factors[0]), Math.floor(column! / factors[1]), channel!]),
      ),
  };
}

function spatialProduct(shape: readonly number[]): OpCase<'SpatialProduct'> {
  const [n, h, w, c] = shape as [number, number, number, number];
  return {
    inputs: [{ shape }, { shape: [5, h] }, { shape: [7, w] }],
    attributes: {},
    expected: ([x, rows, columns]) =>
      build([n, 5, 7, c], ([image, row, column, channel]) => {
        let sum = 0;
        for (let y = 0; y < h; y += 1) {
          for (let z = 0; z < w; z += 1) {
            sum += at(rows!, [row!, y]) * at(columns!, [column!, z]) * at(x!, [image!, y, z, channel!]);
          }
        }
        return sum;
      }),
  };
}

const ROWS = Array.from({ length: 12 }, (_, place) => (place * 5) % 4);

type Names =
  'OneHot' | 'Gather' | 'GatherNd' | 'SegmentSum' | 'ReplaceRows' | 'MatMul' | 'Upsample' | 'SpatialProduct';

/** Ops that pick and place, multiply matrices and resize. */
export const indexingCases: OpCases<Names> = {
  OneHot: [oneHot(1, 0, 'float32'), oneHot(0.9, 0.05, 'float32'), oneHot(3, -2, 'int32')],
  Gather: [
    gather([5, 3], 0, [4, 0, 0, 2]),
    gather([2, 5, 3], 1, [1, 1, 4, 0]),
    gather([2, 3, 2, 16], 3, [15, 0, 7, 7]),
    gather([2, 3, 2, 16], 0, [1, 0, 1, 1]),
  ],
  GatherNd: [gatherNd],
  SegmentSum: [segmentSum([0, 4, 4, 1], [3]), segmentSum(ROWS, [2, sizeOf([3])]), segmentSum([2, 2, 2], [])],
  ReplaceRows: [replaceRows],
  MatMul: [
    matMul([3, 4], [4, 5]),
    matMul([4, 3], [4, 5], true),
    matMul([3, 4], [5, 4], false, true),
    matMul([4, 3], [5, 4], true, true),
    matMul([2, 3, 4], [2, 4, 5]),
    matMul([2, 4, 3], [1, 5, 4], true, true),
    matMul([2, 1, 3, 4], [1, 3, 5, 4], false, true),
    matMul([1, 1], [1, 6]),
  ],
  Upsample: [
    upsample([2, 3, 2, 16], [2, 2]),
    upsample([2, 3, 2, 16], [3, 1]),
    upsample([2, 3, 2, 3], [2, 3]),
  ],
  SpatialProduct: [spatialProduct([2, 3, 4, 16]), spatialProduct([2, 3, 4, 3])],
};
