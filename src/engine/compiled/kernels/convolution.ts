import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph/graph';
import { type Pair, type Value, type Window } from '../graph/value';
import type { Kernel, KernelCall, Kernels } from './call';
import { activate } from './elementwise';

type Shape4 = [number, number, number, number];
type Padding = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;

/** @returns null where the windows do not come out as many as tfjs counts. */
function windowOf(info: tf.backend_util.Conv2DInfo): Window | null {
  const { top, left, bottom, right } = info.padInfo;
  const below = lastPadding(
    info.inHeight,
    info.effectiveFilterHeight,
    info.strideHeight,
    info.outHeight,
    top,
    bottom,
  );
  const behind = lastPadding(
    info.inWidth,
    info.effectiveFilterWidth,
    info.strideWidth,
    info.outWidth,
    left,
    right,
  );
  if (below < 0 || behind < 0) return null;
  return {
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, below, behind],
  };
}

/**
 * The padding behind an axis with which so many windows fit. It differs from the one given where sizes are rounded up,
 * and where padding is one number: tfjs then counts columns as if the window were as wide as it is high.
 */
function lastPadding(
  length: number,
  reach: number,
  stride: number,
  windows: number,
  before: number,
  after: number,
): number {
  const fitting = Math.floor((length + before + after - reach) / stride) + 1;
  return fitting === windows ? after : (windows - 1) * stride + reach - length - before;
}

function convolutionWindow(
  call: KernelCall,
  image: number[],
  filter: number[],
  depthwise: boolean,
): Window | null {
  const info = tf.backend_util.computeConv2DInfo(
    image as Shape4,
    filter as Shape4,
    call.attribute<number | [number, number]>('strides'),
    call.attribute<number | [number, number] | undefined>('dilations') ?? 1,
    call.attribute<Padding>('pad'),
    call.attribute<'floor' | 'round' | 'ceil' | undefined>('dimRoundingMode'),
    depthwise,
  );
  return windowOf(info);
}

/** @returns null where a window may lie outside of the image altogether: onnxruntime has no such pools. */
function poolWindow(call: KernelCall, image: number[]): Window | null {
  const info = tf.backend_util.computePool2DInfo(
    image as Shape4,
    call.attribute<number | [number, number]>('filterSize'),
    call.attribute<number | [number, number]>('strides'),
    1,
    call.attribute<Padding>('pad'),
    call.attribute<'floor' | 'round' | 'ceil' | undefined>('dimRoundingMode'),
  );
  const window = windowOf(info);
  return window?.pads.every((length, side) => length < window.kernel[side % 2]!) ? window : null;
}

/** A convolution, with the bias and activation of its fused form. */
function convolution(op: 'Conv' | 'DepthwiseConv'): Kernel {
  return (call) => {
    const window = convolutionWindow(call, call.shape('x'), call.shape('filter'), op === 'DepthwiseConv');
    if (!window) return null;
    const convolved = call.graph.make(op, [call.whole('x'), call.whole('filter')], window);
    const biased = call.has('bias') ? call.graph.binary('Add', convolved, call.value('bias')) : convolved;
    return call.result(activate(call, biased), convolved.shape);
  };
}

/** tfjs lets dy be larger than what the windows give, as in a transposed convolution; the rest does not count. */
function withinWindows(graph: Graph, dy: Value, window: Window, image: readonly number[]): Value {
  const [rows, columns] = outputSize(window, image);
  if (dy.shape[1]! <= rows && dy.shape[2]! <= columns) return dy;
  const end = [dy.shape[0]!, Math.min(rows, dy.shape[1]!), Math.min(columns, dy.shape[2]!), dy.shape[3]!];
  return graph.make('Slice', [dy], { begin: [0, 0, 0, 0], end, steps: [1, 1, 1, 1] });
}

function outputSize({ kernel, strides, dilations, pads }: Window, image: readonly number[]): Pair {
  const length = (axis: 0 | 1) => {
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    return Math.floor((image[axis + 1]! + pads[axis] + pads[axis + 2]! - reach) / strides[axis]) + 1;
  };
  return [length(0), length(1)];
}

function inputGradient(op: 'ConvInputGradient' | 'DepthwiseInputGradient'): Kernel {
  return (call) => {
    const shape = call.attribute<number[]>('inputShape');
    const window = convolutionWindow(call, shape, call.shape('filter'), op === 'DepthwiseInputGradient');
    if (!window) return null;
    const { graph } = call;
    const { value, factor } = graph.withoutNumber(call.whole('dy'));
    const dy = withinWindows(graph, value, window, shape);
    const filter = call.whole('filter');
    // The filter is the smaller one.
    const scaled = factor ? graph.binary('Mul', filter, factor) : filter;
    return call.result(graph.make(op, [dy, scaled], { ...window, shape }), shape);
  };
}

function filterGradient(op: 'ConvFilterGradient' | 'DepthwiseFilterGradient'): Kernel {
  return (call) => {
    const shape = call.attribute<number[]>('filterShape');
    const window = convolutionWindow(call, call.shape('x'), shape, op === 'DepthwiseFilterGradient');
    if (!window) return null;
    const { graph } = call;
    const { value: dy, factor } = graph.withoutNumber(call.whole('dy'));
    const gradient = graph.make(op, [call.whole('x'), dy], { ...window, shape });
    return call.result(factor ? graph.binary('Mul', gradient, factor) : gradient, shape);
  };
}

function pool(op: 'MaxPool' | 'AveragePool'): Kernel {
  return (call) => {
    const window = poolWindow(call, call.shape('x'));
    if (!window) return null;
    const pooled = call.graph.make(op, [call.whole('x')], window);
    return call.result(pooled, pooled.shape);
  };
}

/** y = x · a + c with a and c per channel, as the gradient of batch normalisation has them too. */
function batchNormalization(call: KernelCall): tf.TensorInfo {
  const { graph } = call;
  const shape = call.shape('x');
  const rank = shape.length;
  const epsilon = call.attribute<number | undefined>('varianceEpsilon') ?? 1e-3;
  const variance = graph.toRank(call.value('variance'), rank);
  const deviation = graph.unary('Sqrt', graph.binary('Add', variance, graph.scalar(epsilon, rank)));
  const inverse = graph.unary('Reciprocal', deviation);
  const factor = call.has('scale') ? graph.binary('Mul', inverse, call.value('scale')) : inverse;
  const mean = graph.toRank(call.value('mean'), rank);
  const shift = graph.unary('Neg', graph.binary('Mul', mean, factor));
  const offset = call.has('offset') ? graph.binary('Add', shift, call.value('offset')) : shift;
  return call.result(graph.binary('Add', graph.binary('Mul', call.value('x'), factor), offset), shape);
}

function matMul(call: KernelCall): tf.TensorInfo {
  const transposeA = call.attribute<boolean | undefined>('transposeA') ?? false;
  const transposeB = call.attribute<boolean | undefined>('transposeB') ?? false;
  const rank = Math.max(call.shape('a').length, call.shape('b').length);
  const [a, b] = ['a', 'b'].map((name) => call.graph.toRank(call.whole(name), rank)) as [Value, Value];
  const inner = [a.shape.at(transposeA ? -2 : -1), b.shape.at(transposeB ? -1 : -2)] as const;
  if (rank < 2 || inner[0] !== inner[1]) {
    throw new RangeError(
      `Error in matMul: the shapes [${call.shape('a').join()}] and [${call.shape('b').join()}] do not fit, ` +
        `transposeA=${transposeA} and transposeB=${transposeB}.`,
    );
  }
  tf.backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const numbers = [a, b].map((matrix) => call.graph.cast(matrix, 'float32')) as [Value, Value];
  const product = call.graph.make('MatMul', numbers, { transposeA, transposeB });
  const result = call.graph.cast(product, a.dtype === 'int32' && b.dtype === 'int32' ? 'int32' : 'float32');
  const biased = call.has('bias') ? call.graph.binary('Add', result, call.value('bias')) : result;
  return call.result(activate(call, biased), product.shape);
}

/** Rows `[to, from]` that pick or mix pixels: `weights` gives what the pixel at `position` is made of. */
function mixingMatrix(
  to: number,
  from: number,
  weights: (position: number) => [pixel: number, weight: number][],
) {
  const matrix = new Float32Array(to * from);
  for (let row = 0; row < to; row += 1) {
    for (const [pixel, weight] of weights(row)) matrix[row * from + pixel]! += weight;
  }
  return matrix;
}

/** Where a pixel of the resized image lies in the original, along one axis. */
function sourcePosition(call: KernelCall, from: number, to: number): (position: number) => number {
  const alignCorners = call.attribute<boolean>('alignCorners');
  const halfPixelCenters = call.attribute<boolean>('halfPixelCenters');
  const scale = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
  return (position) => (halfPixelCenters ? (position + 0.5) * scale - 0.5 : position * scale);
}

function nearestMatrix(call: KernelCall, from: number, to: number): Float32Array {
  const alignCorners = call.attribute<boolean>('alignCorners');
  const halfPixelCenters = call.attribute<boolean>('halfPixelCenters');
  const scale = alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
  return mixingMatrix(to, from, (position) => {
    const source = halfPixelCenters ? (position + 0.5) * scale : position * scale;
    const pixel = alignCorners ? Math.round(source) : Math.floor(source);
    return [[Math.max(0, Math.min(from - 1, pixel)), 1]];
  });
}

function bilinearMatrix(call: KernelCall, from: number, to: number): Float32Array {
  const sourceOf = sourcePosition(call, from, to);
  return mixingMatrix(to, from, (position) => {
    const source = sourceOf(position);
    const low = Math.max(0, Math.floor(source));
    const high = Math.min(from - 1, Math.ceil(source));
    const share = source - low;
    return [
      [Math.min(low, from - 1), 1 - share],
      [high, share],
    ];
  });
}

type MatrixMaker = (call: KernelCall, from: number, to: number) => Float32Array;

/** Resizes `image` from a size to a size by matrices; `backwards` applies the transposed ones, which is the gradient. */
function resize(
  call: KernelCall,
  image: Value,
  small: Pair,
  large: Pair,
  make: MatrixMaker,
  backwards: boolean,
): Value {
  const { graph } = call;
  const matrices = ([0, 1] as const).map((axis) => {
    const [from, to] = [small[axis], large[axis]];
    const data = make(call, from, to);
    const matrix = graph.expand(graph.constant(data, [to, from], 'float32'), [to, from]);
    return backwards ? graph.make('Transpose', [matrix], { permutation: [1, 0] }) : matrix;
  });
  return graph.make('SpatialProduct', [graph.cast(image, 'float32'), ...matrices], {});
}

function sizeOfImage(shape: readonly number[]): Pair {
  return [shape[1]!, shape[2]!];
}

function wholeFactors(small: Pair, large: Pair): Pair | null {
  const factors = [large[0] / small[0], large[1] / small[1]] as const;
  return factors.every(Number.isInteger) ? factors : null;
}

function resizer(make: MatrixMaker): Kernel {
  return (call) => {
    const [from, to] = [sizeOfImage(call.shape('images')), call.attribute<Pair>('size')];
    const factors = wholeFactors(from, to);
    const plain = make === nearestMatrix && !call.attribute<boolean>('alignCorners');
    const value =
      plain && factors && call.tensor('images').dtype === 'float32'
        ? call.graph.make('Upsample', [call.whole('images')], { factors })
        : resize(call, call.whole('images'), from, to, make, false);
    return call.result(value, value.shape);
  };
}

function resizerGradient(make: MatrixMaker): Kernel {
  return (call) => {
    const { graph } = call;
    const [from, to] = [sizeOfImage(call.shape('images')), sizeOfImage(call.shape('dy'))];
    const factors = wholeFactors(from, to);
    if (make !== nearestMatrix || call.attribute<boolean>('alignCorners') || !factors) {
      const value = resize(call, call.whole('dy'), from, to, make, true);
      return call.result(value, value.shape);
    }
    // The sum over the block that a pixel became.
    const window: Window = { kernel: factors, strides: factors, dilations: [1, 1], pads: [0, 0, 0, 0] };
    const means = graph.make('AveragePool', [call.whole('dy')], window);
    return call.result(graph.binary('Mul', means, graph.scalar(factors[0] * factors[1], 4)), means.shape);
  };
}

/** Kernels of images: convolutions, pools, normalisation, resizing; and the products of matrices. */
export const convolutionKernels: Kernels = {
  AvgPool: pool('AveragePool'),
  AvgPoolGrad: (call) => {
    const shape = call.shape('input');
    const window = poolWindow(call, shape);
    if (!window) return null;
    return call.result(
      call.graph.make('AveragePoolGradient', [call.whole('dy')], { ...window, shape }),
      shape,
    );
  },
  BatchMatMul: matMul,
  Conv2D: convolution('Conv'),
  Conv2DBackpropFilter: filterGradient('ConvFilterGradient'),
  Conv2DBackpropInput: inputGradient('ConvInputGradient'),
  DepthwiseConv2dNative: convolution('DepthwiseConv'),
  DepthwiseConv2dNativeBackpropFilter: filterGradient('DepthwiseFilterGradient'),
  DepthwiseConv2dNativeBackpropInput: inputGradient('DepthwiseInputGradient'),
  FusedBatchNorm: batchNormalization,
  FusedConv2D: convolution('Conv'),
  FusedDepthwiseConv2D: convolution('DepthwiseConv'),
  MaxPool: pool('MaxPool'),
  MaxPoolGrad: (call) => {
    const shape = call.shape('input');
    const window = poolWindow(call, shape);
    if (!window) return null;
    const inputs = ['dy', 'input', 'output'].map((name) => call.whole(name));
    return call.result(call.graph.make('MaxPoolGradient', inputs, window), shape);
  },
  ResizeBilinear: resizer(bilinearMatrix),
  ResizeBilinearGrad: resizerGradient(bilinearMatrix),
  ResizeNearestNeighbor: resizer(nearestMatrix),
  ResizeNearestNeighborGrad: resizerGradient(nearestMatrix),
  _FusedMatMul: matMul,
};
