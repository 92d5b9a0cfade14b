import type { NodeProto } from '../../onnx/onnx_pb';
import { enlarge, joinFields, pixel, slideWindow, type Axes, type Field } from '../receptiveField';
import type { Layout } from './layout';
import { constantOf, integerOf, integersOf, textOf } from './properties';
import type { Shapes } from './shapes';
import { integersIn } from './tensors';
import type { GraphNode, Topology } from './topology';

/** Ops that compute each value from those at the same place. */
const POINTWISE: ReadonlySet<string> = new Set(
  `Abs Add BatchNormalization BiasGelu Cast CastLike Ceil Celu Clip Concat DequantizeLinear Div Dropout Elu Erf Exp
  FastGelu Floor Gelu HardSigmoid HardSwish Identity LRN LeakyRelu Log LogSoftmax Max Mean Min Mish Mod Mul Neg Not PRelu
  Pad Pow QuantizeLinear QuickGelu Reciprocal Relu Round Selu Shrink Sigmoid Sign Softmax Softplus Softsign Split
  Sqrt Sub Sum Swish Tanh ThresholdedRelu Transpose Where`.split(/\s+/),
);
const POOLS: ReadonlySet<string> = new Set(['MaxPool', 'AveragePool', 'LpPool']);
const GLOBAL: ReadonlySet<string> = new Set(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool']);

/** How many neighbours a new value of a Resize is made of. */
const RESIZE_TAPS: Readonly<Record<string, number>> = { linear: 2, bilinear: 2, cubic: 4 };

/** What is needed to know of a model. */
export interface Surroundings {
  topology: Topology;
  shapes: Shapes;
  layouts: ReadonlyMap<string, Layout>;
}

/**
 * The receptive fields of the tensors of a model, by their names; null for what ops mix in ways that are not followed.
 */
export function fieldsOf(surroundings: Surroundings): ReadonlyMap<string, Field> {
  const { topology } = surroundings;
  const fields = new Map<string, Field>([[topology.image.name, pixel]]);
  for (const node of topology.nodes) {
    if (!node.computes) continue;
    const field = fieldAfter(node, fields, surroundings);
    for (const tensor of node.outputs) fields.set(tensor, field);
  }
  return fields;
}

function fieldAfter(
  { proto, inputs, outputs }: GraphNode,
  fields: ReadonlyMap<string, Field>,
  surroundings: Surroundings,
): Field {
  const taken = inputs.map((tensor) => fields.get(tensor)).filter((field) => field !== undefined);
  const [first = null] = taken;
  const { opType } = proto;
  if (POINTWISE.has(opType)) return joinFields(taken);
  if (opType === 'Conv' || opType === 'ConvTranspose' || POOLS.has(opType)) {
    return afterWindow(first, proto, kernelOf(proto, surroundings));
  }
  if (opType === 'DepthToSpace' || opType === 'SpaceToDepth') {
    const block = integerOf(proto, 'blocksize', 1);
    const blocks: Axes = [block, block];
    return opType === 'DepthToSpace'
      ? enlarge(first, blocks, [1, 1])
      : slideWindow(first, { size: blocks, strides: blocks });
  }
  if (opType === 'Slice') return afterSlice(first, proto, outputs[0]!, surroundings);
  if (opType === 'Resize' || opType === 'Upsample') {
    return afterResize(first, proto, proto.input[0]!, outputs[0]!, surroundings);
  }
  const isMap = surroundings.shapes.get(outputs[0]!)?.length === 4;
  const isWhole = GLOBAL.has(opType) || (opType.startsWith('Reduce') && isMap);
  return isWhole && first !== null ? 'whole' : null;
}

function kernelOf(node: NodeProto, { topology, shapes }: Surroundings): Axes | null {
  const filter = node.input[1] ?? '';
  return asAxes(
    integersOf(node, 'kernel_shape') ??
      (topology.initializers.get(filter)?.dims.map(Number) ?? shapes.get(filter) ?? []).slice(2),
  );
}

/** Null for what has other axes than height and width. */
function asAxes(lengths: readonly number[] | null): Axes | null {
  return lengths?.length === 2 ? [lengths[0]!, lengths[1]!] : null;
}

function afterWindow(field: Field, node: NodeProto, size: Axes | null): Field {
  if (size === null) return null;
  const strides = asAxes(integersOf(node, 'strides')) ?? [1, 1];
  const dilation = asAxes(integersOf(node, 'dilations')) ?? [1, 1];
  if (node.opType !== 'ConvTranspose') return slideWindow(field, { size, strides, dilation });
  const taps = both((axis) => Math.ceil(((size[axis] - 1) * dilation[axis] + 1) / strides[axis]));
  return enlarge(field, strides, taps);
}

/** A slice with steps leaves values out, as a convolution with strides does. */
function afterSlice(
  field: Field,
  node: NodeProto,
  output: string,
  { topology, shapes, layouts }: Surroundings,
): Field {
  if ((node.input[4] ?? '') === '') return field;
  const steps = constantIntegers(node.input[4]!, topology);
  if (steps?.every((step) => step === 1) === true) return field;
  const axes = constantIntegers(node.input[3] ?? '', topology) ?? steps?.map((_, axis) => axis);
  if (steps === null || axes?.length !== steps.length || shapes.get(output)?.length !== 4) return null;
  const height = layouts.get(output) === 'channels last' ? 1 : 2;
  const strides = both((axis) => {
    const index = axes.findIndex((each) => (each + 4) % 4 === height + axis);
    return Math.abs(steps[index] ?? 1);
  });
  return slideWindow(field, { size: [1, 1], strides });
}

/** The integers of a tensor that is the same for all images; null for others. */
function constantIntegers(tensor: string, { initializers, producers }: Topology): number[] | null {
  const held = initializers.get(tensor) ?? constantOf(producers.get(tensor)?.proto);
  return held === undefined ? null : integersIn(held);
}

function afterResize(
  field: Field,
  node: NodeProto,
  input: string,
  output: string,
  { shapes, layouts }: Surroundings,
): Field {
  const [before, after] = [shapes.get(input), shapes.get(output)];
  if (before?.length !== 4 || after?.length !== 4) return null;
  const height = layouts.get(output) === 'channels last' ? 1 : 2;
  const factor = both((axis) => after[height + axis]! / before[height + axis]!);
  if (!factor.every((value) => Number.isFinite(value) && value > 0)) return null;
  const taps = RESIZE_TAPS[textOf(node, 'mode', 'nearest')] ?? 1;
  return enlarge(field, factor, [taps, taps]);
}

function both(value: (axis: 0 | 1) => number): Axes {
  return [value(0), value(1)];
}
