import { sizeOf, type Window } from '../../graph/value';
import type { OpCase, OpCases } from './cases';
import { at, build, type Numbers } from './tensors';

type Shape4 = readonly [number, number, number, number];

interface Pool {
  readonly image: Shape4;
  readonly window: Window;
}

function pool(
  image: Shape4,
  size: readonly [number, number],
  strides: readonly [number, number],
  pads: readonly [number, number, number, number] = [0, 0, 0, 0],
): Pool {
  return { image, window: { kernel: size, strides, dilations: [1, 1], pads } };
}

function variants(batch: number, channels: number): Pool[] {
  const image: Shape4 = [batch, 5, 6, channels];
  return [
    // Side by side, covering all; side by side, leaving some; overlapping; overlapping with padding.
    pool([batch, 4, 6, channels], [2, 2], [2, 2]),
    pool([batch, 4, 6, channels], [4, 3], [4, 3]),
    pool(image, [2, 2], [2, 2]),
    pool(image, [2, 2], [2, 2], [0, 0, 1, 0]),
    pool(image, [3, 3], [2, 2], [1, 0, 1, 1]),
    pool(image, [3, 3], [1, 1], [1, 1, 1, 1]),
    pool(image, [2, 3], [1, 2]),
    pool(image, [1, 1], [2, 2]),
  ];
}

const POOLS = [...variants(2, 16), ...variants(16, 32), ...variants(3, 5)];

function outputShape({ image, window }: Pool): Shape4 {
  const length = (axis: 0 | 1) =>
    Math.floor(
      (image[axis + 1]! + window.pads[axis] + window.pads[axis + 2]! - window.kernel[axis]) /
        window.strides[axis],
    ) + 1;
  return [image[0], length(0), length(1), image[3]];
}

/** The pixels of the image that a window covers. */
function pixels({ image, window }: Pool, [n, y, x, channel]: readonly number[]): number[][] {
  const [height, width] = window.kernel;
  return Array.from({ length: height * width }, (_, tap) => [
    n!,
    y! * window.strides[0] - window.pads[0] + Math.floor(tap / width),
    x! * window.strides[1] - window.pads[1] + (tap % width),
    channel!,
  ]).filter(([, row, column]) => row! >= 0 && row! < image[1] && column! >= 0 && column! < image[2]);
}

function largest(given: Pool, x: Numbers, index: readonly number[]): number[] {
  return pixels(given, index).reduce((best, pixel) => (at(x, pixel) > at(x, best) ? pixel : best));
}

/** Adds what each window gives to each of its pixels. */
function spread(given: Pool, share: (index: readonly number[], pixel: readonly number[]) => number): Numbers {
  const [, height, width, channels] = given.image;
  const data = new Float64Array(sizeOf(given.image));
  build(outputShape(given), (index) => {
    for (const pixel of pixels(given, index)) {
      const [n, row, column, channel] = pixel as [number, number, number, number];
      data[((n * height + row) * width + column) * channels + channel]! += share(index, pixel);
    }
    return 0;
  });
  return { shape: given.image, data };
}

/** Numbers below zero too, and only those: a maximum need not be positive. */
const NEGATIVE = [-2, -1] as const;

function maxPool(given: Pool): OpCase<'MaxPool'> {
  return {
    inputs: [{ shape: given.image, range: NEGATIVE }],
    attributes: given.window,
    expected: ([x]) => build(outputShape(given), (index) => at(x!, largest(given, x!, index))),
  };
}

function averagePool(given: Pool): OpCase<'AveragePool'> {
  return {
    inputs: [{ shape: given.image }],
    attributes: given.window,
    expected: ([x]) =>
      build(outputShape(given), (index) => {
        const inside = pixels(given, index);
        return inside.reduce((sum, pixel) => sum + at(x!, pixel), 0) / inside.length;
      }),
  };
}

function averageGradient(given: Pool): OpCase<'AveragePoolGradient'> {
  return {
    inputs: [{ shape: outputShape(given) }],
    attributes: { ...given.window, shape: given.image },
    expected: ([dy]) => spread(given, (index) => at(dy!, index) / pixels(given, index).length),
  };
}

/** Of dy and x; the op gets the pooled x as well, which the test makes. */
function maxGradient(given: Pool): OpCase<'MaxPoolGradient'> {
  return {
    inputs: [{ shape: outputShape(given) }, { shape: given.image, range: NEGATIVE }],
    attributes: given.window,
    expected: ([dy, x]) =>
      spread(given, (index, pixel) => {
        const best = largest(given, x!, index);
        return best.every((place, axis) => place === pixel[axis]) ? at(dy!, index) : 0;
      }),
  };
}

/** Pools and their gradients. */
export const poolingCases: OpCases<'MaxPool' | 'AveragePool' | 'MaxPoolGradient' | 'AveragePoolGradient'> = {
  MaxPool: POOLS.map(maxPool),
  AveragePool: POOLS.map(averagePool),
  MaxPoolGradient: POOLS.map(maxGradient),
  AveragePoolGradient: POOLS.map(averageGradient),
};
