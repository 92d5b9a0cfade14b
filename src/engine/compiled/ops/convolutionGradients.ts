import type { Value, ValueOf, Window } from '../graph/value';
import { BLOCKED, MICROSOFT } from '../lowering/emitter';
import type { Layout } from '../lowering/layouts';
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
export function spreadBlocks(
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
  const { block } = lowering;
  const { dilations } = value.attributes;
  const inBlocks = block > 0 && x.shape[0]! % block === 0 && value.shape[3]! % block === 0;
  if (inBlocks && dilations[0] * dilations[1] === 1) filterGradientBlocked(lowering, value, x, dy);
  else filterGradientPortable(lowering, value, x, dy);
}

/**
 * dW as a blocked convolution: the batch takes the place of the channels, so that it is summed over, and dy is the
 * filter. The channels of x stay where they lie, next to the columns: they count as columns, and the filter steps over
 * them. A row of the result then is as long as (filter width × channels), which keeps the registers of the convolution
 * full; a row of three would not.
 *
 * The batch is cut into groups smaller than a block, whose results are added: for so few channels the convolution reads
 * images and filters nearly as they lie here.
 */
function filterGradientBlocked(
  lowering: Lowering,
  value: ValueOf<'ConvFilterGradient'>,
  x: Value,
  dy: Value,
): void {
  const { emitter, block } = lowering;
  const { strides, pads } = value.attributes;
  const [height, width, channelsIn, channelsOut] = value.shape as Shape4;
  const [batch, imageHeight, imageWidth] = x.shape as Shape4;
  const [, rows, columns] = dy.shape as Shape4;
  const groups = batch / groupSize(rows * columns, channelsOut, block);
  // What the windows reach is all that the convolution may see, so that it gives the filter's size.
  const reach = [height + strides[0] * (rows - 1), width + strides[1] * (columns - 1)] as const;
  const behind = [reach[0] - imageHeight - pads[0], reach[1] - imageWidth - pads[1]] as const;
  const { image, images, interleaved } = imagesOfBatch(lowering, x, reach, [pads[0], pads[1], ...behind]);
  const attributes = {
    group: groups,
    kernel_shape: [rows, columns],
    dilations: [strides[0], strides[1] * interleaved],
  };
  const inputs = [image, filterOfBatch(lowering, dy, groups)];
  const gradient = emitter.emit('Conv', inputs, attributes, BLOCKED);
  const split = [images, groups, channelsOut / block, height, width, interleaved, block];
  const summed = emitter.sum(emitter.reshape(gradient, split), [1]);
  const ordered = emitter.transpose(summed, [2, 3, 0, 4, 1, 5]);
  lowering.set(value, 'last', emitter.reshape(ordered, [height, width, channelsIn, channelsOut]));
}

/** What a filter that is read again and again should take of the cache at most, in numbers. */
const CACHED_NUMBERS = 2 ** 17;
/** So many output channels a convolution works on at a time. */
const CHANNELS_AT_ONCE = 64;

/** Images in a group: fewer than a block of them, and so few that what they make a filter of stays in the cache. */
function groupSize(positions: number, channels: number, block: number): number {
  const perImage = positions * Math.min(channels, CHANNELS_AT_ONCE);
  let size = block / 2;
  while (size > 1 && size * perImage > CACHED_NUMBERS) size /= 2;
  return size;
}

/** dy as filters of groups of images; declared `[groups · channels, batch / groups, rows, columns]`. */
function filterOfBatch(lowering: Lowering, dy: Value, groups: number): string {
  const { emitter, block } = lowering;
  const [batch, rows, columns, channels] = dy.shape as Shape4;
  return lowering.layouts.once(`${dy.id} as a filter`, () => {
    const split = [groups, batch / groups, channels / block, rows * columns * block];
    const exchanged = emitter.transpose(emitter.reshape(lowering.get(dy, 'blocked'), split), [0, 2, 1, 3]);
    return emitter.reshape(exchanged, [groups * channels, batch / groups, rows, columns]);
  });
}

/**
 * x with its batch in the place of channels and its channels among the columns; padded or cut to `reach` beforehand,
 * since the convolution is slow at padded edges.
 *
 * @returns `[images, batch, rows, columns · interleaved]`: as many `images` as x has groups of channels, with
 * `interleaved` channels each.
 */
function imagesOfBatch(
  lowering: Lowering,
  x: Value,
  reach: readonly [number, number],
  pads: Pads,
): { image: string; images: number; interleaved: number } {
  const { emitter, block } = lowering;
  const [batch, , , channels] = x.shape as Shape4;
  const made = lowering.layoutOf(x);
  // As the images came they are best: all channels then count as columns.
  const layout = made !== 'blocked' && lowering.layouts.has(x, 'last') ? 'last' : made;
  const interleaved = { blocked: block, last: channels, first: 1 }[layout];
  const images = channels / interleaved;
  const image = lowering.layouts.once(`${x.id} ${layout} with its batch as channels, ${pads.join()}`, () => {
    const source = layout === 'blocked' ? lowering.blocks(x) : lowering.get(x, layout);
    const fitted = fit(lowering, source, layout, x.shape as Shape4, pads);
    const declared = [images, batch, reach[0], reach[1] * interleaved];
    if (images === 1) return emitter.reshape(fitted, declared);
    const split = emitter.reshape(fitted, [batch, images, reach[0] * reach[1] * interleaved]);
    return emitter.reshape(emitter.transpose(split, [1, 0, 2]), declared);
  });
  return { image, images, interleaved };
}

/** Pads an image with zeros, or cuts it where a pad is negative. */
function fit(
  { emitter }: Lowering,
  image: string,
  layout: Layout,
  [, height, width]: Shape4,
  [top, left, bottom, right]: Pads,
): string {
  const [rowAxis, columnAxis] = layout === 'last' ? [1, 2] : [2, 3];
  const rank = layout === 'blocked' ? 5 : 4;
  const beside = (rows: number, columns: number) =>
    Array.from({ length: rank }, (_, axis) => (axis === rowAxis ? rows : axis === columnAxis ? columns : 0));
  const cut =
    Math.min(bottom, right) < 0
      ? emitter.slice(
          image,
          [rowAxis, columnAxis],
          [0, 0],
          [height + Math.min(bottom, 0), width + Math.min(right, 0)],
        )
      : image;
  return emitter.pad(cut, beside(top, left), beside(Math.max(bottom, 0), Math.max(right, 0)));
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
