import { convolve } from '../ops/convolution';
import type { Value } from '../graph/value';
import { BLOCKED } from './emitter';
import type { Fusion } from './fusion';
import { elementwiseOperands, type Lowering } from './lowering';

type Affine = Extract<Fusion, { kind: 'affine' }>;

/** Writes several joined nodes as one. */
export function lowerFusion(lowering: Lowering, value: Value, fusion: Fusion): void {
  switch (fusion.kind) {
    case 'convolution':
      convolve(lowering, value, fusion.convolution, fusion);
      return;
    case 'gemm': {
      const { transposeA, transposeB } = fusion.product.attributes;
      const [a, b] = fusion.product.inputs.map((input) => lowering.get(input)) as [string, string];
      const bias = vector(lowering, fusion.bias, [value.shape[1]!]);
      const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
      lowering.set(value, 'last', lowering.emitter.emit('Gemm', [a, b, bias], attributes));
      return;
    }
    case 'affine':
      lowerAffine(lowering, value, fusion);
  }
}

function lowerAffine(lowering: Lowering, value: Value, fusion: Affine): void {
  const { x, scale, bias } = fusion;
  const layout = x.size === value.size ? lowering.layoutOf(x) : 'last';
  if (layout === 'blocked') lowerBlockedAffine(lowering, value, fusion);
  else if (layout === 'first' && scale?.shape[0] === 1 && bias && lowering.options.extensions) {
    lowerNormalization(lowering, value, { ...fusion, scale, bias });
  } else lowerPlainAffine(lowering, value, fusion, layout);
}

/** A 1×1 depthwise convolution: scale, bias, residual and ReLU in one pass over the blocks. */
function lowerBlockedAffine(
  lowering: Lowering,
  value: Value,
  { x, scale, bias, residual, relu }: Affine,
): void {
  const { emitter } = lowering;
  const [n, h, w, channels] = x.shape as [number, number, number, number];
  // One factor for each channel of each image: the batch becomes more channels.
  const perImage = scale !== null && scale.shape[0] !== 1;
  const groups = perImage ? n * channels : channels;
  const image = lowering.get(x, 'blocked');
  const input = perImage ? emitter.reshape(image, [1, groups, h, w]) : image;
  const filter = scale
    ? vector(lowering, scale, [groups, 1, 1, 1])
    : emitter.reshape(emitter.filled(1, groups), [groups, 1, 1, 1]);
  const inputs = [input, filter];
  if (bias ?? residual) inputs.push(bias ? vector(lowering, bias, [channels]) : '');
  if (residual) inputs.push(lowering.get(residual, 'blocked'));
  const activation = relu ? { activation: 'Relu' } : {};
  const result = emitter.emit(
    'Conv',
    inputs,
    { group: groups, kernel_shape: [1, 1], ...activation },
    BLOCKED,
  );
  lowering.set(value, 'blocked', perImage ? emitter.reshape(result, [n, channels, h, w]) : result);
}

/** Batch normalisation with mean 0 and variance 1: one pass, in channels first. */
function lowerNormalization(
  lowering: Lowering,
  value: Value,
  { x, scale, bias, residual, relu }: Affine & { scale: Value; bias: Value },
): void {
  const { emitter } = lowering;
  const channels = x.shape[3]!;
  const factors = [scale, bias].map((factor) => vector(lowering, factor, [channels]));
  const inputs = [
    lowering.get(x, 'first'),
    ...factors,
    emitter.filled(0, channels),
    emitter.filled(1, channels),
  ];
  let result = emitter.emit('BatchNormalization', inputs, { epsilon: { float: 0 } });
  if (residual) result = emitter.emit('Add', [result, lowering.get(residual, 'first')]);
  lowering.set(value, 'first', relu ? emitter.emit('Relu', [result]) : result);
}

function lowerPlainAffine(
  lowering: Lowering,
  value: Value,
  { x, scale, bias, residual, relu }: Affine,
  layout: 'last' | 'first',
): void {
  const { emitter } = lowering;
  const place = (operand: Value): string => elementwiseOperands(lowering, [operand], value, layout).names[0]!;
  let result = place(x);
  if (scale) result = emitter.emit('Mul', [result, place(scale)]);
  if (bias) result = emitter.emit('Add', [result, place(bias)]);
  if (residual) result = emitter.emit('Add', [result, place(residual)]);
  lowering.set(value, layout, relu ? emitter.emit('Relu', [result]) : result);
}

/** A small value in another shape; made once. */
function vector(lowering: Lowering, value: Value, shape: readonly number[]): string {
  return lowering.layouts.once(`${value.id} as ${shape.join('×')}`, () =>
    lowering.emitter.reshape(lowering.get(value), shape),
  );
}
