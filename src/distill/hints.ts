import * as tf from '@tensorflow/tfjs';
import type { HintConfig } from '../experiment/schema';

/**
 * Distance between an adapted guided layer and its hint (Romero et al. 2015, eq. 3, as a mean instead of ½ ‖·‖², so that
 * the weight does not depend on the size of the maps): the mean over batch, positions and channels of the squared (`l2`)
 * or absolute (`l1`) difference.
 *
 * @param adapted what the adapter made of the student's layer; same shape as `hint`.
 * @param hint the teacher's layer, `[batch, height, width, channels]` or `[batch, units]`.
 */
export function hintLoss(adapted: tf.Tensor, hint: tf.Tensor, distance: HintConfig['distance']): tf.Scalar {
  tf.util.assertShapesMatch(adapted.shape, hint.shape, 'Guided layer (after its adapter) and hint differ: ');
  return distance === 'l2'
    ? tf.squaredDifference(adapted, hint).mean()
    : tf.abs(tf.sub(adapted, hint)).mean();
}
