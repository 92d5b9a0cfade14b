import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph/graph';
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
  const axis = call.axis('axis', x.shape);
  refuseOutside(call, x.shape[axis]!);
  const given = call.attribute<number | undefined>('batchDims') ?? 0;
  // Checks how the shapes fit.
  tf.backend_util.segment_util.collectGatherOpShapeInfo(
    call.tensor('x'),
    call.tensor('indices'),
    axis,
    given,
  );
  const batchDimensions = given < 0 ? given + indices.shape.length : given;
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

/** Tells an index that is wrong at once, where the indices are known. Others make the run fail. */
function refuseOutside(call: KernelCall, length: number): void {
  const indices = call.recorder.numbers(call.tensor('indices'));
  const wrong = indices?.find((index) => index < 0 || index >= length);
  if (wrong !== undefined)
    throw new RangeError(`GatherV2: the index value ${wrong} is not in [0, ${length - 1}].`);
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

/** Indices and updates of a scatter: as rows of a matrix, and where in it they belong. */
interface Scatter {
  /** Number of rows of the whole. */
  segments: number;
  width: number;
  /** `[count]` */
  positions: Value;
  /** `[count, width]` */
  updates: Value;
}

function scatter(call: KernelCall, shape: readonly number[]): Scatter {
  const { graph } = call;
  const indices = graph.cast(call.whole('indices'), 'int32');
  // Indices of one axis may come without an axis for their one coordinate.
  const depth = indices.shape.length > 1 ? indices.shape.at(-1)! : 1;
  const [outer, width] = [shape.slice(0, depth), sizeOf(shape.slice(depth))];
  const count = indices.size / depth;
  return {
    segments: sizeOf(outer),
    width,
    positions: flatPositions(call, graph.reshape(indices, [count, depth]), outer),
    updates: graph.reshape(call.whole('updates'), [count, width]),
  };
}

function scatterNd(call: KernelCall): tf.TensorInfo {
  const shape = call.attribute<number[]>('shape');
  const { segments, positions, updates } = scatter(call, shape);
  const sums = call.graph.make('SegmentSum', [positions, updates], { segments });
  return call.result(call.graph.reshape(sums, shape), shape);
}

function scatterUpdate(call: KernelCall): tf.TensorInfo {
  const { graph } = call;
  const shape = call.shape('tensor');
  const { segments, width, positions, updates } = scatter(call, shape);
  const rows = graph.reshape(call.whole('tensor'), [segments, width]);
  const value = graph.make('ReplaceRows', [rows, positions, graph.cast(updates, rows.dtype)], {});
  return call.result(graph.reshape(value, shape), shape);
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
  const { graph } = call;
  const rows = call.whole('x');
  const ids = graph.cast(call.whole('segmentIds'), 'int32');
  const given = call.recorder.numbers(call.tensor('segmentIds'));
  const inside = given?.every((id) => id >= 0 && id < segments) ?? false;
  const sums = inside
    ? graph.make('SegmentSum', [ids, rows], { segments })
    : sumOfKnownSegments(graph, ids, rows, segments);
  return call.result(sums, sums.shape);
}

/** Rows that belong to no segment are left out: zeros are added to the first one in their place. */
function sumOfKnownSegments(graph: Graph, ids: Value, rows: Value, segments: number): Value {
  const number = (value: number) => graph.scalar(value, 1, 'int32');
  const known = graph.binary(
    'And',
    graph.binary('GreaterOrEqual', ids, number(0)),
    graph.binary('Less', ids, number(segments)),
  );
  const column = graph.reshape(known, [...ids.shape, ...rows.shape.slice(1).map(() => 1)]);
  const kept = graph.select(column, rows, graph.scalar(0, rows.shape.length, rows.dtype));
  const safe = graph.expand(graph.select(known, ids, number(0)), ids.shape);
  return graph.make('SegmentSum', [safe, graph.expand(kept, rows.shape)], { segments });
}

/** Kernels that pick and place by index. */
export const indexingKernels: Kernels = {
  GatherNd: (call) => {
    tf.gather_util.prepareAndValidate(call.tensor('params'), call.tensor('indices'));
    const indices = call.graph.cast(call.whole('indices'), 'int32');
    const value = call.graph.make('GatherNd', [call.whole('params'), indices], {});
    return call.result(value, value.shape);
  },
  GatherV2: gather,
  OneHot: oneHot,
  ScatterNd: scatterNd,
  TensorScatterUpdate: scatterUpdate,
  UnsortedSegmentSum: segmentSum,
};
