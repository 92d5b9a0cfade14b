import type { Value, ValueOf, Window } from '../graph/value';
import { BLOCKED } from '../lowering/emitter';
import type { Layout } from '../lowering/layouts';
import type { Lowering } from '../lowering/lowering';
import { ONNX_TYPES } from '../lowering/onnxModel';
import { pooledShape, windowAttributes } from './convolution';
import { outputPadding } from './convolutionGradients';
import { sameAsFirst, type OpDefinition, type OpDefinitions } from './definition';
import { upsample } from './resizing';

type Shape4 = readonly [number, number, number, number];
type ImageLayout = Exclude<Layout, 'last'>;

function imageLayout(lowering: Lowering, x: Value): ImageLayout {
  return lowering.canBlock(x) && lowering.layoutOf(x) === 'blocked' ? 'blocked' : 'first';
}

function domainOf(layout: ImageLayout): string {
  return layout === 'blocked' ? BLOCKED : '';
}

function pool<Name extends 'MaxPool' | 'AveragePool'>(type: Name): OpDefinition<Name> {
  return {
    shape: pooledShape,
    lower(lowering, value) {
      const [x] = value.inputs as [Value];
      const { kernel, strides, pads, dilations } = value.attributes;
      const layout = imageLayout(lowering, x);
      const attributes = {
        kernel_shape: kernel,
        strides,
        pads,
        ...(type === 'MaxPool' ? { dilations } : {}),
      };
      const result = lowering.emitter.emit(type, [lowering.get(x, layout)], attributes, domainOf(layout));
      lowering.set(value as Value, layout, result);
    },
  };
}

/** Whether the windows lie side by side and cover the image: then each pixel belongs to one of them. */
function tiles(
  { kernel, strides, pads }: Window,
  image: readonly number[],
  pooled: readonly number[],
): boolean {
  const sideBySide = kernel[0] === strides[0] && kernel[1] === strides[1] && Math.max(...pads) === 0;
  return sideBySide && pooled[1]! * kernel[0] === image[1] && pooled[2]! * kernel[1] === image[2];
}

function lowerMaxGradient(lowering: Lowering, value: ValueOf<'MaxPoolGradient'>): void {
  const [dy, x, y] = value.inputs as [Value, Value, Value];
  if (tiles(value.attributes, x.shape, y.shape)) maxGradientOfTiles(lowering, value, dy, x, y);
  else if (lowering.options.extensions) maxGradientByIndex(lowering, value, dy, x);
  else maxGradientByTaps(lowering, value, dy, x, y);
}

/** The gradient goes where the pixel equals its window's maximum; several that do share it. */
function maxGradientOfTiles(
  lowering: Lowering,
  value: ValueOf<'MaxPoolGradient'>,
  dy: Value,
  x: Value,
  y: Value,
): void {
  const { emitter } = lowering;
  const { kernel, strides } = value.attributes;
  const layout = imageLayout(lowering, x);
  const tiled = tileViews(lowering, x.shape as Shape4, kernel, layout);
  const [image, maximum, gradient] = [x, y, dy].map((each) => lowering.get(each, layout)) as [
    string,
    string,
    string,
  ];
  const maxima =
    layout === 'blocked'
      ? maximaOfBlocks(lowering, image, maximum, value)
      : emitter.emit('Cast', [emitter.emit('Equal', [tiled.pixels(image), tiled.windows(maximum)])], {
          to: ONNX_TYPES.float32,
        });
  const window = { kernel_shape: kernel, strides };
  const share = emitter.emit('AveragePool', [tiled.image(maxima)], window, domainOf(layout));
  const scaled = emitter.emit('Mul', [gradient, emitter.number(1 / (kernel[0] * kernel[1]))]);
  const shares = emitter.emit('Div', [scaled, share]);
  const spread = emitter.emit('Mul', [tiled.pixels(maxima), tiled.windows(shares)]);
  lowering.set(value, layout, tiled.image(spread));
}

/** Makes a difference of 2⁻⁶⁰ a whole 1, and leaves activations up to 2⁶⁷ finite. */
const MAGNIFIER = 2 ** 60;

/**
 * 1 where a pixel is its window's maximum, else 0: ReLU(1 + M · (pixel − maximum)) for a huge M, which a blocked
 * convolution makes in one pass; comparing and converting take two.
 */
function maximaOfBlocks(
  lowering: Lowering,
  image: string,
  maximum: string,
  { shape, attributes: { kernel } }: ValueOf<'MaxPoolGradient'>,
): string {
  const { emitter } = lowering;
  const channels = shape[3]!;
  const negated = emitter.emit('Mul', [maximum, emitter.number(-MAGNIFIER)]);
  const filter = emitter.reshape(emitter.filled(MAGNIFIER, channels), [channels, 1, 1, 1]);
  const inputs = [image, filter, emitter.filled(1, channels), upsample(lowering, negated, kernel, 'blocked')];
  return emitter.emit('Conv', inputs, { group: channels, kernel_shape: [1, 1], activation: 'Relu' }, BLOCKED);
}

/**
 * Views in which windows that lie side by side have axes of their own, so that what belongs to a window is broadcast
 * over its pixels instead of being written for each.
 */
function tileViews(
  { emitter, block }: Lowering,
  [n, h, w, c]: Shape4,
  [rows, columns]: Window['kernel'],
  layout: ImageLayout,
): { pixels: (name: string) => string; windows: (name: string) => string; image: (name: string) => string } {
  const [outer, inner] = layout === 'blocked' ? [(n * c) / block, [block]] : [n * c, []];
  const bands = (outer * h) / rows;
  return {
    pixels: (name) => emitter.reshape(name, [bands, rows, w / columns, columns, ...inner]),
    windows: (name) => emitter.reshape(name, [bands, 1, w / columns, 1, ...inner]),
    image: (name) => emitter.reshape(name, [n, c, h, w]),
  };
}

/** Windows that overlap: each adds its gradient at the index of its (first) maximum. */
function maxGradientByIndex(
  lowering: Lowering,
  value: ValueOf<'MaxPoolGradient'>,
  dy: Value,
  x: Value,
): void {
  const { emitter } = lowering;
  const [n, h, w, c] = x.shape as Shape4;
  const [, indices] = emitter.emitSeveral(
    'MaxPool',
    [lowering.get(x, 'first')],
    windowAttributes(value.attributes),
    2,
  );
  const zeros = emitter.emit('Expand', [emitter.number(0), emitter.integers([x.size])]);
  const flat = (tensor: string) => emitter.reshape(tensor, [dy.size]);
  const inputs = [zeros, flat(indices!), flat(lowering.get(dy, 'first'))];
  const sums = emitter.emit('ScatterElements', inputs, { axis: 0, reduction: 'add' });
  lowering.set(value, 'first', emitter.reshape(sums, [n, c, h, w]));
}

/**
 * The same without the index of the maximum, which GPU providers do not tell: each position of the window in turn asks
 * whether it holds a maximum that none before it held, and its gradients are laid where its pixels are.
 */
function maxGradientByTaps(
  lowering: Lowering,
  value: ValueOf<'MaxPoolGradient'>,
  dy: Value,
  x: Value,
  y: Value,
): void {
  const { emitter } = lowering;
  const { kernel, strides, dilations, pads } = value.attributes;
  const [, height, width] = x.shape as Shape4;
  const [, rows, columns] = y.shape as Shape4;
  const [gradient, maxima] = [dy, y].map((each) => lowering.get(each, 'first')) as [string, string];
  const around = [
    [0, 0, pads[0], pads[1]],
    [0, 0, pads[2], pads[3]],
  ] as const;
  const image = emitter.pad(lowering.get(x, 'first'), ...around, LOWEST);
  const [wholeHeight, wholeWidth] = [height + pads[0] + pads[2], width + pads[1] + pads[3]];
  let free: string | null = null;
  let sum: string | null = null;
  for (let tap = 0; tap < kernel[0] * kernel[1]; tap += 1) {
    const begin = [Math.floor(tap / kernel[1]) * dilations[0], (tap % kernel[1]) * dilations[1]] as const;
    const end = [begin[0] + (rows - 1) * strides[0] + 1, begin[1] + (columns - 1) * strides[1] + 1];
    const seen = emitter.slice(image, [2, 3], begin, end, strides);
    const met = emitter.emit('Cast', [emitter.emit('Equal', [seen, maxima])], { to: ONNX_TYPES.float32 });
    const first: string = free === null ? met : emitter.emit('Mul', [met, free]);
    free = emitter.emit('Sub', [free ?? emitter.number(1), first]);
    const spread = spreadPixels(lowering, emitter.emit('Mul', [first, gradient]), y.shape as Shape4, strides);
    const behind = [wholeHeight - begin[0] - spread.height, wholeWidth - begin[1] - spread.width] as const;
    const laid = emitter.pad(spread.name, [0, 0, ...begin], [0, 0, ...behind]);
    sum = sum === null ? laid : emitter.emit('Add', [sum, laid]);
  }
  const cut = Math.max(...pads) > 0;
  const result = cut
    ? emitter.slice(sum!, [2, 3], [pads[0], pads[1]], [pads[0] + height, pads[1] + width])
    : sum!;
  lowering.set(value, 'first', result);
}

/** Less than any activation, and finite: some GPUs do not know infinity. */
const LOWEST = -3.4028234663852886e38;

/** Lays the pixels of an image in channels first `strides` apart, with zeros between them and none behind the last. */
function spreadPixels(
  { emitter }: Lowering,
  image: string,
  [n, rows, columns, c]: Shape4,
  strides: Window['strides'],
): { name: string; height: number; width: number } {
  const [height, width] = [(rows - 1) * strides[0] + 1, (columns - 1) * strides[1] + 1];
  if (strides[0] * strides[1] === 1) return { name: image, height, width };
  const cells = emitter.reshape(image, [n * c, rows, 1, columns, 1]);
  const padded = emitter.pad(cells, [0, 0, 0, 0, 0], [0, 0, strides[0] - 1, 0, strides[1] - 1]);
  const whole = emitter.reshape(padded, [n, c, rows * strides[0], columns * strides[1]]);
  return { name: emitter.slice(whole, [2, 3], [0, 0], [height, width]), height, width };
}

function lowerAverageGradient(lowering: Lowering, value: ValueOf<'AveragePoolGradient'>): void {
  const { emitter } = lowering;
  const [dy] = value.inputs as [Value];
  const window = value.attributes;
  const { kernel } = window;
  if (tiles(window, value.shape, dy.shape)) {
    const layout = imageLayout(lowering, dy);
    const shares = emitter.emit('Mul', [
      lowering.get(dy, layout),
      emitter.number(1 / (kernel[0] * kernel[1])),
    ]);
    lowering.set(value, layout, upsample(lowering, shares, kernel, layout));
    return;
  }
  const [, , , channels] = value.shape as Shape4;
  const shares = emitter.emit('Mul', [lowering.get(dy, 'first'), sharesOfPixels(lowering, value, dy)]);
  const ones = emitter.reshape(emitter.filled(1, channels * kernel[0] * kernel[1]), [channels, 1, ...kernel]);
  const attributes = {
    ...windowAttributes(window),
    group: channels,
    output_padding: outputPadding(window, value.shape as Shape4, dy.shape as Shape4),
  };
  lowering.set(value, 'first', emitter.emit('ConvTranspose', [shares, ones], attributes));
}

/** 1 ÷ the pixels of each window that lie inside the image, `[1, 1, rows, columns]`. */
function sharesOfPixels(
  { emitter }: Lowering,
  { attributes: window, shape, id }: ValueOf<'AveragePoolGradient'>,
  dy: Value,
): string {
  const [, rows, columns] = dy.shape as Shape4;
  return emitter.constant(`pixels of ${id}`, [1, 1, rows, columns], 'float32', () => {
    const counts = ([0, 1] as const).map((axis) =>
      Array.from({ length: axis === 0 ? rows : columns }, (_, position) => {
        const start = position * window.strides[axis] - window.pads[axis];
        return Math.min(start + window.kernel[axis], shape[axis + 1]!) - Math.max(start, 0);
      }),
    ) as [number[], number[]];
    return Float32Array.from(counts[0].flatMap((row) => counts[1].map((column) => 1 / (row * column))));
  });
}

/** Pools and their gradients. */
export const poolingOps: OpDefinitions<
  'MaxPool' | 'AveragePool' | 'MaxPoolGradient' | 'AveragePoolGradient'
> = {
  MaxPool: pool('MaxPool'),
  AveragePool: pool('AveragePool'),
  MaxPoolGradient: { shape: ([, x]) => sameAsFirst([x!]), lower: lowerMaxGradient },
  AveragePoolGradient: { shape: (_, { shape }) => shape, lower: lowerAverageGradient },
};
