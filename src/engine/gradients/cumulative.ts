import * as tf from '@tensorflow/tfjs';
import { onlyGradient, replaceGradient } from './replace';

/** The gradients of running sums and products. */
export function registerCumulativeGradients(): void {
  // tfjs-core's turns the axes of the result where the sum runs along another axis than the last.
  replaceGradient({
    kernelName: 'Cumsum',
    gradFunc: (dyOrList, _, { axis, exclusive, reverse }) => ({
      x: () => tf.cumsum(onlyGradient(dyOrList), Number(axis), Boolean(exclusive), !reverse),
    }),
  });
  replaceGradient({
    kernelName: 'Cumprod',
    inputsToSave: ['x'],
    gradFunc: (dyOrList, saved, attributes) => {
      const x = saved[0]!;
      const axis = tf.util.parseAxisParam(Number(attributes['axis']), x.shape)[0]!;
      const turn = (tensor: tf.Tensor) => (attributes['reverse'] ? tf.reverse(tensor, axis) : tensor);
      return {
        x: () =>
          turn(
            productGradient(turn(onlyGradient(dyOrList)), turn(x), axis, Boolean(attributes['exclusive'])),
          ),
      };
    },
  });
}

/**
 * dL/dxᵢ = Π_{k<i} xₖ · gᵢ with gᵢ = dyᵢ + xᵢ₊₁ gᵢ₊₁, which divides by nothing and so holds where an x is 0 too. The
 * recurrence is run in log₂ n passes: each pass takes in as many terms again as are in already.
 */
function productGradient(dy: tf.Tensor, x: tf.Tensor, axis: number, exclusive: boolean): tf.Tensor {
  const length = x.shape[axis]!;
  let factor = ahead(x, axis, 1);
  let sum = exclusive ? ahead(dy, axis, 1) : dy;
  for (let reach = 1; reach < length; reach *= 2) {
    sum = tf.add(sum, tf.mul(factor, ahead(sum, axis, reach)));
    factor = tf.mul(factor, ahead(factor, axis, reach));
  }
  return tf.mul(tf.cumprod(x, axis, true, false), sum);
}

/** The element `by` places further on; zeros beyond the end. */
function ahead(x: tf.Tensor, axis: number, by: number): tf.Tensor {
  const length = x.shape[axis]!;
  const begin = x.shape.map((_, index) => (index === axis ? by : 0));
  const rest = tf.slice(x, begin, x.shape.with(axis, length - by));
  return tf.pad(
    rest,
    x.shape.map((_, index): [number, number] => [0, index === axis ? by : 0]),
  );
}
