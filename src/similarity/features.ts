import * as tf from '@tensorflow/tfjs';

/** Features of a layer that are compared at most. Larger maps are averaged over squares first, to bound the cost. */
export const MOST_FEATURES = 4096;

/**
 * The side of the squares that a map is averaged over, so that at most {@link MOST_FEATURES} features are left, or one
 * for each channel; 1 for maps that are small enough, and for everything that is no map.
 *
 * @param shape of a layer without the batch: `[height, width, channels]` for a map.
 */
export function poolingFor(shape: readonly number[]): number {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || height === undefined || width === undefined || channels === undefined) return 1;
  let side = 1;
  const featuresLeft = (): number => Math.ceil(height / side) * Math.ceil(width / side) * channels;
  while (side < Math.max(height, width) && featuresLeft() > MOST_FEATURES) side += 1;
  return side;
}

/**
 * What is kept of a layer for a batch: inner products of its features, their mean over the batch taken off, and the sum
 * of the squares of the features as they are.
 *
 * @param output `[batch, …]`.
 * @returns `gram` `[batch, batch]` and `energy`, a scalar.
 */
export function gramOf(output: tf.Tensor): { gram: tf.Tensor2D; energy: tf.Scalar } {
  return tf.tidy(() => {
    const [batch = 1, ...shape] = output.shape;
    const side = poolingFor(shape);
    const pooled = side === 1 ? output : tf.avgPool(output as tf.Tensor4D, side, side, 'same');
    const features = tf.cast(tf.reshape<tf.Rank.R2>(pooled, [batch, -1]), 'float32');
    const centred = tf.sub(features, tf.mean(features, 0, true));
    return {
      gram: tf.matMul<tf.Tensor2D>(centred, centred, false, true),
      energy: tf.sum<tf.Scalar>(tf.mul(features, features)),
    };
  });
}
