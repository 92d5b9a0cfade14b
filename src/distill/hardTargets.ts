import * as tf from '@tensorflow/tfjs';

/**
 * Cross-entropy with the labels, mean over the batch: −(1/B) Σᵢ log softmax(zᵢ)[yᵢ].
 *
 * @param logits `[batch, classes]`.
 * @param labels `[batch]`, int32, 0 … classes − 1.
 */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  const oneHot = tf.oneHot(labels, logits.shape[1]).toFloat();
  return tf.neg(tf.mul(oneHot, tf.logSoftmax(logits)).sum(1).mean());
}

/** How many of the batch are classified right, as a scalar. Shapes as in {@link crossEntropy}. */
export function correctCount(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return tf.equal(tf.argMax(logits, 1).toInt(), labels).toFloat().sum();
}
