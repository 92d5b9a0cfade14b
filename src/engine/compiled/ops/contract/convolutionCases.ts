import { sizeOf, type Window } from '../../graph/value';
import type { OpCase, OpCases } from './cases';
import type { Numbers } from './tensors';

type Shape4 = readonly [number, number, number, number];

/** A convolution by its shapes: image `[n, h, w, in]`, filter `[h, w, in, out]`. */
interface Geometry {
  readonly image: Shape4;
  readonly filter: Shape4;
  readonly window: Window;
}

interface WindowOptions {
  strides?: readonly [number, number];
  dilations?: readonly [number, number];
  pads?: readonly [number, number, number, number];
}

function geometry(image: Shape4, filter: Shape4, options: WindowOptions = {}): Geometry {
  const { strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] } = options;
  return { image, filter, window: { kernel: [filter[0], filter[1]], strides, dilations, pads } };
}

const SAME = { pads: [1, 1, 1, 1] } as const;

/** What is asked of every kind of channel. */
function variants(batch: number, channelsIn: number, last: number): Geometry[] {
  const image: Shape4 = [batch, 5, 6, channelsIn];
  const filter = (height: number, width: number): Shape4 => [height, width, channelsIn, last];
  return [
    geometry(image, filter(3, 3), SAME),
    geometry(image, filter(3, 2)),
    geometry(image, filter(3, 3), { ...SAME, strides: [2, 2] }),
    // Rows and columns that no window reaches.
    geometry(image, filter(2, 3), { strides: [2, 2] }),
    geometry(image, filter(2, 3), { strides: [3, 2], pads: [0, 1, 2, 1] }),
    geometry(image, filter(1, 1)),
    geometry(image, filter(1, 1), { strides: [2, 2] }),
    geometry(image, filter(3, 3), { dilations: [2, 2], pads: [2, 2, 2, 2] }),
    geometry(image, filter(2, 3), { dilations: [2, 1], pads: [1, 0, 0, 2] }),
    geometry(image, filter(5, 5), { pads: [2, 2, 2, 2] }),
  ];
}

/** Blocks in and out, few channels as those of a photo, and numbers that fill no blocks. */
const CONVOLUTIONS = [
  ...variants(16, 16, 32),
  ...variants(2, 32, 16),
  ...variants(16, 3, 16),
  ...variants(3, 5, 3),
];
const DEPTHWISE = [...variants(16, 16, 1), ...variants(2, 16, 2), ...variants(3, 5, 1), ...variants(3, 3, 2)];

function outputOf({ image, window }: Geometry, channels: number): Shape4 {
  const length = (axis: 0 | 1) => {
    const reach = window.dilations[axis] * (window.kernel[axis] - 1) + 1;
    return (
      Math.floor(
        (image[axis + 1]! + window.pads[axis] + window.pads[axis + 2]! - reach) / window.strides[axis],
      ) + 1
    );
  };
  return [image[0], length(0), length(1), channels];
}

type Visit = (pixel: number, weight: number, output: number) => void;

/** Calls for each product that a convolution is made of, with the places of its factors and of the sum. */
function visitProducts(given: Geometry, depthwise: boolean, visit: Visit): void {
  const { image, filter, window } = given;
  const [, rows, columns, outputs] = outputOf(given, depthwise ? filter[2] * filter[3] : filter[3]);
  const positions = [...Array(image[0] * rows * columns).keys()];
  for (const position of positions) {
    const [n, y, x] = [
      Math.floor(position / (rows * columns)),
      Math.floor(position / columns) % rows,
      position % columns,
    ];
    for (let tap = 0; tap < filter[0] * filter[1]; tap += 1) {
      const [i, j] = [Math.floor(tap / filter[1]), tap % filter[1]];
      const row = y * window.strides[0] - window.pads[0] + i * window.dilations[0];
      const column = x * window.strides[1] - window.pads[1] + j * window.dilations[1];
      if (row < 0 || row >= image[1] || column < 0 || column >= image[2]) continue;
      const pixel = ((n * image[1] + row) * image[2] + column) * image[3];
      for (let from = 0; from < filter[2]; from += 1) {
        for (let to = 0; to < filter[3]; to += 1) {
          const weight = (tap * filter[2] + from) * filter[3] + to;
          const channel = depthwise ? from * filter[3] + to : to;
          visit(pixel + from, weight, position * outputs + channel);
        }
      }
    }
  }
}

function zeros(shape: readonly number[]): { shape: readonly number[]; data: Float64Array } {
  return { shape, data: new Float64Array(sizeOf(shape)) };
}

function outputShape(given: Geometry, depthwise: boolean): Shape4 {
  return outputOf(given, depthwise ? given.filter[2] * given.filter[3] : given.filter[3]);
}

const TOLERANCE = 2e-5;

function forward<Name extends 'Conv' | 'DepthwiseConv'>(given: Geometry, depthwise: boolean): OpCase<Name> {
  return {
    inputs: [{ shape: given.image }, { shape: given.filter }],
    attributes: given.window,
    tolerance: TOLERANCE,
    expected: ([x, w]) => {
      const y = zeros(outputShape(given, depthwise));
      visitProducts(given, depthwise, (pixel, weight, output) => {
        y.data[output]! += x!.data[pixel]! * w!.data[weight]!;
      });
      return y;
    },
  };
}

function inputGradient<Name extends 'ConvInputGradient' | 'DepthwiseInputGradient'>(
  given: Geometry,
  depthwise: boolean,
): OpCase<Name> {
  return {
    inputs: [{ shape: outputShape(given, depthwise) }, { shape: given.filter }],
    attributes: { ...given.window, shape: given.image },
    tolerance: TOLERANCE,
    expected: ([dy, w]) => {
      const dx = zeros(given.image);
      visitProducts(given, depthwise, (pixel, weight, output) => {
        dx.data[pixel]! += dy!.data[output]! * w!.data[weight]!;
      });
      return dx;
    },
  };
}

function filterGradient<Name extends 'ConvFilterGradient' | 'DepthwiseFilterGradient'>(
  given: Geometry,
  depthwise: boolean,
): OpCase<Name> {
  return {
    inputs: [{ shape: given.image }, { shape: outputShape(given, depthwise) }],
    attributes: { ...given.window, shape: given.filter },
    tolerance: TOLERANCE,
    expected: ([x, dy]): Numbers => {
      const dw = zeros(given.filter);
      visitProducts(given, depthwise, (pixel, weight, output) => {
        dw.data[weight]! += x!.data[pixel]! * dy!.data[output]!;
      });
      return dw;
    },
  };
}

type Names =
  | 'Conv'
  | 'ConvInputGradient'
  | 'ConvFilterGradient'
  | 'DepthwiseConv'
  | 'DepthwiseInputGradient'
  | 'DepthwiseFilterGradient';

/** Convolutions and their gradients. */
export const convolutionCases: OpCases<Names> = {
  Conv: CONVOLUTIONS.map((given) => forward(given, false)),
  ConvInputGradient: CONVOLUTIONS.map((given) => inputGradient(given, false)),
  ConvFilterGradient: CONVOLUTIONS.map((given) => filterGradient(given, false)),
  DepthwiseConv: DEPTHWISE.map((given) => forward(given, true)),
  DepthwiseInputGradient: DEPTHWISE.map((given) => inputGradient(given, true)),
  DepthwiseFilterGradient: DEPTHWISE.map((given) => filterGradient(given, true)),
};
