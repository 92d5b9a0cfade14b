import type { OpCase, OpCases } from './cases';
import { at, build, indicesOf, type Given, type Numbers } from './tensors';

const IMAGES = [
  [16, 3, 2, 16],
  [2, 3, 2, 5],
] as const;
const AXES = [[0], [1, 2], [0, 1, 2], [3], [1, 2, 3], [0, 1, 2, 3], [2]] as const;

function reduce(
  x: Numbers,
  axes: readonly number[],
  start: number,
  f: (a: number, b: number) => number,
): Numbers {
  const shape = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const within = indicesOf(x.shape.map((length, axis) => (axes.includes(axis) ? length : 1)));
  return build(shape, (index) =>
    within.reduce(
      (sum, inner) =>
        f(
          sum,
          at(
            x,
            index.map((place, axis) => place + inner[axis]!),
          ),
        ),
      start,
    ),
  );
}

type Reduction = 'Sum' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd';

function reduction<Name extends Reduction>(
  start: number,
  f: (a: number, b: number) => number,
  range: readonly [number, number] = [-1, 1],
): OpCase<Name>[] {
  const images = IMAGES.flatMap((shape) => AXES.map((axes) => ({ shape, axes })));
  const others = [
    { shape: [4, 6], axes: [0] },
    { shape: [4, 6], axes: [1] },
    { shape: [2, 3, 5], axes: [0, 2] },
  ];
  return [...images, ...others].map(({ shape, axes }) => ({
    inputs: [{ shape, range }],
    attributes: { axes },
    expected: ([x]) => reduce(x!, axes, start, f),
  }));
}

/** All numbers along an axis, for each place beside it. */
function alongAxis(x: Numbers, axis: number, f: (line: number[]) => number[]): Numbers {
  return build(x.shape, (index) => {
    const line = Array.from({ length: x.shape[axis]! }, (_, place) => at(x, index.with(axis, place)));
    return f(line)[index[axis]!]!;
  });
}

function search(better: (a: number, b: number) => boolean) {
  return [0, 1, 2].map((axis) => ({
    inputs: [{ shape: [3, 4, 5] }] as Given[],
    attributes: { axis },
    expected: ([x]: readonly Numbers[]) =>
      build(x!.shape.toSpliced(axis, 1), (index) => {
        const line = Array.from({ length: x!.shape[axis]! }, (_, place) =>
          at(x!, index.toSpliced(axis, 0, place)),
        );
        return line.reduce((best, value, place) => (better(value, line[best]!) ? place : best), 0);
      }),
  }));
}

function softmax(line: number[]): number[] {
  const largest = Math.max(...line);
  const powers = line.map((x) => Math.exp(x - largest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

function normalizer(f: (line: number[]) => number[]) {
  const places = [
    { shape: [3, 7], axis: 1 },
    { shape: [3, 7], axis: 0 },
    { shape: [2, 3, 2, 16], axis: 3 },
    { shape: [2, 3, 2, 5], axis: 1 },
  ];
  return places.map(({ shape, axis }) => ({
    inputs: [{ shape, range: [-8, 8] }] as Given[],
    attributes: { axis },
    expected: ([x]: readonly Numbers[]) => alongAxis(x!, axis, f),
  }));
}

function top(f: (place: number, line: number[]) => number) {
  return [1, 3].flatMap((count) =>
    [[5], [2, 3, 6], [2, 2, 2, 16]].map((shape) => ({
      inputs: [{ shape }] as Given[],
      attributes: { count },
      expected: ([x]: readonly Numbers[]) =>
        build(x!.shape.with(-1, count), (index) => {
          const line = Array.from({ length: shape.at(-1)! }, (_, place) => at(x!, index.with(-1, place)));
          const order = line.map((_, place) => place).sort((a, b) => line[b]! - line[a]!);
          return f(order[index.at(-1)!]!, line);
        }),
    })),
  );
}

function cumulative(exclusive: boolean, reverse: boolean, axis: number): OpCase<'CumulativeSum'> {
  return {
    inputs: [{ shape: [2, 4, 3] }],
    attributes: { axis, exclusive, reverse },
    expected: ([x]) =>
      alongAxis(x!, axis, (line) => {
        const ordered = reverse ? line.toReversed() : line;
        let sum = 0;
        const sums = ordered.map((value) => {
          sum += value;
          return exclusive ? sum - value : sum;
        });
        return reverse ? sums.toReversed() : sums;
      }),
  };
}

type Names =
  Reduction | 'ArgMax' | 'ArgMin' | 'Softmax' | 'LogSoftmax' | 'TopValues' | 'TopIndices' | 'CumulativeSum';

/** Ops along axes. */
export const reductionCases: OpCases<Names> = {
  Sum: reduction(0, (a, b) => a + b),
  ReduceMax: reduction(-Infinity, Math.max, [-2, -1]),
  ReduceMin: reduction(Infinity, Math.min),
  ReduceProd: reduction(1, (a, b) => a * b, [0.8, 1.2]),
  ArgMax: search((a, b) => a > b),
  ArgMin: search((a, b) => a < b),
  Softmax: normalizer(softmax),
  LogSoftmax: normalizer((line) => softmax(line).map(Math.log)),
  TopValues: top((place, line) => line[place]!),
  TopIndices: top((place) => place),
  CumulativeSum: [
    cumulative(false, false, 1),
    cumulative(true, false, 0),
    cumulative(false, true, 2),
    cumulative(true, true, 1),
  ],
};
