import { sizeOf, type OpName, type Value, type ValueOf } from '../graph/value';
import type { Lowering } from '../lowering/lowering';
import { ONNX_TYPES } from '../lowering/onnxModel';
import { sameAsFirst, type OpDefinitions } from './definition';

/** One where the index is met: a comparison with 0 … depth − 1, since onnxruntime has no OneHot of these types. */
function lowerOneHot(lowering: Lowering, value: ValueOf<'OneHot'>): void {
  const { emitter } = lowering;
  const [indices] = value.inputs as [Value];
  const { depth, on, off, dtype } = value.attributes;
  const classes = emitter.constant(`0 … ${depth}`, [depth], 'int32', () =>
    Int32Array.from({ length: depth }, (_, index) => index),
  );
  const column = emitter.reshape(lowering.get(indices), [...indices.shape, 1]);
  const met = emitter.emit('Equal', [column, classes]);
  const plain = on === 1 && off === 0;
  let result = emitter.emit('Cast', [met], { to: ONNX_TYPES[plain ? dtype : 'float32'] });
  if (!plain) {
    result = emitter.emit('Mul', [result, emitter.number(on - off)]);
    result = emitter.emit('Add', [result, emitter.number(off)]);
    if (dtype !== 'float32') result = emitter.emit('Cast', [result], { to: ONNX_TYPES[dtype] });
  }
  lowering.set(value, 'last', result);
}

/** Adds rows up by scattering them into zeros; onnxruntime does it one after another, so always in the same order. */
function lowerSegmentSum(lowering: Lowering, value: ValueOf<'SegmentSum'>): void {
  const { emitter } = lowering;
  const [ids, rows] = value.inputs as [Value, Value];
  const width = sizeOf(rows.shape.slice(1));
  const shape = [value.attributes.segments, width];
  const count = sizeOf(ids.shape);
  const column = emitter.reshape(lowering.get(ids), [count, 1]);
  const indices = emitter.emit('Expand', [column, emitter.integers([count, width])]);
  const zeros = emitter.emit('Expand', [zero(lowering, value.dtype), emitter.integers(shape)]);
  const updates = emitter.reshape(lowering.get(rows), [count, width]);
  const attributes = { axis: 0, reduction: 'add' };
  const sums = emitter.emit('ScatterElements', [zeros, indices, updates], attributes);
  lowering.set(value, 'last', emitter.reshape(sums, value.shape));
}

function zero({ emitter }: Lowering, dtype: Value['dtype']): string {
  return dtype === 'float32' ? emitter.number(0) : emitter.integer(0);
}

/** Ops that pick and place by index. */
export const indexingOps: OpDefinitions<
  Extract<OpName, 'OneHot' | 'Gather' | 'GatherNd' | 'SegmentSum' | 'ReplaceRows'>
> = {
  OneHot: {
    shape: ([indices], { depth }) => [...indices!.shape, depth],
    dtype: (_, { dtype }) => dtype,
    lower: lowerOneHot,
  },
  Gather: {
    shape: ([x, indices], { axis }) => [
      ...x!.shape.slice(0, axis),
      ...indices!.shape,
      ...x!.shape.slice(axis + 1),
    ],
    lower(lowering, value) {
      const inputs = value.inputs.map((input) => lowering.get(input));
      lowering.set(value, 'last', lowering.emitter.emit('Gather', inputs, { axis: value.attributes.axis }));
    },
  },
  GatherNd: {
    shape: ([x, indices]) => [...indices!.shape.slice(0, -1), ...x!.shape.slice(indices!.shape.at(-1))],
    lower(lowering, value) {
      const { emitter } = lowering;
      const [x, indices] = value.inputs.map((input) => lowering.get(input)) as [string, string];
      const wide = emitter.emit('Cast', [indices], { to: ONNX_TYPES.int64 });
      lowering.set(value, 'last', emitter.emit('GatherND', [x, wide]));
    },
  },
  SegmentSum: {
    shape: ([, rows], { segments }) => [segments, ...rows!.shape.slice(1)],
    dtype: ([, rows]) => rows!.dtype,
    lower: lowerSegmentSum,
  },
  ReplaceRows: {
    shape: sameAsFirst,
    lower(lowering, value) {
      const { emitter } = lowering;
      const [x, positions, updates] = value.inputs.map((input) => lowering.get(input)) as [
        string,
        string,
        string,
      ];
      const column = emitter.reshape(positions, [value.inputs[1]!.size, 1]);
      const wide = emitter.emit('Cast', [column], { to: ONNX_TYPES.int64 });
      lowering.set(value, 'last', emitter.emit('ScatterND', [x, wide, updates]));
    },
  },
};
