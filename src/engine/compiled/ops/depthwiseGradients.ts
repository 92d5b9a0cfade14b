import type { Value, ValueOf } from '../graph/value';
import { BLOCKED } from '../lowering/emitter';
import type { Lowering } from '../lowering/lowering';
import { depthwiseBlocks, depthwiseFilter, windowAttributes } from './convolution';
import { gradientPads, outputPadding, spreadBlocks, turned } from './convolutionGradients';
import type { OpDefinitions } from './definition';

type Shape4 = readonly [number, number, number, number];

function lowerInputGradient(lowering: Lowering, value: ValueOf<'DepthwiseInputGradient'>): void {
  const { emitter } = lowering;
  const [dy, filter] = value.inputs as [Value, Value];
  const window = value.attributes;
  const shape = filter.shape as Shape4;
  const [, , channels, multiplier] = shape;
  const pads = gradientPads(window, value.shape as Shape4, dy.shape as Shape4);
  if (multiplier === 1 && Math.min(...pads) >= 0 && lowering.canBlock(value)) {
    const taps = lowering.layouts.once(`${filter.id} turned depthwise in blocks`, () =>
      depthwiseBlocks(lowering, turned(lowering, lowering.get(filter), shape), shape),
    );
    const attributes = { kernel_shape: window.kernel, pads, dilations: window.dilations, group: channels };
    const spread = spreadBlocks(lowering, lowering.get(dy, 'blocked'), dy.shape, window.strides);
    lowering.set(value, 'blocked', emitter.emit('Conv', [spread, taps], attributes, BLOCKED));
    return;
  }
  const attributes = {
    ...windowAttributes(window),
    group: channels,
    output_padding: outputPadding(window, value.shape as Shape4, dy.shape as Shape4),
  };
  const inputs = [lowering.get(dy, 'first'), depthwiseFilter(lowering, filter)];
  lowering.set(value, 'first', emitter.emit('ConvTranspose', inputs, attributes));
}

/**
 * dW of a depthwise convolution is one: every channel of every image is a group of its own, and dy its filter. Blocks
 * of dy lie in memory just as a blocked filter does, so nothing is moved.
 */
function lowerFilterGradient(lowering: Lowering, value: ValueOf<'DepthwiseFilterGradient'>): void {
  const { emitter } = lowering;
  const [x, dy] = value.inputs as [Value, Value];
  const { strides, dilations, pads } = value.attributes;
  const [height, width, channels, multiplier] = value.shape as Shape4;
  const [batch, imageHeight, imageWidth] = x.shape as Shape4;
  const [, rows, columns] = dy.shape as Shape4;
  const blocked = multiplier === 1 && lowering.canBlock(x) && lowering.layoutOf(dy) === 'blocked';
  const layout = blocked ? 'blocked' : 'first';
  const groups = batch * channels;
  const image = emitter.reshape(lowering.get(x, layout), [1, groups, imageHeight, imageWidth]);
  const filter = emitter.reshape(lowering.get(dy, layout), [groups * multiplier, 1, rows, columns]);
  const behind = (axis: 0 | 1, taps: number, outputs: number, length: number) =>
    dilations[axis] * (taps - 1) + strides[axis] * (outputs - 1) + 1 - length - pads[axis];
  const [below, right] = [behind(0, height, rows, imageHeight), behind(1, width, columns, imageWidth)];
  const attributes = {
    kernel_shape: [rows, columns],
    dilations: strides,
    strides: dilations,
    pads: [pads[0], pads[1], Math.max(below, 0), Math.max(right, 0)],
    group: groups,
  };
  const perImage = emitter.emit('Conv', [image, filter], attributes, blocked ? BLOCKED : '');
  // Windows that a stride leaves over give positions beyond the filter.
  const taps = [
    height + (below < 0 ? Math.floor(-below / dilations[0]) : 0),
    width + (right < 0 ? Math.floor(-right / dilations[1]) : 0),
  ] as const;
  const { block } = lowering;
  const shape = blocked ? [batch, channels / block, ...taps, block] : [batch, channels, multiplier, ...taps];
  const summed = emitter.sum(emitter.reshape(perImage, shape), [0]);
  const rowAxis = blocked ? 1 : 2;
  const cut =
    taps[0] === height && taps[1] === width
      ? summed
      : emitter.slice(summed, [rowAxis, rowAxis + 1], [0, 0], [height, width]);
  const permutation = blocked ? [1, 2, 0, 3] : [2, 3, 0, 1];
  lowering.set(value, 'last', emitter.reshape(emitter.transpose(cut, permutation), value.shape));
}

/** The gradients of a depthwise convolution by its image and by its filter `[height, width, channels, multiplier]`. */
export const depthwiseGradientOps: OpDefinitions<'DepthwiseInputGradient' | 'DepthwiseFilterGradient'> = {
  DepthwiseInputGradient: { shape: (_, { shape }) => shape, lower: lowerInputGradient },
  DepthwiseFilterGradient: { shape: (_, { shape }) => shape, lower: lowerFilterGradient },
};
