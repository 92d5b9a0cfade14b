import type { Value, ValueOf, Window } from '../graph/value';
import { BLOCKED } from '../lowering/emitter';
import type { Layout } from '../lowering/layouts';
import type { Lowering } from '../lowering/lowering';
import type { OnnxAttribute } from '../lowering/onnxModel';
import type { OpDefinitions } from './definition';

/** What may be done in the same pass as a convolution: conv · scale + bias + residual, then ReLU. */
export interface Epilogue {
  scale: Value | null;
  bias: Value | null;
  residual: { name: string; layout: Layout } | null;
  relu: boolean;
}

const NO_EPILOGUE: Epilogue = { scale: null, bias: null, residual: null, relu: false };

type Convolution = ValueOf<'Conv'> | ValueOf<'DepthwiseConv'>;
type FilterShape = readonly [height: number, width: number, channelsIn: number, channelsOut: number];

/** Writes a convolution and its epilogue as the value that stands at the end of them. */
export function convolve(
  lowering: Lowering,
  value: Value,
  convolution: Convolution,
  epilogue: Epilogue = NO_EPILOGUE,
): void {
  const [image, plainFilter] = convolution.inputs as [Value, Value];
  // A factor for each output channel goes into the filter: a few thousand products instead of millions.
  const filter = epilogue.scale ? lowering.graph.binary('Mul', plainFilter, epilogue.scale) : plainFilter;
  const depthwise = convolution.op === 'DepthwiseConv';
  const [, , channels, last] = filter.shape as FilterShape;
  const attributes = {
    ...windowAttributes(convolution.attributes),
    group: depthwise ? channels : 1,
  };
  const fitsBlocks = depthwise ? last === 1 : channels % lowering.block === 0 || channels < lowering.block;
  if (lowering.canBlock(value) && fitsBlocks) {
    convolveBlocked(lowering, value, image, filter, depthwise, attributes, epilogue);
  } else {
    convolvePortable(lowering, value, image, filter, depthwise, attributes, epilogue);
  }
}

export function windowAttributes({
  kernel,
  strides,
  dilations,
  pads,
}: Window): Record<string, OnnxAttribute> {
  return { kernel_shape: kernel, strides, dilations, pads };
}

function convolveBlocked(
  lowering: Lowering,
  value: Value,
  image: Value,
  filter: Value,
  depthwise: boolean,
  attributes: Readonly<Record<string, OnnxAttribute>>,
  { bias, residual, relu }: Epilogue,
): void {
  const { emitter, block } = lowering;
  // Few channels, as those of a photo, are read as they are.
  const few = !depthwise && filter.shape[2]! < block;
  const inputs = [
    lowering.get(image, few ? 'first' : 'blocked'),
    depthwise ? blockedDepthwiseFilter(lowering, filter) : blockedFilter(lowering, filter),
  ];
  if (bias ?? residual) inputs.push(bias ? channelVector(lowering, bias, value) : '');
  if (residual) inputs.push(lowering.layouts.move(residual, value, 'blocked'));
  const activation = relu ? { activation: 'Relu' } : {};
  lowering.set(value, 'blocked', emitter.emit('Conv', inputs, { ...attributes, ...activation }, BLOCKED));
}

function convolvePortable(
  lowering: Lowering,
  value: Value,
  image: Value,
  filter: Value,
  depthwise: boolean,
  attributes: Readonly<Record<string, OnnxAttribute>>,
  { bias, residual, relu }: Epilogue,
): void {
  const { emitter } = lowering;
  const inputs = [
    lowering.get(image, 'first'),
    depthwise ? depthwiseFilter(lowering, filter) : outInFilter(lowering, filter),
  ];
  if (bias) inputs.push(channelVector(lowering, bias, value));
  let result = emitter.emit('Conv', inputs, attributes);
  if (residual) result = emitter.emit('Add', [result, lowering.layouts.move(residual, value, 'first')]);
  lowering.set(value, 'first', relu ? emitter.emit('Relu', [result]) : result);
}

function channelVector(lowering: Lowering, bias: Value, { shape }: Value): string {
  return lowering.layouts.once(`${bias.id} as ${shape[3]!}`, () =>
    lowering.emitter.reshape(lowering.get(bias), [shape[3]!]),
  );
}

/** `[height, width, in, out]` → `[out, in, height, width]`. */
export function outInFilter(lowering: Lowering, filter: Value): string {
  return lowering.layouts.once(`${filter.id} out, in`, () =>
    lowering.emitter.transpose(lowering.get(filter), [3, 2, 0, 1]),
  );
}

/** `[height, width, channels, multiplier]` → `[channels · multiplier, 1, height, width]`. */
export function depthwiseFilter(lowering: Lowering, filter: Value): string {
  const { emitter } = lowering;
  const [height, width, channels, multiplier] = filter.shape as FilterShape;
  const outputs = channels * multiplier;
  return lowering.layouts.once(`${filter.id} depthwise`, () => {
    const flat = emitter.reshape(lowering.get(filter), [height, width, outputs]);
    return emitter.reshape(emitter.transpose(flat, [2, 0, 1]), [outputs, 1, height, width]);
  });
}

/** The filter in blocks of outputs, and of inputs where they fill blocks; declared `[out, in, height, width]`. */
function blockedFilter(lowering: Lowering, filter: Value): string {
  const { emitter, block } = lowering;
  const [height, width, channelsIn, channelsOut] = filter.shape as FilterShape;
  return lowering.layouts.once(`${filter.id} in blocks`, () => {
    const taps = height * width;
    const declared = [channelsOut, channelsIn, height, width];
    const plain = lowering.get(filter);
    if (channelsIn % block !== 0) {
      const split = emitter.reshape(plain, [taps, channelsIn, channelsOut / block, block]);
      return emitter.reshape(emitter.transpose(split, [2, 1, 0, 3]), declared);
    }
    const split = emitter.reshape(plain, [taps, channelsIn / block, block, channelsOut / block, block]);
    return emitter.reshape(emitter.transpose(split, [3, 1, 0, 2, 4]), declared);
  });
}

function blockedDepthwiseFilter(lowering: Lowering, filter: Value): string {
  return lowering.layouts.once(`${filter.id} depthwise in blocks`, () =>
    depthwiseBlocks(lowering, lowering.get(filter), filter.shape as FilterShape),
  );
}

/** `[height, width, channels, 1]` → blocks of channels, declared `[channels, 1, height, width]`. */
export function depthwiseBlocks(lowering: Lowering, filter: string, shape: FilterShape): string {
  const { emitter, block } = lowering;
  const [height, width, channels] = shape;
  const split = emitter.reshape(filter, [height * width, channels / block, block]);
  return emitter.reshape(emitter.transpose(split, [1, 0, 2]), [channels, 1, height, width]);
}

function outputShape([image]: readonly Value[], window: Window, channels: number): number[] {
  const length = (size: number, axis: 0 | 1) => {
    const reach = window.dilations[axis] * (window.kernel[axis] - 1) + 1;
    const whole = size + window.pads[axis] + window.pads[axis + 2]!;
    return Math.floor((whole - reach) / window.strides[axis]) + 1;
  };
  const [batch, height, width] = image!.shape as [number, number, number];
  return [batch, length(height, 0), length(width, 1), channels];
}

/** The shape that a pool gives. */
export function pooledShape(inputs: readonly Value[], window: Window): number[] {
  return outputShape(inputs, window, inputs[0]!.shape[3]!);
}

/** Convolutions of images `[batch, height, width, channels]` with filters `[height, width, in, out]`. */
export const convolutionOps: OpDefinitions<'Conv' | 'DepthwiseConv'> = {
  Conv: {
    shape: (inputs, window) => outputShape(inputs, window, inputs[1]!.shape[3]!),
    lower(lowering, value) {
      convolve(lowering, value, value);
    },
  },
  DepthwiseConv: {
    shape: (inputs, window) => outputShape(inputs, window, inputs[1]!.shape[2]! * inputs[1]!.shape[3]!),
    lower(lowering, value) {
      convolve(lowering, value, value);
    },
  },
};
