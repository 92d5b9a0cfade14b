import { TensorProto_DataType as TensorType, type ModelProto } from '../../onnx/onnx_pb';
import { propertiesOf } from './properties';
import { elementsOf } from './tensors';
import type { GraphNode, Topology } from './topology';

const LEARNT_TYPES: ReadonlySet<number> = new Set([
  TensorType.FLOAT,
  TensorType.FLOAT16,
  TensorType.BFLOAT16,
  TensorType.DOUBLE,
]);

/** Inputs that tell an op what to do and are never learnt: bounds, scales of a picture, statistics. By op, from the first one. */
const SETTINGS_FROM: Readonly<Record<string, number>> = {
  BatchNormalization: 3,
  Clip: 1,
  Expand: 1,
  NonMaxSuppression: 2,
  OneHot: 1,
  Pad: 1,
  Pow: 1,
  QuantizeLinear: 1,
  Resize: 1,
  Upsample: 1,
};

/** Which inputs of ops on integers are weights; their scales and zeros are not. */
const QUANTIZED: Readonly<Record<string, readonly number[]>> = {
  ConvInteger: [1],
  DequantizeLinear: [0],
  MatMulInteger: [1],
  QLinearConv: [3, 8],
  QLinearMatMul: [3],
};

/** Ops in which a single number is a constant of a formula, not a weight. */
const FORMULAS: ReadonlySet<string> = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Max',
  'Min',
  'Where',
  'Greater',
  'Less',
]);

/**
 * Counts the learnt weights of layers: the initializers of real numbers that go into them, also by way of ops that only
 * prepare weights (a Transpose, a DequantizeLinear). Not counted are what tells an op what to do, running statistics,
 * single numbers in formulas, and what PyTorch wrote down as a buffer. Weights that layers share count for the first.
 *
 * @returns a function to ask once for each layer, in their order.
 */
export function parameterCounter(
  model: ModelProto,
  { producers, initializers }: Topology,
): (node: GraphNode) => number {
  const buffers = new Set(
    [
      ...(
        propertiesOf(model.graph?.metadataProps ?? []).get(
          'pkg.torch.export.ExportedProgram.graph_signature',
        ) ?? ''
      ).matchAll(/BUFFER target='([^']+)'/g),
    ].map(([, name]) => name!),
  );
  const counted = new Set<string>();
  const countInputs = (node: GraphNode): number => {
    const end = SETTINGS_FROM[node.proto.opType] ?? Infinity;
    const quantized = QUANTIZED[node.proto.opType];
    let sum = 0;
    for (const [index, tensor] of node.proto.input.entries()) {
      if (index >= end || quantized?.includes(index) === false) continue;
      if (counted.has(tensor) || buffers.has(tensor)) continue;
      const weights = initializers.get(tensor);
      if (weights !== undefined) {
        const elements = elementsOf(weights);
        const isLearnt = quantized !== undefined || LEARNT_TYPES.has(weights.dataType);
        if (!isLearnt || (elements === 1 && FORMULAS.has(node.proto.opType))) continue;
        counted.add(tensor);
        sum += elements;
        continue;
      }
      const producer = producers.get(tensor);
      if (producer !== undefined && !producer.computes) {
        counted.add(tensor);
        sum += countInputs(producer);
      }
    }
    return sum;
  };
  return countInputs;
}

/**
 * Multiply-adds of a node for one image: those of convolutions, padding included, and of matrix products, as papers
 * count. Biases, normalizations, activations and pooling count 0, and so does what has lengths that depend on the input.
 *
 * @param shapes lengths of tensors, batch and all.
 */
export function multiplyAddsOf(
  { proto, outputs }: GraphNode,
  { initializers }: Topology,
  shapes: ReadonlyMap<string, readonly number[] | null>,
  batch: number,
): number {
  const dims = (index: number): readonly number[] => {
    const name = proto.input[index] ?? '';
    return initializers.get(name)?.dims.map(Number) ?? shapes.get(name) ?? [];
  };
  const output = shapes.get(outputs[0]!) ?? [];
  switch (proto.opType) {
    case 'Conv':
    case 'ConvInteger':
      return product(dims(1)) * product(output.slice(2));
    case 'QLinearConv':
      return product(dims(3)) * product(output.slice(2));
    case 'ConvTranspose':
      return product(dims(1)) * product(dims(0).slice(2));
    case 'Gemm':
    case 'FusedGemm':
    case 'MatMul':
    case 'MatMulInteger': {
      const transposed =
        proto.opType.endsWith('Gemm') && proto.attribute.some(({ name, i }) => name === 'transA' && i !== 0n);
      const inner = dims(0).at(transposed ? 0 : -1) ?? -1;
      const [images = -1, ...rest] = output;
      // Where rows of several places were put together, the first axis has more of them than there are images.
      const rows = images > 0 ? Math.max(1, images / Math.max(batch, 1)) : 1;
      return output.length === 0 ? 0 : rows * product([...rest, inner]);
    }
    default:
      return 0;
  }
}

/** 0 where a length is not known, or none is. */
function product(lengths: readonly number[]): number {
  if (lengths.length === 0) return 0;
  return lengths.reduce((value, length) => value * Math.max(length, 0), 1);
}
