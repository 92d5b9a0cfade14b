import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph/graph';
import { sameShape, sizeOf, type DataType, type Value } from '../graph/value';
import { isEmpty, type KernelCall, type Kernels } from './call';

function reshape(call: KernelCall): tf.TensorInfo {
  const x = call.tensor('x');
  const shape = tf.util.inferFromImplicitShape(call.attribute<number[]>('shape'), sizeOf(x.shape));
  const value = call.value('x');
  if (sameShape(value.shape, x.shape)) {
    // Outside of a program the numbers stay where they are.
    if (sizeOf(shape) === value.size && value.op === 'Input') return call.recorder.share(x, shape);
    return call.result(call.graph.reshape(value, shape), shape);
  }
  const compact = movedOnes(value.shape, x.shape, shape);
  return compact
    ? call.result(call.graph.reshape(value, compact), shape)
    : call.result(call.graph.reshape(call.whole('x'), shape), shape);
}

/** A compact shape under a reshape that only adds or takes axes of length 1; null for any other. */
function movedOnes(
  compact: readonly number[],
  from: readonly number[],
  to: readonly number[],
): number[] | null {
  if (sizeOf(compact) === 1) return to.map(() => 1);
  const real = (shape: readonly number[]) => shape.flatMap((length, axis) => (length === 1 ? [] : [axis]));
  const [source, target] = [real(from), real(to)];
  if (
    !sameShape(
      source.map((axis) => from[axis]!),
      target.map((axis) => to[axis]!),
    )
  )
    return null;
  const moved = to.map(() => 1);
  source.forEach((axis, index) => {
    moved[target[index]!] = compact[axis]!;
  });
  return moved;
}

function transpose(call: KernelCall): tf.TensorInfo {
  const permutation = call.attribute<number[]>('perm');
  const x = call.value('x');
  const permuted = (list: readonly number[]) => permutation.map((axis) => list[axis]!);
  const isIdentity = permutation.every((axis, index) => axis === index);
  const value = x.size === 1 || isIdentity ? x : call.graph.make('Transpose', [x], { permutation });
  return call.result(value, permuted(call.shape('x')));
}

function tile(call: KernelCall): tf.TensorInfo {
  const repeats = call.attribute<number[]>('reps');
  const x = call.value('x');
  const shape = call.shape('x').map((length, axis) => length * repeats[axis]!);
  // Repeating what does not change along an axis is a matter of shape only.
  const free = repeats.every((times, axis) => times === 1 || x.shape[axis] === 1);
  return call.result(free ? x : call.graph.make('Tile', [call.whole('x')], { repeats }), shape);
}

function concat(call: KernelCall): tf.TensorInfo {
  const given = call.list();
  const axis = call.axis('axis', given[0]!.shape);
  tf.backend_util.assertParamsConsistent(
    given.map(({ shape }) => shape),
    axis,
  );
  const parts = given.filter(({ shape }) => !isEmpty(shape));
  const [first] = parts.length > 0 ? parts : given;
  if (parts.length <= 1) return call.recorder.share(first!, first!.shape);
  return joined(
    call,
    parts.map((part) => call.wholeOf(part)),
    axis,
  );
}

function pack(call: KernelCall): tf.TensorInfo {
  const parts = call.list();
  const { shape: first, dtype } = parts[0]!;
  for (const part of parts) {
    tf.util.assertShapesMatch(part.shape, first, 'All tensors passed to stack must have matching shapes. ');
    tf.util.assert(part.dtype === dtype, () => 'All tensors passed to stack must have matching dtypes.');
  }
  const axis = call.axis('axis', [...first, 1]);
  const values = parts.map((part) => {
    const shape = part.shape.toSpliced(axis, 0, 1);
    return call.graph.reshape(call.wholeOf(part), shape);
  });
  return joined(call, values, axis);
}

function joined(call: KernelCall, values: readonly Value[], axis: number): tf.TensorInfo {
  const value = values.length === 1 ? values[0]! : call.graph.make('Concat', values, { axis });
  return call.result(value, value.shape);
}

/** A part of a value; compact axes stay as they are. */
function slice(graph: Graph, x: Value, begin: readonly number[], size: readonly number[]): Value {
  const start = begin.map((position, axis) => (x.shape[axis] === 1 ? 0 : position));
  const end = start.map((position, axis) => position + (x.shape[axis] === 1 ? 1 : size[axis]!));
  if (sameShape(x.shape, end) && start.every((position) => position === 0)) return x;
  return graph.make('Slice', [x], { begin: start, end, steps: start.map(() => 1) });
}

function sliceKernel(call: KernelCall): tf.TensorInfo {
  const x = call.tensor('x');
  const [begin, size] = tf.slice_util.parseSliceParams(
    x,
    call.attribute<number | number[]>('begin'),
    call.attribute<number | number[] | undefined>('size'),
  );
  tf.slice_util.assertParamsValid(x, begin!, size!);
  return call.result(slice(call.graph, call.value('x'), begin!, size!), size!);
}

function stridedSlice(call: KernelCall): tf.TensorInfo {
  const list = (name: string) => call.attribute<number[]>(name);
  const info = tf.slice_util.sliceInfo(
    call.shape('x'),
    list('begin'),
    list('end'),
    list('strides'),
    call.attribute<number>('beginMask'),
    call.attribute<number>('endMask'),
    call.attribute<number>('ellipsisMask'),
    call.attribute<number>('newAxisMask'),
    call.attribute<number>('shrinkAxisMask'),
  );
  const attributes = { begin: info.begin, end: info.end, steps: info.strides };
  const value = call.graph.make('Slice', [call.whole('x')], attributes);
  return call.result(call.graph.reshape(value, info.finalShape), info.finalShape);
}

function split(call: KernelCall): tf.TensorInfo[] {
  const x = call.tensor('x');
  const axis = call.axis('axis', x.shape);
  const sizes = tf.backend_util.prepareSplitSize(
    x,
    call.attribute<number | number[]>('numOrSizeSplits'),
    axis,
  );
  let start = 0;
  return sizes.map((length) => {
    const begin = x.shape.map((_, index) => (index === axis ? start : 0));
    const size = x.shape.with(axis, length);
    start += length;
    return call.result(slice(call.graph, call.value('x'), begin, size), size);
  });
}

function unpack(call: KernelCall): tf.TensorInfo[] {
  const { shape } = call.tensor('value');
  const axis = call.axis('axis', shape);
  const value = call.whole('value');
  const rest = shape.toSpliced(axis, 1);
  return Array.from({ length: shape[axis]! }, (_, index) => {
    const begin = shape.map((__, other) => (other === axis ? index : 0));
    return call.result(call.graph.reshape(slice(call.graph, value, begin, shape.with(axis, 1)), rest), rest);
  });
}

function pad(call: KernelCall): tf.TensorInfo {
  const paddings = call.attribute<[number, number][]>('paddings');
  const [before, after] = [paddings.map(([head]) => head), paddings.map(([, tail]) => tail)];
  const x = call.whole('x');
  const numbers = x.dtype === 'bool' ? call.graph.cast(x, 'int32') : x;
  const attributes = { before, after, value: call.attribute<number>('constantValue') };
  const padded = call.graph.make('Pad', [numbers], attributes);
  return call.result(call.graph.cast(padded, x.dtype), padded.shape);
}

function reverse(call: KernelCall): tf.TensorInfo {
  const shape = call.shape('x');
  const axes = call.axes('dims', shape).filter((axis) => shape[axis] !== 1);
  const x = call.whole('x');
  if (axes.length === 0) return call.result(x, shape);
  const turned = (axis: number) => axes.includes(axis);
  const attributes = {
    begin: shape.map((length, axis) => (turned(axis) ? length - 1 : 0)),
    end: shape.map((length, axis) => (turned(axis) ? -1 : length)),
    steps: shape.map((_, axis) => (turned(axis) ? -1 : 1)),
  };
  return call.result(call.graph.make('Slice', [x], attributes), shape);
}

function fill(call: KernelCall, shape: readonly number[], value: number, dtype: DataType): tf.TensorInfo {
  return call.result(call.number(value, shape.length, dtype), shape);
}

function range(call: KernelCall): tf.TensorInfo | null {
  const [start, stop, step] = ['start', 'stop', 'step'].map((name) => call.attribute<number>(name)) as [
    number,
    number,
    number,
  ];
  const dtype = call.attribute<'float32' | 'int32'>('dtype');
  const away = (start < stop && step < 0) || (stop < start && step > 1);
  if (start === stop || away) return null;
  // tf.range counts down by itself when no step is given.
  const stride = stop < start && step === 1 ? -1 : step;
  const length = Math.abs(Math.ceil((stop - start) / stride));
  const numbers = Array.from({ length }, (_, index) => start + index * stride);
  const data = dtype === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers);
  return call.result(call.graph.expand(call.graph.constant(data, [length], dtype), [length]), [length]);
}

/** Kernels that make tensors and move their elements about. */
export const shapingKernels: Kernels = {
  BroadcastTo: (call) => {
    const shape = call.attribute<number[]>('shape');
    return call.result(call.graph.toRank(call.value('x'), shape.length), shape);
  },
  Concat: concat,
  ExpandDims: (call) => {
    const { shape } = call.tensor('input');
    const axis = call.axis('dim', [...shape, 1]);
    const value = call.value('input');
    return call.result(
      call.graph.reshape(value, value.shape.toSpliced(axis, 0, 1)),
      shape.toSpliced(axis, 0, 1),
    );
  },
  Fill: (call) => {
    const dtype = call.attribute<DataType | undefined>('dtype') ?? 'float32';
    return fill(call, call.attribute<number[]>('shape'), call.attribute<number>('value'), dtype);
  },
  OnesLike: (call) => fill(call, call.shape('x'), 1, call.tensor('x').dtype as DataType),
  Pack: pack,
  PadV2: pad,
  Range: range,
  Reshape: reshape,
  Reverse: reverse,
  Slice: sliceKernel,
  SplitV: split,
  StridedSlice: stridedSlice,
  Tile: tile,
  Transpose: transpose,
  Unpack: unpack,
  ZerosLike: (call) => fill(call, call.shape('x'), 0, call.tensor('x').dtype as DataType),
};
