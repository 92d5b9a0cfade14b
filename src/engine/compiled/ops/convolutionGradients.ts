import type { Value, ValueOf, Window } from '../graph/value';
import { BLOCKED, MICROSOFT } from '../lowering/emitter';
import type { Lowering } from '../lowering/lowering';
import { outInFilter, windowAttributes } from './convolution';
import type { OpDefinitions } from './definition';

type Shape4 = readonly [number, number, number, number];
/** Padding of dy in a convolution that gives dx: top, left, bottom, right. */
type Pads = readonly [number, number, number, number];

/** How far dy must be padded so that a convolution of it with the turned filter gives the image again. */
export function gradientPads(window: Window, image: Shape4, output: Shape4): Pads {
  const [top, left] = [0, 1].map(
    (axis) => window.dilations[axis]! * (window.kernel[axis]! - 1) - window.pads[axis]!,
  ) as [number, number];
  const [bottom, right] = [0, 1].map((axis) => {
    const reach = window.dilations[axis]! * (window.kernel[axis]! - 1);
    return image[axis + 1]! + reach - output[axis + 1]! * window.strides[axis]! - [top, left][axis]!;
  }) as [number, number];
  return [top, left, bottom, right];
}

/** The rows and columns that a transposed convolution must add behind those that the windows reached. */
export function outputPadding(window: Window, image: Shape4, output: Shape4): [number, number] {
  return [0, 1].map((axis) => {
    const reach = window.dilations[axis]! * (window.kernel[axis]! - 1) + 1;
    const reached = (output[axis + 1]! - 1) * window.strides[axis]! + reach;
    return image[axis + 1]! - (reached - window.pads[axis]! - window.pads[axis + 2]!);
  }) as [number, number];
}

/** The taps of a filter in reverse, `[height · width, rest]`. */
export function turned({ emitter }: Lowering, filter: string, shape: Shape4): string {
  const taps = shape[0] * shape[1];
  const flat = emitter.reshape(filter, [taps, shape[2] * shape[3]]);
  if (taps === 1) return flat;
  const order = Array.from({ length: taps }, (_, tap) => taps - 1 - tap);
  return emitter.emit('Gather', [flat, emitter.integers(order)], { axis: 0 });
}

function lowerInputGradient(lowering: Lowering, value: ValueOf<'ConvInputGradient'>): void {
  const [dy, filter] = value.inputs as [Value, Value];
  const window = value.attributes;
  const pads = gradientPads(window, value.shape as Shape4, dy.shape as Shape4);
  const fits = Math.min(...pads) >= 0;
  const strided = window.strides[0] * window.strides[1] > 1;
  if (fits && lowering.canBlock(value) && lowering.canBlock(dy)) {
    inputGradientBlocked(lowering, value, dy, filter, pads);
  } else if (fits && !strided) {
    inputGradientPortable(lowering, value, dy, filter, pads);
  } else {
    const { emitter } = lowering;
    const attributes = {
      ...windowAttributes(window),
      output_padding: outputPadding(window, value.shape as Shape4, dy.shape as Shape4),
    };
    const inputs = [lowering.get(dy, 'first'), outInFilter(lowering, filter)];
    lowering.set(value, 'first', emitter.emit('ConvTranspose', inputs, attributes));
  }
}

/** dx = dy, spread by the stride, ∗ the turned filter with in and out exchanged; faster than a transposed convolution. */
function inputGradientBlocked(
  lowering: Lowering,
  value: ValueOf<'ConvInputGradient'>,
  dy: Value,
  filter: Value,
  pads: Pads,
): void {
  const { emitter, block } = lowering;
  const [height, width, channelsIn, channelsOut] = filter.shape as Shape4;
  const { strides, dilations, kernel } = value.attributes;
  const turnedBlocks = lowering.layouts.once(`${filter.id} turned in blocks`, () => {
    const taps = turned(lowering, lowering.get(filter), filter.shape as Shape4);
    const split = emitter.reshape(taps, [
      height * width,
      channelsIn / block,
      block,
      channelsOut / block,
      block,
    ]);
    return emitter.reshape(emitter.transpose(split, [1, 3, 0, 4, 2]), [
      channelsIn,
      channelsOut,
      height,
      width,
    ]);
  });
  if (height * width === 1) {
    // A 1×1 filter may as well be applied before the rows and columns are spread.
    const small = emitter.emit(
      'Conv',
      [lowering.get(dy, 'blocked'), turnedBlocks],
      { kernel_shape: [1, 1] },
      BLOCKED,
    );
    lowering.set(
      value,
      'blocked',
      spreadBlocks(
        lowering,
        small,
        [...dy.shape.slice(0, 3), channelsIn] as const,
        strides,
        value.shape as Shape4,
      ),
    );
    return;
  }
  const spread = spreadBlocks(lowering, lowering.get(dy, 'blocked'), dy.shape, strides);
  const attributes = { kernel_shape: kernel, pads, dilations };
  lowering.set(value, 'blocked', emitter.emit('Conv', [spread, turnedBlocks], attributes, BLOCKED));
}

/**
 * Puts stride − 1 rows and columns of zeros behind each of a blocked image.
 *
 * @param target the shape to cut or fill to, where it is not a multiple.
 */
function spreadBlocks(
  { emitter, block }: Lowering,
  image: string,
  shape: readonly number[],
  strides: readonly [number, number],
  target?: Shape4,
): string {
  if (strides[0] * strides[1] === 1) return image;
  const [n, h, w, c] = shape as Shape4;
  const cells = emitter.reshape(image, [n, c / block, h, 1, w, 1, block]);
  const padded = emitter.pad(cells, [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, strides[0] - 1, 0, strides[1] - 1, 0]);
  const [height, width] = [h * strides[0], w * strides[1]];
  const cut = target && (target[1] !== height || target[2] !== width);
  if (!cut) return emitter.reshape(padded, [n, c, height, width]);
  const whole = emitter.reshape(padded, [n, c / block, height, width, block]);
  const [rows, columns] = [target[1] - height, target[2] - width];
  const filled = emitter.pad(whole, [0, 0, 0, 0, 0], [0, 0, Math.max(rows, 0), Math.max(columns, 0), 0]);
  const trimmed = emitter.slice(filled, [2, 3], [0, 0], [target[1], target[2]]);
  return emitter.reshape(trimmed, [n, c, target[1], target[2]]);
}

function inputGradientPortable(
  lowering: Lowering,
  value: ValueOf<'ConvInputGradient'>,
  dy: Value,
  filter: Value,
  pads: Pads,
): void {
  const { emitter } = lowering;
  const { kernel, dilations } = value.attributes;
  const turnedFilter = lowering.layouts.once(`${filter.id} turned`, () => {
    const taps = turned(lowering, lowering.get(filter), filter.shape as Shape4);
    return emitter.transpose(emitter.reshape(taps, filter.shape), [2, 3, 0, 1]);
  });
  const attributes = { kernel_shape: kernel, pads, dilations };
  lowering.set(value, 'first', emitter.emit('Conv', [lowering.get(dy, 'first'), turnedFilter], attributes));
}

function lowerFilterGradient(lowering: Lowering, value: ValueOf<'ConvFilterGradient'>): void {
  const [x, dy] = value.inputs as [Value, Value];
  const [height, width, , channelsOut] = value.shape as Shape4;
  const { block } = lowering;
  const blocks = block > 0 && x.shape[0]! % block === 0 && channelsOut % block === 0;
  if (blocks && height * width > 1) filterGradientBlocked(lowering, value, x, dy);
  else filterGradientPortable(lowering, value, x, dy);
}

/**
 * dW as a convolution: images and channels change places, so that the batch is summed over, and dy is the filter. The
 * blocks then run along the batch.
 */
function filterGradientBlocked(
  lowering: Lowering,
  value: ValueOf<'ConvFilterGradient'>,
  x: Value,
  dy: Value,
): void {
  const { emitter, block } = lowering;
  const { strides, dilations, pads } = value.attributes;
  const [height, width, channelsIn, channelsOut] = value.shape as Shape4;
  const [batch, imageHeight, imageWidth] = x.shape as Shape4;
  const [, rows, columns] = dy.shape as Shape4;
  const kernel = lowering.layouts.once(`${dy.id} as a filter`, () => {
    const split = emitter.reshape(lowering.get(dy, 'blocked'), [
      batch / block,
      block,
      channelsOut / block,
      rows * columns,
      block,
    ]);
    return emitter.reshape(emitter.transpose(split, [2, 0, 3, 1, 4]), [channelsOut, batch, rows, columns]);
  });
  // Windows that a stride leaves over give positions beyond the filter.
  const behind = [
    dilations[0] * (height - 1) + strides[0] * (rows - 1) + 1 - imageHeight - pads[0],
    dilations[1] * (width - 1) + strides[1] * (columns - 1) + 1 - imageWidth - pads[1],
  ] as const;
  const beyond = (axis: 0 | 1) => (behind[axis] < 0 ? Math.floor(-behind[axis] / dilations[axis]) : 0);
  const extended = [height + beyond(0), width + beyond(1)] as const;
  const image = imageOfChannels(lowering, x, [
    pads[0],
    pads[1],
    Math.max(behind[0], 0),
    Math.max(behind[1], 0),
  ]);
  const attributes = { kernel_shape: [rows, columns], dilations: strides, strides: dilations };
  let gradient = emitter.emit('Conv', [image, kernel], attributes, BLOCKED);
  if (extended[0] !== height || extended[1] !== width) {
    const blocks = emitter.reshape(gradient, [channelsIn, channelsOut / block, ...extended, block]);
    gradient = emitter.slice(blocks, [2, 3], [0, 0], [height, width]);
  }
  const blocks = emitter.reshape(gradient, [channelsIn, channelsOut / block, height * width, block]);
  lowering.set(value, 'last', emitter.reshape(emitter.transpose(blocks, [2, 0, 1, 3]), value.shape));
}

/**
 * The images with batch and channels exchanged, in blocks of the batch; padded beforehand, since the convolution is
 * slow at padded edges. Declared `[channels, batch, height, width]`.
 */
function imageOfChannels(lowering: Lowering, x: Value, pads: Pads): string {
  const { emitter, block } = lowering;
  return lowering.layouts.once(`${x.id} with channels as images, padded ${pads.join()}`, () => {
    const [batch, imageHeight, imageWidth, channels] = x.shape as Shape4;
    const [height, width] = [imageHeight + pads[0] + pads[2], imageWidth + pads[1] + pads[3]];
    const layout = lowering.layoutOf(x);
    const axes = layout === 'last' ? [1, 2] : [2, 3];
    const rank = layout === 'blocked' ? 5 : 4;
    const spread = (rows: number, columns: number) =>
      Array.from({ length: rank }, (_, axis) => (axis === axes[0] ? rows : axis === axes[1] ? columns : 0));
    const source = layout === 'blocked' ? lowering.blocks(x) : lowering.get(x, layout);
    const padded = emitter.pad(source, spread(pads[0], pads[1]), spread(pads[2], pads[3]));
    const flat = emitter.reshape(padded, [1, batch, height * width * channels, 1]);
    const reordered = emitter.emit('ReorderInput', [flat], {}, BLOCKED);
    const groups = batch / block;
    const [shape, permutation] = {
      blocked: [
        [groups, channels / block, height * width, block, block],
        [1, 3, 0, 2, 4],
      ],
      first: [
        [groups, channels, height * width, block],
        [1, 0, 2, 3],
      ],
      last: [
        [groups, height * width, channels, block],
        [2, 0, 1, 3],
      ],
    }[layout] as [number[], number[]];
    const transposed = emitter.transpose(emitter.reshape(reordered, shape), permutation);
    return emitter.reshape(transposed, [channels, batch, height, width]);
  });
}

/** dW as a product of matrices: what each tap saw, times dy, summed over the images. */
function filterGradientPortable(
  lowering: Lowering,
  value: ValueOf<'ConvFilterGradient'>,
  x: Value,
  dy: Value,
): void {
  const { emitter } = lowering;
  const [height, width, channelsIn, channelsOut] = value.shape as Shape4;
  const [batch, rows, columns] = dy.shape as Shape4;
  const taps = height * width;
  const gradients = emitter.reshape(lowering.get(dy, 'first'), [batch, channelsOut, rows * columns]);
  const byTap = !lowering.options.extensions;
  const seen = emitter.reshape(
    byTap ? seenBySlices(lowering, value, x, dy) : seenByConvolution(lowering, value, x),
    [batch, channelsIn * taps, rows * columns],
  );
  const products = lowering.options.extensions
    ? emitter.emit('FusedMatMul', [gradients, seen], { transB: 1 }, MICROSOFT)
    : emitter.emit('MatMul', [gradients, emitter.transpose(seen, [0, 2, 1])]);
  const summed = emitter.sum(products, [0]);
  const shape = byTap ? [channelsOut, height, width, channelsIn] : [channelsOut, channelsIn, height, width];
  const permutation = byTap ? [1, 2, 3, 0] : [2, 3, 1, 0];
  lowering.set(value, 'last', emitter.transpose(emitter.reshape(summed, shape), permutation));
}

function windowKey({ kernel, strides, dilations, pads }: Window): string {
  return [kernel, strides, dilations, pads].join(' ');
}

/** What each tap saw, `[batch, channels · taps, rows, columns]`: a grouped convolution with one-hot filters. */
function seenByConvolution(lowering: Lowering, value: ValueOf<'ConvFilterGradient'>, x: Value): string {
  const { emitter } = lowering;
  const { kernel, strides, pads } = value.attributes;
  const [height, width, channels] = value.shape as Shape4;
  const taps = height * width;
  const image = lowering.get(x, 'first');
  if (taps === 1 && Math.max(...pads) === 0) {
    if (strides[0] * strides[1] === 1) return image;
    const [, imageHeight, imageWidth] = x.shape as Shape4;
    return lowering.layouts.once(`${x.id} every ${strides.join()}`, () =>
      emitter.slice(image, [2, 3], [0, 0], [imageHeight, imageWidth], strides),
    );
  }
  return lowering.layouts.once(`${x.id} seen by ${windowKey(value.attributes)}`, () => {
    const oneHot = emitter.constant(
      `taps ${channels} × ${kernel.join('×')}`,
      [channels * taps, 1, ...kernel],
      'float32',
      () => {
        const filters = new Float32Array(channels * taps * taps);
        for (let output = 0; output < channels * taps; output += 1)
          filters[output * taps + (output % taps)] = 1;
        return filters;
      },
    );
    return emitter.emit('Conv', [image, oneHot], { ...windowAttributes(value.attributes), group: channels });
  });
}

/** The same by slices, `[batch, taps · channels, rows, columns]`: grouped convolutions are wrong on some GPU providers. */
function seenBySlices(lowering: Lowering, value: ValueOf<'ConvFilterGradient'>, x: Value, dy: Value): string {
  const { emitter } = lowering;
  const { strides, dilations, pads } = value.attributes;
  const [height, width] = value.shape as Shape4;
  const [, rows, columns] = dy.shape as Shape4;
  return lowering.layouts.once(`${x.id} sliced by ${windowKey(value.attributes)}`, () => {
    const padded = emitter.pad(lowering.get(x, 'first'), [0, 0, pads[0], pads[1]], [0, 0, pads[2], pads[3]]);
    const slices = Array.from({ length: height * width }, (__, tap) => {
      const begin = [Math.floor(tap / width) * dilations[0], (tap % width) * dilations[1]] as const;
      const end = [begin[0] + (rows - 1) * strides[0] + 1, begin[1] + (columns - 1) * strides[1] + 1];
      return emitter.slice(padded, [2, 3], begin, end, strides);
    });
    return emitter.emit('Concat', slices, { axis: 1 });
  });
}

/** The gradients of a convolution by its image and by its filter. */
export const convolutionGradientOps: OpDefinitions<'ConvInputGradient' | 'ConvFilterGradient'> = {
  ConvInputGradient: { shape: (_, { shape }) => shape, lower: lowerInputGradient },
  ConvFilterGradient: { shape: (_, { shape }) => shape, lower: lowerFilterGradient },
};
