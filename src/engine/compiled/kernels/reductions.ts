import type * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph/graph';
import type { DataType, Value } from '../graph/value';
import type { Kernel, KernelCall, Kernels } from './call';

type Reduce = (call: KernelCall, x: Value, axes: readonly number[], lengths: readonly number[]) => Value;

/** Defines a reduction: reduced axes go unless `keepDims` says otherwise. */
function reduction(reduce: Reduce, axesName = 'axis'): Kernel {
  return (call) => {
    const shape = call.shape('x');
    const axes = call.axes(axesName, shape);
    const reduced = reduce(call, call.value('x'), axes, shape);
    if (call.attribute<boolean | undefined>('keepDims') === true) {
      return call.result(
        reduced,
        shape.map((length, axis) => (axes.includes(axis) ? 1 : length)),
      );
    }
    const kept = <Type>(list: readonly Type[]) => list.filter((_, axis) => !axes.includes(axis));
    return call.result(call.graph.reshape(reduced, kept(reduced.shape)), kept(shape));
  };
}

function extremum(op: 'ReduceMax' | 'ReduceMin'): Reduce {
  return ({ graph }, x, axes) => {
    const real = axes.filter((axis) => x.shape[axis] !== 1);
    if (real.length === 0) return x;
    const found = graph.make(op, [x], { axes: real });
    if (x.dtype !== 'float32') return found;
    // onnxruntime passes over NaN, and a step that went wrong must show.
    const missing = graph.cast(graph.unary('IsNaN', x), 'float32');
    const spoilt = graph.cast(graph.make('ReduceMax', [missing], { axes: real }), 'bool');
    return graph.select(spoilt, graph.scalar(NaN, x.shape.length), found);
  };
}

/** Booleans are reduced as numbers. */
function ofFlags(reduce: Reduce): Reduce {
  return (call, x, axes, lengths) =>
    call.graph.cast(reduce(call, call.graph.cast(x, 'int32'), axes, lengths), 'bool');
}

function numeric(reduce: Reduce): Reduce {
  return (call, x, axes, lengths) =>
    reduce(call, x.dtype === 'bool' ? call.graph.cast(x, 'int32') : x, axes, lengths);
}

const mean: Reduce = ({ graph }, x, axes, lengths) => {
  const count = axes.reduce((product, axis) => product * lengths[axis]!, 1);
  const sum = graph.sum(graph.cast(x, 'float32'), axes, lengths);
  return graph.binary('Mul', sum, graph.scalar(1 / count, x.shape.length));
};

function search(op: 'ArgMax' | 'ArgMin'): Kernel {
  return (call) => {
    const shape = call.shape('x');
    const axis = call.axis('axis', shape);
    const x = numbersOf(call);
    return call.result(
      call.graph.make(op, [withoutNaN(call.graph, x, op === 'ArgMax' ? -Infinity : Infinity)], { axis }),
      shape.filter((_, index) => index !== axis),
    );
  };
}

/** What no search finds stands in the place of what is not a number. */
function withoutNaN(graph: Graph, x: Value, instead: number): Value {
  if (x.dtype !== 'float32') return x;
  return graph.select(graph.unary('IsNaN', x), graph.scalar(instead, x.shape.length), x);
}

function normalizer(op: 'Softmax' | 'LogSoftmax', axisName: string): Kernel {
  return (call) => {
    const shape = call.shape('logits');
    const axis = call.axis(axisName, shape);
    return call.result(
      call.graph.make(op, [call.graph.cast(call.whole('logits'), 'float32')], { axis }),
      shape,
    );
  };
}

function cumulativeSum(call: KernelCall): tf.TensorInfo {
  const shape = call.shape('x');
  const attributes = {
    axis: call.axis('axis', shape),
    exclusive: call.attribute<boolean>('exclusive'),
    reverse: call.attribute<boolean>('reverse'),
  };
  return call.result(call.graph.make('CumulativeSum', [numbersOf(call)], attributes), shape);
}

/** Running products in log₂ n passes: at each, every element takes in the product that ends `reach` before it. */
function cumulativeProduct(call: KernelCall): tf.TensorInfo {
  const { graph } = call;
  const shape = call.shape('x');
  const axis = call.axis('axis', shape);
  const reverse = call.attribute<boolean>('reverse');
  const length = shape[axis]!;
  const at = (position: number) => shape.map((_, index) => (index === axis ? position : 0));
  /** The value moved along the axis, ones coming in. */
  const moved = (value: Value, by: number): Value => {
    const pads = reverse ? { before: at(0), after: at(by) } : { before: at(by), after: at(0) };
    const padded = graph.make('Pad', [value], { ...pads, value: 1 });
    const begin = at(reverse ? by : 0);
    const end = shape.map((size, index) => begin[index]! + size);
    return graph.make('Slice', [padded], { begin, end, steps: shape.map(() => 1) });
  };
  let product = numbersOf(call);
  if (call.attribute<boolean>('exclusive')) product = moved(product, 1);
  for (let reach = 1; reach < length; reach *= 2) {
    product = graph.binary('Mul', product, moved(product, reach));
  }
  return call.result(product, shape);
}

function topK(call: KernelCall): tf.TensorInfo[] | null {
  const { graph } = call;
  const x = numbersOf(call);
  const attributes = { count: call.attribute<number>('k') };
  if (attributes.count === 0) return null;
  const [values, indices] = [
    graph.make('TopValues', [x], attributes),
    graph.make('TopIndices', [x], attributes),
  ];
  const dtype = call.tensor('x').dtype as DataType;
  return [call.result(graph.cast(values, dtype), values.shape), call.result(indices, indices.shape)];
}

function numbersOf(call: KernelCall): Value {
  const x = call.whole('x');
  return x.dtype === 'bool' ? call.graph.cast(x, 'int32') : x;
}

/** Kernels that work along axes. */
export const reductionKernels: Kernels = {
  All: reduction(ofFlags(extremum('ReduceMin'))),
  Any: reduction(ofFlags(extremum('ReduceMax'))),
  ArgMax: search('ArgMax'),
  ArgMin: search('ArgMin'),
  Cumprod: cumulativeProduct,
  Cumsum: cumulativeSum,
  LogSoftmax: normalizer('LogSoftmax', 'axis'),
  Max: reduction(
    (call, x, axes, lengths) =>
      call.graph.cast(numeric(extremum('ReduceMax'))(call, x, axes, lengths), x.dtype),
    'reductionIndices',
  ),
  Mean: reduction(mean),
  Min: reduction((call, x, axes, lengths) =>
    call.graph.cast(numeric(extremum('ReduceMin'))(call, x, axes, lengths), x.dtype),
  ),
  Prod: reduction(
    numeric(({ graph }, x, axes, lengths) => {
      const whole = graph.expand(x, lengths);
      return axes.length === 0 ? whole : graph.make('ReduceProd', [whole], { axes });
    }),
  ),
  Softmax: normalizer('Softmax', 'dim'),
  TopK: topK,
  Sum: reduction(numeric(({ graph }, x, axes, lengths) => graph.sum(x, axes, lengths))),
};
