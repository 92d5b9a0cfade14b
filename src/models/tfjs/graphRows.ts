import type { LayerRow } from '../../layers/table';
import { joinFields, pixel, shownField, slideWindow, type Axes, type Field } from '../receptiveField';
import type { GraphInput, GraphNode, GraphPlan } from './graphNodes';
import { sizeOf, type ModelJson } from './modelJson';

/** Ops that compute a value of a map from the values at the same position. */
const pointwise: ReadonlySet<string> = new Set([
  ...[
    'BiasAdd',
    'Add',
    'AddV2',
    'AddN',
    'Sub',
    'Mul',
    'Div',
    'RealDiv',
    'Maximum',
    'Minimum',
    'SquaredDifference',
  ],
  ...[
    'Relu',
    'Relu6',
    'LeakyRelu',
    'Prelu',
    'Elu',
    'Selu',
    'Sigmoid',
    'Tanh',
    'Softplus',
    'Softmax',
    'Exp',
    'Log',
  ],
  ...[
    'Abs',
    'Neg',
    'Square',
    'Sqrt',
    'Rsqrt',
    'Pow',
    'Erf',
    'Cast',
    'Identity',
    'ConcatV2',
    'Pad',
    'PadV2',
    'MirrorPad',
  ],
  ...['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'],
]);
const convolutions: ReadonlySet<string> = new Set([
  ...['Conv2D', '_FusedConv2D', 'DepthwiseConv2dNative', 'DepthwiseConv2d', 'FusedDepthwiseConv2dNative'],
]);
const products: ReadonlySet<string> = new Set(['MatMul', '_FusedMatMul', 'BatchMatMul', 'BatchMatMulV2']);

/**
 * The layer table of a graph, whose kinds are its ops.
 *
 * @param shapes of the outputs without the batch, by name; null or missing where they are not known.
 * @param image `[height, width]` where that is known.
 */
export function graphRows(
  json: ModelJson,
  { nodes }: GraphPlan,
  shapes: ReadonlyMap<string, number[] | null>,
  image: Axes | null,
): LayerRow[] {
  const fields = new Map<string, Field>();
  const counted = new Set<string>();
  return nodes.map((node) => {
    const { name, op, inputs, index } = node;
    const shape = shapes.get(name) ?? null;
    const field = fieldOf(node, fields);
    fields.set(name, field);
    let parameters = 0;
    for (const weight of learntWeights(node)) {
      if (!counted.has(weight.name)) parameters += sizeOf(weight.shape);
      counted.add(weight.name);
    }
    return {
      name,
      kind: op,
      shape,
      parameters,
      multiplyAdds: multiplyAddsOf(node, shape),
      receptiveField: shownField(field, shape, image),
      inputs: [...new Set(inputs.flatMap((input) => (input.kind === 'node' ? [input.name] : [])))],
      uses: 1,
      source: json.placeOf(['modelTopology', 'node', index]),
    };
  });
}

function learntWeights({ op, inputs }: GraphNode) {
  // The last two inputs of a normalization are running statistics.
  const own = op.startsWith('FusedBatchNorm') ? inputs.slice(0, 3) : inputs;
  return own
    .flatMap((input) => (input.kind === 'weight' ? [input.weight] : []))
    .filter(({ dtype, shape }) => dtype === 'float32' && sizeOf(shape) > 1);
}

/** As `cost.ts` counts: products of weights and inputs in convolutions and dense layers. */
function multiplyAddsOf({ op, inputs, attributes }: GraphNode, shape: number[] | null): number {
  const kernel = kernelOf(inputs);
  if (kernel === null || shape === null || shape.includes(-1)) return 0;
  if (products.has(op)) return sizeOf(kernel) * sizeOf(shape.slice(0, -1));
  if (!convolutions.has(op)) return 0;
  return sizeOf(kernel) * sizeOf(attributes.isChannelsFirst ? shape.slice(1) : shape.slice(0, -1));
}

/** The shape of the second input, where that is a weight. */
function kernelOf([, kernel]: readonly GraphInput[]): number[] | null {
  return kernel?.kind === 'weight' ? kernel.weight.shape : null;
}

function fieldOf({ op, inputs, attributes }: GraphNode, fields: ReadonlyMap<string, Field>): Field {
  const taken = inputs.flatMap((input): Field[] => {
    if (input.kind === 'node') return [fields.get(input.name) ?? null];
    return input.kind === 'image' ? [pixel] : [];
  });
  const field = joinFields(taken);
  if (pointwise.has(op)) return field;
  if (convolutions.has(op)) {
    const [height, width] = kernelOf(inputs) ?? [];
    if (height === undefined || width === undefined) return null;
    const [strides, dilation] = [attributes.axes('strides'), attributes.axes('dilations')];
    return slideWindow(field, { size: [height, width], strides, dilation });
  }
  if (op === 'MaxPool' || op === 'AvgPool') {
    return slideWindow(field, { size: attributes.axes('ksize'), strides: attributes.axes('strides') });
  }
  return null;
}
