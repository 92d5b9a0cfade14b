import * as tf from '@tensorflow/tfjs';
import { onlyGradient, replaceGradient } from './replace';

/** The gradients of ops whose inputs are broadcast, where tfjs-core's forget to sum over what was repeated. */
export function registerBroadcastingGradients(): void {
  replaceGradient({
    kernelName: 'SquaredDifference',
    inputsToSave: ['a', 'b'],
    gradFunc: (dyOrList, saved) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      const slope = () => tf.mul(onlyGradient(dyOrList), tf.mul(tf.sub(a, b), 2));
      return { a: () => sumTo(slope(), a.shape), b: () => sumTo(tf.neg(slope()), b.shape) };
    },
  });
  replaceGradient({
    kernelName: 'BatchMatMul',
    inputsToSave: ['a', 'b'],
    gradFunc: (dyOrList, saved, { transposeA, transposeB }) => {
      const dy = onlyGradient(dyOrList);
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      const [turnA, turnB] = [Boolean(transposeA), Boolean(transposeB)];
      return {
        a: () => sumTo(turnA ? tf.matMul(b, dy, turnB, true) : tf.matMul(dy, b, false, !turnB), a.shape),
        b: () => sumTo(turnB ? tf.matMul(dy, a, true, turnA) : tf.matMul(a, dy, !turnA, false), b.shape),
      };
    },
  });
}

/** Sums over the axes along which a tensor of this shape was repeated. */
function sumTo(gradient: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return axes.length === 0 ? gradient : tf.reshape(tf.sum(gradient, axes), shape);
}
