import * as tf from '@tensorflow/tfjs';
import {
  dimensions4,
  replaceKernel,
  requireImageInput,
  requireKernel,
  registerComposedKernel,
} from './kernels';

interface PoolAttributes {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function poolGeometry(inputShape: readonly number[], attributes: unknown): tf.backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as PoolAttributes;
  return tf.backend_util.computePool2DInfo(
    dimensions4(inputShape),
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

/**
 * tfjs divides the gradient of an average pool by the whole window, also at borders where `same` padding leaves fewer
 * pixels in it, although the pool itself divides by those pixels only. Scaling dy by whole ÷ real beforehand puts it
 * right.
 */
export function correctAveragePoolGradient(backendName: 'cpu' | 'wasm'): void {
  const stock = requireKernel(backendName, 'AvgPoolGrad');
  replaceKernel(backendName, 'AvgPoolGrad', (call) => {
    const input = call.inputs['input'] as tf.Tensor;
    const info = poolGeometry(input.shape, call.attrs);
    const { top, bottom, left, right } = info.padInfo;
    if (top + bottom + left + right === 0) return stock(call);
    return tf.tidy(() => {
      const rows = wholeOverReal(info.outHeight, info.strideHeight, info.filterHeight, top, info.inHeight);
      const columns = wholeOverReal(info.outWidth, info.strideWidth, info.filterWidth, left, info.inWidth);
      const scale = tf.mul(
        tf.tensor4d(rows, [1, rows.length, 1, 1]),
        tf.tensor4d(columns, [1, 1, columns.length, 1]),
      );
      const dy = tf.mul(call.inputs['dy'] as tf.Tensor, scale);
      const output = stock({ ...call, inputs: { ...call.inputs, dy } });
      return tf.engine().makeTensorFromTensorInfo(Array.isArray(output) ? output[0]! : output);
    });
  });
}

/** For each output position along one axis: window size ÷ pixels of the window that lie inside the image. */
function wholeOverReal(
  outputs: number,
  stride: number,
  window: number,
  padding: number,
  size: number,
): number[] {
  return Array.from({ length: outputs }, (_, position) => {
    const start = position * stride - padding;
    return window / (Math.min(start + window, size) - Math.max(start, 0));
  });
}

/**
 * The gradient of a max pool for wasm, whose own search for the maximum starts above zero and so gives no gradient at
 * all where a window holds only values ≤ 0. The first maximum of a window in row-major order gets the gradient.
 */
export function correctMaxPoolGradient(): void {
  registerComposedKernel('wasm', 'MaxPoolGrad', (inputs, attributes) => {
    const dy = requireImageInput(inputs, 'dy');
    const input = requireImageInput(inputs, 'input');
    const gradient = maxPoolGradient(dy.dataSync(), input.dataSync(), poolGeometry(input.shape, attributes));
    return tf.tensor(gradient, input.shape, 'float32');
  });
}

function maxPoolGradient(
  dy: ArrayLike<number>,
  x: ArrayLike<number>,
  info: tf.backend_util.Conv2DInfo,
): Float32Array {
  const { batchSize, inHeight, inWidth, inChannels: channels, outHeight, outWidth } = info;
  const gradient = new Float32Array(batchSize * inHeight * inWidth * channels);
  for (let image = 0; image < batchSize; image += 1) {
    for (let outRow = 0; outRow < outHeight; outRow += 1) {
      const top = outRow * info.strideHeight - info.padInfo.top;
      const firstRow = Math.max(top, 0);
      const endRow = Math.min(top + info.filterHeight, inHeight);
      for (let outColumn = 0; outColumn < outWidth; outColumn += 1) {
        const left = outColumn * info.strideWidth - info.padInfo.left;
        const firstColumn = Math.max(left, 0);
        const endColumn = Math.min(left + info.filterWidth, inWidth);
        const source = ((image * outHeight + outRow) * outWidth + outColumn) * channels;
        for (let channel = 0; channel < channels; channel += 1) {
          let best = ((image * inHeight + firstRow) * inWidth + firstColumn) * channels + channel;
          for (let row = firstRow; row < endRow; row += 1) {
            for (let column = firstColumn; column < endColumn; column += 1) {
              const candidate = ((image * inHeight + row) * inWidth + column) * channels + channel;
              if (x[candidate]! > x[best]!) best = candidate;
            }
          }
          gradient[best]! += dy[source + channel]!;
        }
      }
    }
  }
  return gradient;
}

/**
 * The gradient of nearest-neighbour upsampling by whole factors: the sum of dy over the block that a pixel became. The
 * kernel of the cpu backend mixes up the images of a batch.
 */
export function correctResizeNearestGradient(backendName: 'cpu' | 'wasm'): void {
  const stock = requireKernel(backendName, 'ResizeNearestNeighborGrad');
  replaceKernel(backendName, 'ResizeNearestNeighborGrad', (call) => {
    const images = call.inputs['images'] as tf.Tensor4D;
    const dy = call.inputs['dy'] as tf.Tensor4D;
    const block: [number, number] = [dy.shape[1] / images.shape[1], dy.shape[2] / images.shape[2]];
    if (!block.every(Number.isInteger) || call.attrs?.['alignCorners'] === true) return stock(call);
    return tf.tidy(() => tf.mul(tf.avgPool(dy, block, block, 'valid'), block[0] * block[1]));
  });
}
