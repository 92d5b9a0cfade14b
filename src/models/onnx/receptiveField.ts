import type { NodeProto } from '../../onnx/onnx_pb';
import type { Layout } from './layout';
import { integerOf, integersOf, textOf } from './properties';
import type { GraphNode, Topology } from './topology';

type Pair = [number, number];

/** How the values of a map look at the image. */
interface View {
  /** Height and width in pixels on which one value depends. */
  size: Pair;
  /** How many pixels lie between the middles of what two neighbours look at. */
  step: Pair;
}

/** Ops that compute each value from those at the same place. */
const POINTWISE: ReadonlySet<string> = new Set(
  `Abs Add BatchNormalization BiasGelu Cast CastLike Ceil Celu Clip Concat DequantizeLinear Div Dropout Elu Erf Exp
  FastGelu Floor Gelu HardSigmoid HardSwish Identity LRN LeakyRelu Log LogSoftmax Max Mean Min Mish Mod Mul Neg Not PRelu
  Pad Pow QuantizeLinear QuickGelu Reciprocal Relu Round Selu Shrink Sigmoid Sign Slice Softmax Softplus Softsign Split
  Sqrt Sub Sum Swish Tanh ThresholdedRelu Transpose Where`.split(/\s+/),
);
const POOLS: ReadonlySet<string> = new Set(['MaxPool', 'AveragePool', 'LpPool']);
const GLOBAL: ReadonlySet<string> = new Set(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool']);

/** What is needed to know of a model beside its nodes. */
export interface Surroundings {
  topology: Topology;
  /** Lengths of tensors, batch and all; −1 and null for what is not known. */
  shapes: ReadonlyMap<string, readonly number[] | null>;
  layouts: ReadonlyMap<string, Layout>;
  /** `[height, width]` of the image, −1 where any will do. */
  imageSize: readonly [number, number] | null;
}

/**
 * The receptive fields of the maps of a model, `[height, width]` in pixels, by the names of their tensors; null for
 * tensors that are no maps, and for what ops mix in ways that are not followed.
 *
 * A window of k values that are `step` pixels apart, `d` of them between two, adds (k − 1)·d·step to the field.
 */
export function receptiveFields(surroundings: Surroundings): ReadonlyMap<string, Pair | null> {
  const { topology, shapes } = surroundings;
  const views = new Map<string, View | null>([[topology.image.name, { size: [1, 1], step: [1, 1] }]]);
  for (const node of topology.nodes) {
    if (!node.computes) continue;
    const view = viewAfter(node, views, surroundings);
    for (const tensor of node.outputs) views.set(tensor, view);
  }
  return new Map(
    [...views].map(([tensor, view]) => [
      tensor,
      view === null || shapes.get(tensor)?.length !== 4 ? null : view.size,
    ]),
  );
}

function viewAfter(
  { proto, inputs, outputs }: GraphNode,
  views: ReadonlyMap<string, View | null>,
  surroundings: Surroundings,
): View | null {
  const taken = inputs.map((tensor) => views.get(tensor)).filter((view) => view !== undefined);
  const [first] = taken;
  if (first === undefined || first === null) return null;
  const { opType } = proto;
  if (POINTWISE.has(opType)) return taken.every((view) => view !== null) ? widest(taken) : null;
  if (opType === 'Conv' || opType === 'ConvTranspose' || POOLS.has(opType)) {
    const kernel = kernelOf(proto, surroundings);
    return kernel === null ? null : afterWindow(first, proto, kernel);
  }
  if (GLOBAL.has(opType)) return wholeImage(surroundings);
  if (opType === 'DepthToSpace' || opType === 'SpaceToDepth') {
    const block = integerOf(proto, 'blocksize', 1);
    return opType === 'DepthToSpace'
      ? { size: first.size, step: both((axis) => first.step[axis] / block) }
      : {
          size: both((axis) => first.size[axis] + (block - 1) * first.step[axis]),
          step: both((axis) => first.step[axis] * block),
        };
  }
  if (opType === 'Resize' || opType === 'Upsample') {
    return afterResize(first, proto, proto.input[0]!, outputs[0]!, surroundings);
  }
  if (opType.startsWith('Reduce') && surroundings.shapes.get(outputs[0]!)?.length === 4) {
    return wholeImage(surroundings);
  }
  return null;
}

function widest(views: readonly View[]): View {
  return {
    size: both((axis) => Math.max(...views.map(({ size }) => size[axis]))),
    step: both((axis) => Math.max(...views.map(({ step }) => step[axis]))),
  };
}

function wholeImage({ imageSize }: Surroundings): View | null {
  return imageSize?.every((length) => length > 0) ? { size: [...imageSize], step: [0, 0] } : null;
}

function kernelOf(node: NodeProto, { topology, shapes }: Surroundings): Pair | null {
  const filter = node.input[1] ?? '';
  const lengths =
    integersOf(node, 'kernel_shape') ??
    (topology.initializers.get(filter)?.dims.map(Number) ?? shapes.get(filter) ?? []).slice(2);
  return lengths.length === 2 ? [lengths[0]!, lengths[1]!] : null;
}

function afterWindow({ size, step }: View, node: NodeProto, kernel: Pair): View {
  const strides = integersOf(node, 'strides') ?? [1, 1];
  const dilations = integersOf(node, 'dilations') ?? [1, 1];
  const reach = both((axis) => (kernel[axis] - 1) * dilations[axis]!);
  if (node.opType === 'ConvTranspose') {
    return {
      size: both((axis) => size[axis] + Math.floor(reach[axis] / strides[axis]!) * step[axis]),
      step: both((axis) => step[axis] / strides[axis]!),
    };
  }
  return {
    size: both((axis) => size[axis] + reach[axis] * step[axis]),
    step: both((axis) => step[axis] * strides[axis]!),
  };
}

function afterResize(
  { size, step }: View,
  node: NodeProto,
  input: string,
  output: string,
  { shapes, layouts }: Surroundings,
): View | null {
  const [before, after] = [shapes.get(input), shapes.get(output)];
  if (before?.length !== 4 || after?.length !== 4) return null;
  const first = layouts.get(output) === 'channels last' ? 1 : 2;
  const ratio = both((axis) => before[first + axis]! / after[first + axis]!);
  if (!ratio.every((value) => Number.isFinite(value) && value > 0)) return null;
  // How many neighbours a new value is made of, beside the nearest one.
  const neighbours = { linear: 1, bilinear: 1, cubic: 3 }[textOf(node, 'mode', 'nearest')] ?? 0;
  return {
    size: both((axis) => size[axis] + neighbours * step[axis]),
    step: both((axis) => step[axis] * ratio[axis]),
  };
}

function both(value: (axis: 0 | 1) => number): Pair {
  return [value(0), value(1)];
}
