import type { OpName, Value, ValueOf } from '../graph/value';
import { AXES, type Layout } from '../lowering/layouts';
import type { Lowering } from '../lowering/lowering';
import type { OpDefinitions } from './definition';

/** Concatenates in the layout of the inputs where that keeps blocks whole. */
function lowerConcat(lowering: Lowering, value: ValueOf<'Concat'>): void {
  const { axis } = value.attributes;
  const layout = concatLayout(lowering, value);
  const target = value.shape.length === 4 && layout !== 'last' ? AXES.first[axis]! : axis;
  const parts = value.inputs.map((input) => lowering.get(input, layout));
  if (layout === 'blocked' && target === 1) {
    const blocks = value.inputs.map((input) => lowering.blocks(input));
    lowering.set(value, 'blocked5', lowering.emitter.emit('Concat', blocks, { axis: 1 }));
  } else {
    lowering.set(value, layout, lowering.emitter.emit('Concat', parts, { axis: target }));
  }
}

function concatLayout(lowering: Lowering, value: ValueOf<'Concat'>): Layout {
  if (value.shape.length !== 4) return 'last';
  const layouts = value.inputs.map((input) => lowering.layoutOf(input));
  // Along rows or columns the parts of a block layout do not lie as its declared shape says.
  const blockable = value.attributes.axis === 3 || value.attributes.axis === 0;
  if (blockable && layouts.includes('blocked') && value.inputs.every((input) => lowering.canBlock(input))) {
    return 'blocked';
  }
  return layouts.every((layout) => layout === 'last') ? 'last' : 'first';
}

function lowerSlice(lowering: Lowering, value: ValueOf<'Slice'>): void {
  const [x] = value.inputs as [Value];
  const { begin, end, steps } = value.attributes;
  const cut = x.shape.flatMap((length, axis) =>
    begin[axis] !== 0 || end[axis] !== length || steps[axis] !== 1 ? [axis] : [],
  );
  const layout = lowering.layoutOf(x);
  const target: Layout | 'blocked5' = layout !== 'blocked' ? layout : cut.includes(3) ? 'first' : 'blocked5';
  const axes = target === 'last' ? cut : cut.map((axis) => AXES.first[axis]!);
  const source = target === 'blocked5' ? lowering.blocks(x) : lowering.get(x, target);
  const pick = (list: readonly number[]) => cut.map((axis) => list[axis]!);
  const stepped = cut.some((axis) => steps[axis] !== 1);
  const result = lowering.emitter.slice(
    source,
    axes,
    pick(begin),
    pick(end).map((position, index) => endBefore(position, pick(steps)[index]!)),
    stepped ? pick(steps) : undefined,
  );
  lowering.set(value, target, result);
}

/** ONNX reads −1 as the last element; a slice that runs backwards to the very first must end before it. */
function endBefore(position: number, step: number): number {
  return step < 0 && position < 0 ? Number.MIN_SAFE_INTEGER : position;
}

function lowerPad(lowering: Lowering, value: ValueOf<'Pad'>): void {
  const [x] = value.inputs as [Value];
  const { before, after, value: filling } = value.attributes;
  const layout = lowering.layoutOf(x);
  if (layout === 'last') {
    lowering.set(value, 'last', padded(lowering, lowering.get(x), before, after, filling, x.dtype));
    return;
  }
  const first = (pads: readonly number[]) => [pads[0]!, pads[3]!, pads[1]!, pads[2]!];
  const keepsChannels = before[3] === 0 && after[3] === 0;
  if (layout === 'blocked' && keepsChannels) {
    const [head, tail] = [
      [...first(before), 0],
      [...first(after), 0],
    ];
    lowering.set(value, 'blocked5', padded(lowering, lowering.blocks(x), head, tail, filling, x.dtype));
  } else {
    const source = lowering.get(x, 'first');
    lowering.set(value, 'first', padded(lowering, source, first(before), first(after), filling, x.dtype));
  }
}

function padded(
  { emitter }: Lowering,
  tensor: string,
  before: readonly number[],
  after: readonly number[],
  filling: number,
  dtype: Value['dtype'],
): string {
  if (dtype === 'float32') return emitter.pad(tensor, before, after, filling);
  return emitter.emit('Pad', [tensor, emitter.integers([...before, ...after]), emitter.integer(filling)]);
}

type ShapingOp = Extract<OpName, 'Reshape' | 'Expand' | 'Transpose' | 'Tile' | 'Concat' | 'Slice' | 'Pad'>;

/** Ops that move elements about. */
export const shapingOps: OpDefinitions<ShapingOp> = {
  Reshape: {
    shape: (_, { shape }) => shape,
    lower(lowering, value) {
      lowering.set(value, 'last', lowering.emitter.reshape(lowering.get(value.inputs[0]!), value.shape));
    },
  },
  Expand: {
    shape: (_, { shape }) => shape,
    lower(lowering, value) {
      const { emitter } = lowering;
      const inputs = [lowering.get(value.inputs[0]!), emitter.integers(value.shape)];
      lowering.set(value, 'last', emitter.emit('Expand', inputs));
    },
  },
  Transpose: {
    shape: ([x], { permutation }) => permutation.map((axis) => x!.shape[axis]!),
    lower(lowering, value) {
      const { permutation } = value.attributes;
      lowering.set(value, 'last', lowering.emitter.transpose(lowering.get(value.inputs[0]!), permutation));
    },
  },
  Tile: {
    shape: ([x], { repeats }) => x!.shape.map((length, axis) => length * repeats[axis]!),
    lower(lowering, value) {
      const { emitter } = lowering;
      const inputs = [lowering.get(value.inputs[0]!), emitter.integers(value.attributes.repeats)];
      lowering.set(value, 'last', emitter.emit('Tile', inputs));
    },
  },
  Concat: {
    shape: (inputs, { axis }) => {
      const total = inputs.reduce((sum, { shape }) => sum + shape[axis]!, 0);
      return inputs[0]!.shape.map((length, index) => (index === axis ? total : length));
    },
    lower: lowerConcat,
  },
  Slice: {
    shape: (_, { begin, end, steps }) =>
      begin.map((start, axis) => Math.max(0, Math.ceil((end[axis]! - start) / steps[axis]!))),
    lower: lowerSlice,
  },
  Pad: {
    shape: ([x], { before, after }) => x!.shape.map((length, axis) => before[axis]! + length + after[axis]!),
    lower: lowerPad,
  },
};
