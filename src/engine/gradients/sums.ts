import * as tf from '@tensorflow/tfjs';
import { onlyGradient, replaceGradient } from './replace';

/**
 * The gradients of sums and means: dy, broadcast to the shape of x. Those that ship with tfjs-core multiply dy with a
 * tensor of ones of that size, which is made anew each time.
 */
export function registerSumGradients(): void {
  replace('Sum', () => 1);
  replace('Mean', (count) => 1 / count);
}

function replace(kernelName: 'Sum' | 'Mean', factorOf: (count: number) => number): void {
  replaceGradient({
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attributes) => {
      const { shape } = x!;
      const axes = tf.util.parseAxisParam(attributes['axis'] as number | number[], shape);
      const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
      const count = axes.reduce((product, axis) => product * shape[axis]!, 1);
      const scaled = tf.mul(onlyGradient(dy).toFloat(), factorOf(count)).reshape(kept);
      return { x: () => tf.broadcastTo(scaled, shape) };
    },
  });
}
