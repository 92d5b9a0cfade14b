import * as tf from '@tensorflow/tfjs';

/**
 * The gradient of batch normalisation with per-channel statistics, in four passes over the batch. The one that ships
 * with tfjs-core tiles the statistics to the size of the batch, a third of a small network's whole step.
 *
 * y = (x − mean) · s · scale + offset with s = (variance + ε)^−½, all per channel; `[batch, height, width, channels]`.
 */
export function registerBatchNormGradient(): void {
  const stock = tf.getGradient('FusedBatchNorm');
  tf.unregisterGradient('FusedBatchNorm');
  tf.registerGradient({
    kernelName: 'FusedBatchNorm',
    inputsToSave: ['x', 'mean', 'variance', 'scale'],
    gradFunc: (dyOrList, saved, attributes) => {
      const dy = Array.isArray(dyOrList) ? dyOrList[0]! : dyOrList;
      const [x, mean, variance, scaleOrNone] = saved as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor | undefined,
      ];
      if (mean.rank !== 1) return stock.gradFunc(dyOrList, saved, attributes);
      const epsilon = Number(attributes['varianceEpsilon']);
      const scale = scaleOrNone ?? tf.scalar(1);
      const axes = x.shape.map((_, axis) => axis).slice(0, -1);
      const inverse = tf.rsqrt(tf.add(variance, epsilon));
      const factor = tf.mul(inverse, scale);
      const sumDy = tf.sum(dy, axes);
      const sumDyCentred = tf.sum(tf.mul(dy, tf.sub(x, mean)), axes);
      return {
        x: () => tf.mul(dy, factor),
        mean: () => tf.neg(tf.mul(sumDy, factor)).reshape(mean.shape),
        variance: () =>
          tf.mul(tf.mul(sumDyCentred, factor), tf.mul(tf.square(inverse), -0.5)).reshape(variance.shape),
        scale: () => tf.mul(sumDyCentred, inverse).reshape(mean.shape),
        offset: () => sumDy.reshape(mean.shape),
      };
    },
  });
}
