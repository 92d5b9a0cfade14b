import * as tf from '@tensorflow/tfjs';
import { onlyGradient, replaceGradient } from './replace';

/**
 * The gradient of an einsum, which tfjs-core lacks, is one with the subscripts exchanged: for `ab,bc->ac`, that of the
 * first input is `ac,bc->ab` of dy and the second. An axis that only this input has was summed over alone, so dy is
 * the same all along it.
 */
export function registerEinsumGradient(): void {
  replaceGradient({
    kernelName: 'Einsum',
    // All inputs, which have no names: an op on a list saves the list.
    saveAllInputs: true,
    gradFunc: (dyOrList, saved, attributes) => {
      const dy = onlyGradient(dyOrList);
      const [terms, output] = (attributes['equation'] as string).replaceAll(/\s/g, '').split('->') as [
        string,
        string,
      ];
      const labels = terms.split(',');
      return Object.fromEntries(
        saved.map((input, index) => [
          String(index),
          () => {
            const others = labels.filter((_, other) => other !== index);
            const tensors = saved.filter((_, other) => other !== index);
            return gradientOf(input, labels[index]!, [output, ...others], [dy, ...tensors]);
          },
        ]),
      );
    },
  });
}

function gradientOf(input: tf.Tensor, own: string, terms: string[], tensors: tf.Tensor[]): tf.Tensor {
  const known = Array.from(own).filter((label) => terms.some((term) => term.includes(label)));
  const gradient = tf.einsum(`${terms.join(',')}->${known.join('')}`, ...tensors);
  if (known.length === own.length) return gradient;
  const shape = Array.from(own, (label, axis) => (known.includes(label) ? input.shape[axis]! : 1));
  return tf.broadcastTo(tf.reshape(gradient, shape), input.shape);
}
