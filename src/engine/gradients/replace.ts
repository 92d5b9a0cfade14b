import * as tf from '@tensorflow/tfjs';

/** Registers a gradient, in place of the one that tfjs-core has, if any. */
export function replaceGradient(gradient: tf.GradConfig): void {
  // Its type leaves out that there may be none.
  const standing = tf.getGradient(gradient.kernelName) as tf.GradConfig | undefined;
  if (standing) tf.unregisterGradient(gradient.kernelName);
  tf.registerGradient(gradient);
}

/** The gradient of the only output. */
export function onlyGradient(dy: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(dy) ? dy[0]! : dy;
}
