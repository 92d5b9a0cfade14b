import { convolve } from '../ops/convolution';
import type { Value } from '../graph/value';
import { BLOCKED } from './emitter';
import { rowLength, type Fusion, type ScaledImage } from './fusion';
import { elementwiseOperands, type Lowering } from './lowering';
import type { Layout } from './layouts';

type Combination = Extract<Fusion, { kind: 'combination' }>;
type Dot = Extract<Fusion, { kind: 'dot' }>;
type Axpy = Extract<Fusion, { kind: 'axpy' }>;

/** Writes several joined nodes as few. */
export function lowerFusion(lowering: Lowering, value: Value, fusion: Fusion): void {
  switch (fusion.kind) {
    case 'combination':
      lowerCombination(lowering, value, fusion);
      return;
    case 'dot':
      lowerDot(lowering, value, fusion);
      return;
    case 'axpy':
      lowerAxpy(lowering, value, fusion);
      return;
    case 'gemm': {
      const { transposeA, transposeB } = fusion.product.attributes;
      const [a, b] = fusion.product.inputs.map((input) => lowering.get(input)) as [string, string];
      const bias = vector(lowering, fusion.bias, [value.shape[1]!]);
      const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
      lowering.set(value, 'last', lowering.emitter.emit('Gemm', [a, b, bias], attributes));
    }
  }
}

function lowerCombination(lowering: Lowering, value: Value, fusion: Combination): void {
  const { convolution, bias, relu } = fusion;
  // What has a factor comes first, so that what has none is added in the same pass.
  const images = fusion.images.toSorted((a, b) => Number(a.scale === null) - Number(b.scale === null));
  if (convolution) {
    const residual = images.length > 0 ? lowerImages(lowering, images, null, false) : null;
    const { scale } = convolution;
    convolve(lowering, value, convolution.convolution, { scale, bias, residual, relu });
    return;
  }
  const { name, layout } = lowerImages(lowering, images, bias, relu);
  lowering.set(value, layout, name);
}

/** A tensor with the layout it is in. */
export interface Placed {
  name: string;
  layout: Layout;
}

/** Σ image · scale + bias, then ReLU, in as many passes as there are factors. */
function lowerImages(
  lowering: Lowering,
  images: readonly ScaledImage[],
  bias: Value | null,
  relu: boolean,
): Placed {
  const layouts = images.map(({ image }) => lowering.layoutOf(image));
  const blockable = images.every(({ image }) => lowering.canBlock(image));
  if (layouts.includes('blocked') && blockable) return lowerBlockedImages(lowering, images, bias, relu);
  const layout = layouts.some((each) => each !== 'last') ? 'first' : 'last';
  const [single] = images;
  const normalizes =
    layout === 'first' && images.length === 1 && single!.scale?.shape[0] === 1 && bias !== null;
  const name =
    normalizes && lowering.options.extensions
      ? normalized(lowering, single!.image, single!.scale!, bias, relu)
      : plainSum(lowering, images, bias, relu, layout);
  return { name, layout };
}

function lowerBlockedImages(
  lowering: Lowering,
  images: readonly ScaledImage[],
  bias: Value | null,
  relu: boolean,
): Placed {
  const { emitter } = lowering;
  const passes = images.filter(({ scale }) => scale !== null);
  const plain = images
    .filter(({ scale }) => scale === null)
    .map(({ image }) => lowering.get(image, 'blocked'));
  let sum = plain.length > 0 ? plain.reduce((a, b) => emitter.emit('Add', [a, b])) : null;
  // The last pass brings the bias and the ReLU; where no factor asks for a pass, the images themselves make it.
  if (passes.length === 0) {
    const [{ image }] = images as [ScaledImage];
    if (bias === null) {
      const name = relu ? emitter.emit('Relu', [sum!]) : sum!;
      return { name, layout: 'blocked' };
    }
    return { name: blockedPass(lowering, sum!, image, null, bias, null, relu), layout: 'blocked' };
  }
  passes.forEach(({ image, scale }, index) => {
    const last = index === passes.length - 1;
    sum = blockedPass(
      lowering,
      lowering.get(image, 'blocked'),
      image,
      scale,
      last ? bias : null,
      sum,
      last && relu,
    );
  });
  return { name: sum!, layout: 'blocked' };
}

/**
 * A 1×1 depthwise convolution: tensor · scale + bias + residual, then ReLU, in one pass over the blocks.
 *
 * @param image the value whose shape the tensor has.
 */
function blockedPass(
  lowering: Lowering,
  tensor: string,
  image: Value,
  scale: Value | null,
  bias: Value | null,
  residual: string | null,
  relu: boolean,
): string {
  const { emitter } = lowering;
  const [n, h, w, channels] = image.shape as [number, number, number, number];
  // One factor for each channel of each image: the batch becomes more channels.
  const perImage = scale !== null && scale.shape[0] !== 1;
  const groups = perImage ? n * channels : channels;
  const wide = (name: string) => (perImage ? emitter.reshape(name, [1, groups, h, w]) : name);
  const filter = scale
    ? vector(lowering, scale, [groups, 1, 1, 1])
    : emitter.reshape(emitter.filled(1, groups), [groups, 1, 1, 1]);
  const inputs = [wide(tensor), filter];
  if (bias ?? residual) {
    const whole = bias && perImage ? lowering.graph.expand(bias, scale.shape) : bias;
    inputs.push(whole ? vector(lowering, whole, [groups]) : '');
  }
  if (residual !== null) inputs.push(wide(residual));
  const activation = relu ? { activation: 'Relu' } : {};
  const result = emitter.emit(
    'Conv',
    inputs,
    { group: groups, kernel_shape: [1, 1], ...activation },
    BLOCKED,
  );
  return perImage ? emitter.reshape(result, [n, channels, h, w]) : result;
}

/** Batch normalisation with mean 0 and variance 1: scale and bias in one pass, in channels first. */
function normalized(lowering: Lowering, image: Value, scale: Value, bias: Value, relu: boolean): string {
  const { emitter } = lowering;
  const channels = image.shape[3]!;
  const factors = [scale, bias].map((factor) => vector(lowering, factor, [channels]));
  const statistics = [emitter.filled(0, channels), emitter.filled(1, channels)];
  const inputs = [lowering.get(image, 'first'), ...factors, ...statistics];
  const result = emitter.emit('BatchNormalization', inputs, { epsilon: { float: 0 } });
  return relu ? emitter.emit('Relu', [result]) : result;
}

function plainSum(
  lowering: Lowering,
  images: readonly ScaledImage[],
  bias: Value | null,
  relu: boolean,
  layout: 'last' | 'first',
): string {
  const { emitter } = lowering;
  const result = images[0]!.image;
  const place = (operand: Value): string =>
    elementwiseOperands(lowering, [operand], result, layout).names[0]!;
  const products = images.map(({ image, scale }) =>
    scale ? emitter.emit('Mul', [place(image), place(scale)]) : place(image),
  );
  const sum = products.reduce((a, b) => emitter.emit('Add', [a, b]));
  const biased = bias ? emitter.emit('Add', [sum, place(bias)]) : sum;
  return relu ? emitter.emit('Relu', [biased]) : biased;
}

/**
 * Σ a · b over rows and columns (and images) as a depthwise convolution whose filter is b: every channel of every image
 * is a group of its own. Both are read once and nothing of their size is written; blocks of b lie in memory just as a
 * blocked filter does.
 */
function lowerDot(lowering: Lowering, value: Value, { a, b }: Dot): void {
  const { emitter } = lowering;
  const [n, h, w, channels] = a.shape as [number, number, number, number];
  const groups = n * channels;
  const image = emitter.reshape(lowering.get(a, 'blocked'), [1, groups, h, w]);
  const filter = emitter.reshape(lowering.get(b, 'blocked'), [groups, 1, h, w]);
  const attributes = { kernel_shape: [h, w], group: groups };
  const sums = emitter.emit('Conv', [image, filter], attributes, BLOCKED);
  const table = emitter.reshape(sums, [n, channels]);
  const summed = [0, 3].filter((axis) => value.shape[axis] === 1).map((axis) => (axis === 0 ? 0 : 1));
  const total = summed.length > 0 ? emitter.sum(table, summed) : table;
  lowering.set(value, 'last', emitter.reshape(total, value.shape));
}

/** x · factor + y as a 1×1 depthwise convolution over an image that is but a view: one pass instead of two. */
function lowerAxpy(lowering: Lowering, value: Value, { x, factor, y }: Axpy): void {
  const { emitter, block } = lowering;
  const positions = value.size / block;
  const columns = rowLength(positions);
  const view = [1, block, positions / columns, columns];
  const [image, residual] = [x, y].map((operand) => emitter.reshape(lowering.get(operand), view)) as [
    string,
    string,
  ];
  const filter = lowering.layouts.once(`${factor.id} for each of a block`, () =>
    emitter.emit('Expand', [vector(lowering, factor, [1, 1, 1, 1]), emitter.integers([block, 1, 1, 1])]),
  );
  const attributes = { group: block, kernel_shape: [1, 1] };
  const result = emitter.emit('Conv', [image, filter, '', residual], attributes, BLOCKED);
  const whole = emitter.reshape(result, value.shape);
  // As a result of the program the view would be copied.
  emitter.views.set(whole, { of: result, shape: view });
  lowering.set(value, 'last', whole);
}

/** A small value in another shape; made once. */
function vector(lowering: Lowering, value: Value, shape: readonly number[]): string {
  return lowering.layouts.once(`${value.id} as ${shape.join('×')}`, () =>
    lowering.emitter.reshape(lowering.get(value), shape),
  );
}
