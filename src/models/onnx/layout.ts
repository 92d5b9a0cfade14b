import type { NodeProto, TypeProto_Tensor, ValueInfoProto } from '../../onnx/onnx_pb';
import { TensorProto_DataType as TensorType } from '../../onnx/onnx_pb';
import type { InferenceInputType } from '../../engine/inference';
import type { OpenOptions } from '../opened';
import { ModelError } from '../model';
import { integersOf } from './properties';
import type { Topology } from './topology';

/** In which order a map of rank 4 lies in memory: `[batch, channels, height, width]` or the channels last. */
export type Layout = 'channels first' | 'channels last';

/** What a model takes. */
export interface ImageInput {
  name: string;
  type: InferenceInputType;
  layout: Layout;
  /** As declared, in the model's own order; what depends on the input is −1. */
  dims: readonly number[];
  /** −1 where any will do. */
  batch: number;
  /** `[height, width, channels]`, −1 where any will do; null for a model that takes no images. */
  shape: readonly [number, number, number] | null;
}

const TYPES: Readonly<Partial<Record<number, InferenceInputType>>> = {
  [TensorType.FLOAT]: 'float32',
  [TensorType.FLOAT16]: 'float16',
  [TensorType.UINT8]: 'uint8',
};

/**
 * How a model takes its images. Which axis holds the channels is told by their number: axis 1 where it is 1, 3 or 4,
 * else axis 3 where that is; else the axis that has as many as the data; else axis 1, as PyTorch has it.
 *
 * @throws ModelError `bad-model` for what is no tensor of numbers that an image can be made into.
 */
export function imageInput(path: string, image: ValueInfoProto, context: OpenOptions['context']): ImageInput {
  const tensor = image.type?.value.case === 'tensorType' ? image.type.value.value : null;
  const type = tensor === null ? undefined : TYPES[tensor.elemType];
  if (tensor === null || type === undefined) {
    const given =
      tensor === null ? 'something else' : (TensorType[tensor.elemType] ?? 'unknown numbers').toLowerCase();
    throw new ModelError(
      'bad-model',
      `${path} takes ${given} as \`${image.name}\`; images can be given as float, float16 or uint8. Export the model with another input.`,
    );
  }
  const dims = declaredDims(tensor);
  const rest = { name: image.name, type, dims, batch: dims[0] ?? -1 };
  if (dims.length !== 4) return { ...rest, layout: 'channels first', shape: null };
  const [, second, third, fourth] = dims as [number, number, number, number];
  const layout =
    channelsAxis(second, fourth, context?.inputShape[2]) === 1 ? 'channels first' : 'channels last';
  const shape: [number, number, number] =
    layout === 'channels first' ? [third, fourth, second] : [second, third, fourth];
  return { ...rest, layout, shape };
}

function declaredDims({ shape }: TypeProto_Tensor): number[] {
  return (shape?.dim ?? []).map(({ value }) => {
    const length = value.case === 'dimValue' ? Number(value.value) : -1;
    return length > 0 ? length : -1;
  });
}

function channelsAxis(second: number, fourth: number, channels: number | undefined): 1 | 3 {
  const usual = [1, 3, 4];
  if (usual.includes(second)) return 1;
  if (usual.includes(fourth)) return 3;
  return second !== channels && fourth === channels ? 3 : 1;
}

/** Ops that ONNX defines with the channels on axis 1. */
const CHANNELS_FIRST: ReadonlySet<string> = new Set([
  'AveragePool',
  'BatchNormalization',
  'Conv',
  'ConvInteger',
  'ConvTranspose',
  'DeformConv',
  'DepthToSpace',
  'GlobalAveragePool',
  'GlobalLpPool',
  'GlobalMaxPool',
  'GridSample',
  'GroupNormalization',
  'InstanceNormalization',
  'LpPool',
  'LRN',
  'MaxPool',
  'MaxRoiPool',
  'MaxUnpool',
  'QLinearConv',
  'RoiAlign',
  'SpaceToDepth',
]);

/**
 * In which order the maps of a model lie, by the names of their tensors. Ops of images have the channels first, a
 * Transpose moves them, a Reshape leaves them where the model's input has them, and all others keep the order of what
 * they take.
 */
export function layoutsOf({ nodes, image }: Topology, input: Layout): ReadonlyMap<string, Layout> {
  const layouts = new Map([[image.name, input]]);
  for (const { proto, inputs, outputs, computes } of nodes) {
    if (!computes) continue;
    const taken = inputs.find((tensor) => layouts.has(tensor));
    const before = (taken === undefined ? undefined : layouts.get(taken)) ?? input;
    const layout = layoutAfter(proto, before, input);
    for (const tensor of outputs) layouts.set(tensor, layout);
  }
  return layouts;
}

function layoutAfter(node: NodeProto, before: Layout, input: Layout): Layout {
  if (CHANNELS_FIRST.has(node.opType)) return 'channels first';
  if (node.opType === 'Reshape') return input;
  if (node.opType !== 'Transpose') return before;
  const order = integersOf(node, 'perm')?.join();
  if (order === '0,2,3,1') return 'channels last';
  return order === '0,3,1,2' ? 'channels first' : before;
}

/** `[height, width, channels]` of a map, without its batch; of tensors of other ranks the lengths in their order. */
export function withoutBatch(dims: readonly number[], layout: Layout): number[] {
  if (dims.length !== 4 || layout === 'channels last') return dims.slice(1);
  return [dims[2]!, dims[3]!, dims[1]!];
}
