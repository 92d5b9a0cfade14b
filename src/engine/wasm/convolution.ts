import * as tf from '@tensorflow/tfjs';
import {
  dimensions4,
  registerComposedKernel,
  requireImageInput,
  requireKernel,
  type KernelAttributes,
} from '../kernels';

/**
 * Gradients of convolutions for the wasm backend, which lacks most of them, as convolutions themselves: those run in
 * XNNPACK's SIMD code, 4–10 times faster than the scalar loop that stands in the backend.
 */
export function registerConvolutionGradients(): void {
  const stockInputGradient = requireKernel('wasm', 'Conv2DBackpropInput');
  registerComposedKernel('wasm', 'Conv2DBackpropFilter', (inputs, attributes) =>
    filterGradient(requireImageInput(inputs, 'x'), requireImageInput(inputs, 'dy'), attributes),
  );
  registerComposedKernel('wasm', 'Conv2DBackpropInput', (inputs, attributes) => {
    const dy = requireImageInput(inputs, 'dy');
    const filter = requireImageInput(inputs, 'filter');
    const composed = inputGradient(dy, filter, attributes);
    if (composed) return composed;
    const info = stockInputGradient({
      inputs: { dy, filter },
      attrs: { ...attributes } as tf.NamedAttrMap,
      backend: tf.backend(),
    });
    return tf.engine().makeTensorFromTensorInfo(Array.isArray(info) ? info[0]! : info);
  });
  registerComposedKernel('wasm', 'DepthwiseConv2dNativeBackpropInput', (inputs, attributes) =>
    depthwiseInputGradient(requireImageInput(inputs, 'dy'), requireImageInput(inputs, 'filter'), attributes),
  );
  registerComposedKernel('wasm', 'DepthwiseConv2dNativeBackpropFilter', (inputs, attributes) =>
    depthwiseFilterGradient(requireImageInput(inputs, 'x'), requireImageInput(inputs, 'dy'), attributes),
  );
}

/** Attributes of a convolution gradient, as the ops of tfjs-core pass them. */
function geometry(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attributes: KernelAttributes,
  depthwise = false,
): tf.backend_util.Conv2DInfo {
  const { strides, pad, dilations, dimRoundingMode, dataFormat } = attributes as {
    strides: number | [number, number];
    pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
    dilations?: number | [number, number];
    dimRoundingMode?: 'floor' | 'round' | 'ceil';
    dataFormat?: 'NHWC' | 'NCHW';
  };
  if (dataFormat === 'NCHW')
    throw new Error('Convolutions in NCHW are not supported: use channelsLast (NHWC).');
  return tf.backend_util.computeConv2DInfo(
    dimensions4(inputShape),
    dimensions4(filterShape),
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

/**
 * dL/dW of a convolution, `[height, width, in, out]`: images and batch change places, and dy, spread by the stride,
 * is the filter.
 */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, attributes: KernelAttributes): tf.Tensor4D {
  const filterShape = dimensions4(attributes['filterShape'] as number[]);
  const info = geometry(x.shape, filterShape, attributes);
  if (info.filterHeight * info.filterWidth * info.strideHeight * info.strideWidth === 1) {
    return tf
      .matMul(x.reshape([-1, info.inChannels]), dy.reshape([-1, info.outChannels]), true, false)
      .reshape(filterShape);
  }
  const channelsAsBatch = padImages(x, info).transpose<tf.Tensor4D>([3, 1, 2, 0]);
  const dyAsFilter = dy.transpose<tf.Tensor4D>([1, 2, 0, 3]);
  const gradient = tf.conv2d(channelsAsBatch, dyAsFilter, 1, 'valid', 'NHWC', [
    info.strideHeight,
    info.strideWidth,
  ]);
  // Rows that no window reached (a stride that does not divide the image) give positions beyond the filter.
  return gradient
    .slice([0, 0, 0, 0], [info.inChannels, info.filterHeight, info.filterWidth, info.outChannels])
    .transpose([1, 2, 0, 3]);
}

/** dL/dx of a convolution: dy, spread by the stride, convolved with the turned filter. Null for paddings it cannot express. */
function inputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  attributes: KernelAttributes,
): tf.Tensor4D | null {
  const inputShape = dimensions4(attributes['inputShape'] as number[]);
  const info = geometry(inputShape, filter.shape, attributes);
  const padding = gradientPadding(info);
  if (!padding) return null;
  const turned = tf.reverse(filter, [0, 1]).transpose<tf.Tensor4D>([0, 1, 3, 2]);
  return tf.conv2d(tf.pad(spread(dy, info), padding), turned, 1, 'valid');
}

function depthwiseInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  attributes: KernelAttributes,
): tf.Tensor4D {
  const inputShape = dimensions4(attributes['inputShape'] as number[]);
  const info = geometry(inputShape, filter.shape, attributes, true);
  const padding = gradientPadding(info);
  if (!padding)
    throw new Error(
      'The gradient of a depthwise convolution padded by more than its filter is not supported.',
    );
  const [height, width, channels, multiplier] = filter.shape;
  const turned = tf.reverse(filter, [0, 1]).reshape<tf.Tensor4D>([height, width, channels * multiplier, 1]);
  const [batch, inputHeight, inputWidth] = inputShape;
  const perOutput = tf.depthwiseConv2d(tf.pad(spread(dy, info), padding), turned, 1, 'valid');
  return perOutput.reshape([batch, inputHeight, inputWidth, channels, multiplier]).sum<tf.Tensor4D>(4);
}

function depthwiseFilterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, attributes: KernelAttributes): tf.Tensor4D {
  const filterShape = dimensions4(attributes['filterShape'] as number[]);
  const info = geometry(x.shape, filterShape, attributes, true);
  const { batchSize, inChannels, outHeight, outWidth, strideHeight, strideWidth } = info;
  const multiplier = filterShape[3];
  const padded = padImages(x, info);
  const byMultiplier = dy.reshape<tf.Tensor5D>([batchSize, outHeight, outWidth, inChannels, multiplier]);
  const taps: tf.Tensor[] = [];
  for (let row = 0; row < info.filterHeight; row += 1) {
    for (let column = 0; column < info.filterWidth; column += 1) {
      const seen = tf.stridedSlice(
        padded,
        [0, row, column, 0],
        [
          batchSize,
          row + (outHeight - 1) * strideHeight + 1,
          column + (outWidth - 1) * strideWidth + 1,
          inChannels,
        ],
        [1, strideHeight, strideWidth, 1],
      );
      taps.push(tf.mul(seen.expandDims(4), byMultiplier).sum([0, 1, 2]));
    }
  }
  return tf.stack(taps).reshape(filterShape);
}

function padImages(x: tf.Tensor4D, { padInfo }: tf.backend_util.Conv2DInfo): tf.Tensor4D {
  const { top, bottom, left, right } = padInfo;
  if (top + bottom + left + right === 0) return x;
  return tf.pad(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
}

/** Puts stride − 1 zeros between neighbouring rows and columns of dy. */
function spread(dy: tf.Tensor4D, { strideHeight, strideWidth }: tf.backend_util.Conv2DInfo): tf.Tensor4D {
  if (strideHeight === 1 && strideWidth === 1) return dy;
  const [batch, height, width, channels] = dy.shape;
  return tf
    .pad(dy.reshape([batch * height, 1, width, channels]), [
      [0, 0],
      [0, strideHeight - 1],
      [0, 0],
      [0, 0],
    ])
    .reshape([batch * height * strideHeight, width, 1, channels])
    .pad([
      [0, 0],
      [0, 0],
      [0, strideWidth - 1],
      [0, 0],
    ])
    .reshape<tf.Tensor4D>([batch, height * strideHeight, width * strideWidth, channels])
    .slice([0, 0, 0, 0], [batch, (height - 1) * strideHeight + 1, (width - 1) * strideWidth + 1, channels]);
}

/** Padding of the spread dy so that a valid convolution gives the input's size again; null when it would be negative. */
function gradientPadding(info: tf.backend_util.Conv2DInfo): [number, number][] | null {
  const top = info.filterHeight - 1 - info.padInfo.top;
  const left = info.filterWidth - 1 - info.padInfo.left;
  const bottom = info.inHeight + info.filterHeight - 1 - ((info.outHeight - 1) * info.strideHeight + 1) - top;
  const right = info.inWidth + info.filterWidth - 1 - ((info.outWidth - 1) * info.strideWidth + 1) - left;
  if (Math.min(top, left, bottom, right) < 0) return null;
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}
