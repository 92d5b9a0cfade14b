import * as tf from '@tensorflow/tfjs';

/**
 * The gradients of sums and means: dy, broadcast to the shape of x. Those that ship with tfjs-core multiply dy with a
 * tensor of ones of that size, which is made anew each time.
 */
export function registerSumGradients(): void {
  replace('Sum', () => 1);
  replace('Mean', (count) => 1 / count);
}

function replace(kernelName: 'Sum' | 'Mean', factorOf: (count: number) => number): void {
  tf.unregisterGradient(kernelName);
  tf.registerGradient({
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (dyOrList, [x], attributes) => {
      const dy = Array.isArray(dyOrList) ? dyOrList[0]! : dyOrList;
      const { shape } = x!;
      const axes = tf.util.parseAxisParam(attributes['axis'] as number | number[], shape);
      const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
      const count = axes.reduce((product, axis) => product * shape[axis]!, 1);
      const scaled = tf.mul(dy.toFloat(), factorOf(count)).reshape(kept);
      return { x: () => tf.broadcastTo(scaled, shape) };
    },
  });
}
