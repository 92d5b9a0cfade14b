import type { OpName, Value, ValueOf } from '../graph/value';
import { BLOCKED } from '../lowering/emitter';
import { AXES } from '../lowering/layouts';
import type { Lowering } from '../lowering/lowering';
import { ONNX_TYPES } from '../lowering/onnxModel';
import { sameAsFirst, type OpDefinition, type OpDefinitions } from './definition';

function keptShape([x]: readonly Value[], { axes }: { readonly axes: readonly number[] }): number[] {
  return x!.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
}

function lowerSum(lowering: Lowering, value: ValueOf<'Sum'>): void {
  const { emitter } = lowering;
  const [x] = value.inputs as [Value];
  const { axes } = value.attributes;
  const layout = lowering.layoutOf(x);
  if (axes.length === x.shape.length) {
    // The sum of everything does not ask how it lies.
    const total = emitter.emit('ReduceSum', [lowering.get(x, layout)], { keepdims: 0 });
    lowering.set(value, 'last', emitter.reshape(total, value.shape));
  } else if (layout === 'last') {
    lowering.set(value, 'last', emitter.sum(lowering.get(x), axes, true));
  } else if (layout === 'blocked' && overWholeMaps(x, axes)) {
    lowerSumOfMaps(lowering, value, x);
  } else {
    const sum = emitter.sum(lowering.get(x, 'first'), onChannelsFirst(axes), true);
    const [, h, w, c] = value.shape as [number, number, number, number];
    const small = h * w === 1 || c === 1;
    lowering.set(value, small ? 'last' : 'first', small ? emitter.reshape(sum, value.shape) : sum);
  }
}

/** Whether pixels only are summed, of a type that pools read. */
function overWholeMaps({ shape, dtype }: Value, axes: readonly number[]): boolean {
  if (dtype !== 'float32') return false;
  const rows = axes.includes(1) || shape[1] === 1;
  const columns = axes.includes(2) || shape[2] === 1;
  return rows && columns && !axes.includes(3);
}

/** Σ over rows and columns (and images) of blocks: a global pool reads them in place. */
function lowerSumOfMaps(lowering: Lowering, value: ValueOf<'Sum'>, x: Value): void {
  const { emitter } = lowering;
  const [, h, w] = x.shape as [number, number, number];
  const means = emitter.emit('GlobalAveragePool', [lowering.get(x, 'blocked')], {}, BLOCKED);
  const summed = value.attributes.axes.includes(0) ? emitter.sum(means, [0], true) : means;
  const scaled = emitter.emit('Mul', [summed, emitter.number(h * w)]);
  lowering.set(value, 'last', emitter.reshape(scaled, value.shape));
}

function onChannelsFirst(axes: readonly number[]): number[] {
  return axes.map((axis) => AXES.first[axis]!);
}

function reduction<Name extends 'ReduceMax' | 'ReduceMin' | 'ReduceProd'>(type: Name): OpDefinition<Name> {
  return {
    shape: keptShape,
    lower(lowering, value) {
      const { emitter } = lowering;
      const inputs = [lowering.get(value.inputs[0]!), emitter.integers(value.attributes.axes)];
      lowering.set(value as Value, 'last', emitter.emit(type, inputs, { keepdims: 1 }));
    },
  };
}

function search<Name extends 'ArgMax' | 'ArgMin'>(type: Name): OpDefinition<Name> {
  return {
    shape: ([x], { axis }) => x!.shape.filter((_, index) => index !== axis),
    dtype: () => 'int32',
    lower(lowering, value) {
      const { emitter } = lowering;
      const x = lowering.get(value.inputs[0]!);
      const found = emitter.emit(type, [x], { axis: value.attributes.axis, keepdims: 0 });
      lowering.set(value as Value, 'last', emitter.emit('Cast', [found], { to: ONNX_TYPES.int32 }));
    },
  };
}

/** Both results of one TopK, for whoever asks first. */
function topK(lowering: Lowering, x: Value, count: number): [values: string, indices: string] {
  const { emitter, layouts } = lowering;
  const names = layouts.once(`top ${count} of ${x.id}`, () =>
    emitter.emitSeveral('TopK', [lowering.get(x), emitter.integers([count])], {}, 2).join(' '),
  );
  return names.split(' ') as [string, string];
}

function top<Name extends 'TopValues' | 'TopIndices'>(type: Name): OpDefinition<Name> {
  return {
    shape: ([x], { count }) => x!.shape.with(-1, count),
    dtype: ([x]) => (type === 'TopIndices' ? 'int32' : x!.dtype),
    lower(lowering, value) {
      const [values, indices] = topK(lowering, value.inputs[0]!, value.attributes.count);
      const cast = () => lowering.emitter.emit('Cast', [indices], { to: ONNX_TYPES.int32 });
      const identity = () => lowering.emitter.emit('Identity', [values]);
      lowering.set(value as Value, 'last', type === 'TopIndices' ? cast() : identity());
    },
  };
}

function normalizer<Name extends 'Softmax' | 'LogSoftmax'>(type: Name): OpDefinition<Name> {
  return {
    shape: sameAsFirst,
    lower(lowering, value) {
      const { emitter, options } = lowering;
      const x = lowering.get(value.inputs[0]!);
      const attributes = { axis: value.attributes.axis };
      const result =
        type === 'LogSoftmax' && !options.extensions
          ? emitter.emit('Log', [emitter.emit('Softmax', [x], attributes)])
          : emitter.emit(type, [x], attributes);
      lowering.set(value as Value, 'last', result);
    },
  };
}

type ReductionOp = Extract<
  OpName,
  | 'Sum'
  | 'ReduceMax'
  | 'ReduceMin'
  | 'ReduceProd'
  | 'ArgMax'
  | 'ArgMin'
  | 'TopValues'
  | 'TopIndices'
  | 'Softmax'
  | 'LogSoftmax'
  | 'CumulativeSum'
>;

/** Ops along axes. */
export const reductionOps: OpDefinitions<ReductionOp> = {
  Sum: { shape: keptShape, lower: lowerSum },
  ReduceMax: reduction('ReduceMax'),
  ReduceMin: reduction('ReduceMin'),
  ReduceProd: reduction('ReduceProd'),
  ArgMax: search('ArgMax'),
  ArgMin: search('ArgMin'),
  TopValues: top('TopValues'),
  TopIndices: top('TopIndices'),
  Softmax: normalizer('Softmax'),
  LogSoftmax: normalizer('LogSoftmax'),
  CumulativeSum: {
    shape: sameAsFirst,
    lower(lowering, value) {
      const { emitter } = lowering;
      const { axis, exclusive, reverse } = value.attributes;
      const attributes = { exclusive: Number(exclusive), reverse: Number(reverse) };
      const inputs = [lowering.get(value.inputs[0]!), emitter.integer(axis)];
      lowering.set(value, 'last', emitter.emit('CumSum', inputs, attributes));
    },
  },
};
