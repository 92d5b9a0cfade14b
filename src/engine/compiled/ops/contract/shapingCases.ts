import { sizeOf } from '../../graph/value';
import type { OpCase, OpCases } from './cases';
import { at, build, type Given } from './tensors';

const IMAGE = [2, 3, 4, 32] as const;
const ODD = [3, 3, 4, 5] as const;

function reshape(from: readonly number[], to: readonly number[]): OpCase<'Reshape'> {
  return { inputs: [{ shape: from }], attributes: { shape: to }, expected: ([x]) => ({ ...x!, shape: to }) };
}

function expand(from: readonly number[], to: readonly number[]): OpCase<'Expand'> {
  return {
    inputs: [{ shape: from }],
    attributes: { shape: to },
    expected: ([x]) => build(to, (index) => at(x!, index)),
  };
}

function transpose(shape: readonly number[], permutation: readonly number[]): OpCase<'Transpose'> {
  return {
    inputs: [{ shape }],
    attributes: { permutation },
    expected: ([x]) =>
      build(
        permutation.map((axis) => shape[axis]!),
        (index) =>
          at(
            x!,
            shape.map((_, axis) => index[permutation.indexOf(axis)]!),
          ),
      ),
  };
}

function tile(shape: readonly number[], repeats: readonly number[]): OpCase<'Tile'> {
  return {
    inputs: [{ shape }],
    attributes: { repeats },
    expected: ([x]) =>
      build(
        shape.map((length, axis) => length * repeats[axis]!),
        (index) =>
          at(
            x!,
            index.map((place, axis) => place % shape[axis]!),
          ),
      ),
  };
}

function concat(shape: readonly number[], axis: number, lengths: readonly number[]): OpCase<'Concat'> {
  return {
    inputs: lengths.map((length): Given => ({ shape: shape.with(axis, length) })),
    attributes: { axis },
    expected: (parts) =>
      build(
        shape.with(
          axis,
          lengths.reduce((a, b) => a + b),
        ),
        (index) => {
          let place = index[axis]!;
          let part = 0;
          while (place >= lengths[part]!) {
            place -= lengths[part]!;
            part += 1;
          }
          return at(parts[part]!, index.with(axis, place));
        },
      ),
  };
}

function slice(
  shape: readonly number[],
  begin: readonly number[],
  end: readonly number[],
  steps: readonly number[] = shape.map(() => 1),
): OpCase<'Slice'> {
  const size = begin.map((start, axis) => Math.max(0, Math.ceil((end[axis]! - start) / steps[axis]!)));
  return {
    inputs: [{ shape }],
    attributes: { begin, end, steps },
    expected: ([x]) =>
      build(size, (index) =>
        at(
          x!,
          index.map((place, axis) => begin[axis]! + place * steps[axis]!),
        ),
      ),
  };
}

function pad(
  shape: readonly number[],
  before: readonly number[],
  after: readonly number[],
  value: number,
  given: Omit<Given, 'shape'> = {},
): OpCase<'Pad'> {
  const size = shape.map((length, axis) => before[axis]! + length + after[axis]!);
  return {
    inputs: [{ shape, ...given }],
    attributes: { before, after, value },
    expected: ([x]) =>
      build(size, (index) => {
        const source = index.map((place, axis) => place - before[axis]!);
        const inside = source.every((place, axis) => place >= 0 && place < shape[axis]!);
        return inside ? at(x!, source) : value;
      }),
  };
}

/** Ops that move elements about. */
export const shapingCases: OpCases<'Reshape' | 'Expand' | 'Transpose' | 'Tile' | 'Concat' | 'Slice' | 'Pad'> =
  {
    Reshape: [
      reshape(IMAGE, [2, sizeOf(IMAGE) / 2]),
      reshape(IMAGE, [2, 4, 3, 32]),
      reshape(ODD, [9, 20]),
      reshape([6, 4], [2, 3, 2, 2]),
    ],
    Expand: [
      expand([1, 1, 1, 32], IMAGE),
      expand([2, 1, 1, 32], IMAGE),
      expand([3, 3, 4, 1], ODD),
      expand([1, 4], [3, 4]),
      expand([1], [5]),
    ],
    Transpose: [
      transpose(IMAGE, [0, 3, 1, 2]),
      transpose(IMAGE, [0, 2, 1, 3]),
      transpose(ODD, [3, 2, 1, 0]),
      transpose([3, 4], [1, 0]),
      transpose([2, 3, 4], [2, 0, 1]),
    ],
    Tile: [tile(IMAGE, [1, 2, 3, 1]), tile(ODD, [2, 1, 1, 2]), tile([2, 3], [3, 2])],
    Concat: [
      concat(IMAGE, 3, [16, 32]),
      concat(IMAGE, 3, [16, 3]),
      concat(IMAGE, 0, [1, 2]),
      concat(IMAGE, 1, [1, 2]),
      concat(IMAGE, 2, [4, 1]),
      concat(ODD, 3, [2, 1, 3]),
      concat([2, 3], 0, [1, 4]),
      concat([2, 3], 1, [2, 2]),
    ],
    Slice: [
      slice(IMAGE, [0, 0, 0, 0], [2, 3, 4, 16]),
      slice(IMAGE, [0, 1, 1, 0], [2, 3, 3, 32]),
      slice(IMAGE, [1, 0, 0, 5], [2, 3, 4, 9]),
      slice(IMAGE, [0, 2, 3, 0], [2, -1, -1, 32], [1, -1, -2, 1]),
      slice(ODD, [0, 0, 1, 1], [3, 3, 4, 5], [2, 1, 2, 3]),
      slice([6], [5], [-1], [-1]),
      slice([5, 4], [1, 0], [4, 4], [1, 2]),
    ],
    Pad: [
      pad(IMAGE, [0, 1, 2, 0], [0, 2, 0, 0], 0),
      pad(IMAGE, [0, 1, 0, 0], [1, 0, 0, 0], 2.5),
      pad(IMAGE, [0, 0, 0, 16], [0, 0, 0, 3], 0),
      pad(ODD, [1, 0, 1, 2], [0, 1, 0, 1], -1),
      pad([3, 2], [1, 0], [0, 2], 7, { dtype: 'int32', range: [-5, 5] }),
    ],
  };
