import * as tf from '@tensorflow/tfjs';
import { registerComposedKernel, replaceKernel, requireInput, requireKernel } from '../kernels';

/**
 * The wasm backend multiplies matrices in XNNPACK only when neither is transposed; its other path is a scalar loop,
 * ten times slower, and every gradient of a dense layer takes it. Here the transposition is made first.
 */
export function registerTransposedMatMul(): void {
  const stock = requireKernel('wasm', 'BatchMatMul');
  replaceKernel('wasm', 'BatchMatMul', (call) => {
    const { transposeA, transposeB } = (call.attrs ?? {}) as { transposeA?: boolean; transposeB?: boolean };
    if (!transposeA && !transposeB) return stock(call);
    return tf.tidy(() => {
      const a = call.inputs['a'] as tf.Tensor;
      const b = call.inputs['b'] as tf.Tensor;
      return tf.matMul(transposeA ? swapLast(a) : a, transposeB ? swapLast(b) : b);
    });
  });
}

/** Swaps the last two axes. */
function swapLast(tensor: tf.Tensor): tf.Tensor {
  const axes = tensor.shape.map((_, axis) => axis);
  const last = axes.length - 1;
  return tensor.transpose([...axes.slice(0, -2), last, last - 1]);
}

/** `tf.unsortedSegmentSum`, the gradient of every gather: a one-hot matrix times the rows. Missing on wasm. */
export function registerSegmentSum(): void {
  registerComposedKernel('wasm', 'UnsortedSegmentSum', (inputs, attributes) => {
    const rows = requireInput(inputs, 'x');
    const segments = requireInput(inputs, 'segmentIds').flatten().toInt();
    const count = Number(attributes['numSegments']);
    const rest = rows.shape.slice(1);
    const oneHot = tf.oneHot(segments, count).toFloat().as2D(segments.size, count);
    const sums = tf.matMul(oneHot, rows.toFloat().reshape([segments.size, -1]), true, false);
    return sums.reshape([count, ...rest]).cast(rows.dtype);
  });
}
