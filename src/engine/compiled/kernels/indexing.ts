import type * as tf from '@tensorflow/tfjs';
import { sizeOf, type DataType, type Value } from '../graph/value';
import type { KernelCall, Kernels } from './call';

function oneHot(call: KernelCall): tf.TensorInfo {
  const attributes = {
    depth: call.attribute<number>('depth'),
    on: call.attribute<number>('onValue'),
    off: call.attribute<number>('offValue'),
    dtype: call.attribute<DataType | undefined>('dtype') ?? 'float32',
  };
  const indices = call.graph.cast(call.whole('indices'), 'int32');
  return call.result(call.graph.make('OneHot', [indices], attributes), [...indices.shape, attributes.depth]);
}

/** Gathers along an axis; the first `batchDims` axes belong to both tensors. */
function gather(call: KernelCall): tf.TensorInfo {
  const { graph } = call;
  const x = call.whole('x');
  const indices = graph.cast(call.whole('indices'), 'int32');
  const axis = call.axis('axis', x.shape.length);
  const batchDimensions = call.attribute<number | undefined>('batchDims') ?? 0;
  if (batchDimensions === 0) {
    const value = graph.make('Gather', [x, indices], { axis });
    return call.result(value, value.shape);
  }
  const batch = sizeOf(x.shape.slice(0, batchDimensions));
  const outer = x.shape.slice(batchDimensions, axis);
  const rest = x.shape.slice(axis + 1);
  const length = x.shape[axis]!;
  // The gathered axis comes next to the batch, and both become one that all indices count along.
  const permutation = [
    ...range(0, batchDimensions),
    axis,
    ...range(batchDimensions, axis),
    ...range(axis + 1, x.shape.length),
  ];
  const moved = axis === batchDimensions ? x : graph.make('Transpose', [x], { permutation });
  const rows = graph.reshape(moved, [batch * length, ...outer, ...rest]);
  const perBatch = indices.shape.slice(batchDimensions);
  const offsets = graph.constant(
    Int32Array.from(range(0, batch), (index) => index * length),
    [batch, 1],
    'int32',
  );
  const flat = graph.binary('Add', graph.reshape(indices, [batch, sizeOf(perBatch)]), offsets);
  const picked = graph.make('Gather', [rows, flat], { axis: 0 });
  const batchShape = x.shape.slice(0, batchDimensions);
  const unflat = graph.reshape(picked, [...batchShape, ...perBatch, ...outer, ...rest]);
  const start = batchDimensions + perBatch.length;
  const back = [
    ...range(0, batchDimensions),
    ...range(start, start + outer.length),
    ...range(batchDimensions, start),
    ...range(start + outer.length, unflat.shape.length),
  ];
  const value = outer.length === 0 ? unflat : graph.make('Transpose', [unflat], { permutation: back });
  return call.result(value, value.shape);
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

function scatterNd(call: KernelCall): tf.TensorInfo {
  const { graph } = call;
  const shape = call.attribute<number[]>('shape');
  const indices = graph.cast(call.whole('indices'), 'int32');
  const depth = indices.shape.at(-1)!;
  const rest = shape.slice(depth);
  const rows = sizeOf(indices.shape.slice(0, -1));
  const position = flatPositions(call, graph.reshape(indices, [rows, depth]), shape.slice(0, depth));
  const updates = graph.reshape(call.whole('updates'), [rows, ...rest]);
  const segments = sizeOf(shape.slice(0, depth));
  const sums = graph.make('SegmentSum', [position, updates], { segments });
  return call.result(graph.reshape(sums, shape), shape);
}

/** Row-major positions of `[rows, depth]` indices in a shape, `[rows]`. */
function flatPositions({ graph }: KernelCall, indices: Value, shape: readonly number[]): Value {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const weights = graph.constant(Int32Array.from(strides), [1, shape.length], 'int32');
  const positions = graph.sum(graph.binary('Mul', indices, weights), [1], indices.shape);
  return graph.reshape(positions, [indices.shape[0]!]);
}

function segmentSum(call: KernelCall): tf.TensorInfo {
  const segments = call.attribute<number>('numSegments');
  const rows = call.whole('x');
  const ids = call.graph.cast(call.whole('segmentIds'), 'int32');
  const sums = call.graph.make('SegmentSum', [ids, rows], { segments });
  return call.result(sums, sums.shape);
}

/** Kernels that pick and place by index. */
export const indexingKernels: Kernels = {
  GatherNd: (call) => {
    const indices = call.graph.cast(call.whole('indices'), 'int32');
    const value = call.graph.make('GatherNd', [call.whole('params'), indices], {});
    return call.result(value, value.shape);
  },
  GatherV2: gather,
  OneHot: oneHot,
  ScatterNd: scatterNd,
  UnsortedSegmentSum: segmentSum,
};
