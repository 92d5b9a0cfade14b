import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { applyLayer, imageInput, relu } from './blocks';
import { zooEntry } from './entry';

const options = z.strictObject({
  hidden: z
    .array(z.int().min(1).max(65_536))
    .max(100)
    .default([800, 800])
    .describe('Units of each hidden layer.'),
  dropout: z.number().min(0).lt(1).default(0).describe('Share of hidden units dropped in training.'),
  inputDropout: z.number().min(0).lt(1).default(0).describe('Share of pixels dropped in training.'),
  maxNorm: z.number().gt(0).optional().describe('Largest L2 norm of the weights that enter a hidden unit.'),
});

/** The nets of Hinton et al. 2015, section 3: `hidden: [1200, 1200]` with dropout teaches `hidden: [800, 800]`. */
export const mlp = zooEntry(
  'mlp',
  'Fully connected ReLU net, as on MNIST in Hinton et al. 2015: `hidden1/dense`, `hidden1/relu`, `hidden1/dropout`, …, `logits`.',
  options,
  (context, { hidden, dropout, inputDropout, maxNorm }) => {
    const input = imageInput(context);
    let units = applyLayer(tf.layers.flatten({ name: 'flatten' }), input);
    // No seed: a fixed one would drop the same units in every step.
    if (inputDropout > 0) {
      units = applyLayer(tf.layers.dropout({ rate: inputDropout, name: 'input/dropout' }), units);
    }
    hidden.forEach((size, index) => {
      const name = `hidden${index + 1}`;
      const dense = tf.layers.dense({
        units: size,
        name: `${name}/dense`,
        kernelInitializer: 'heNormal',
        ...(maxNorm === undefined
          ? {}
          : { kernelConstraint: tf.constraints.maxNorm({ maxValue: maxNorm, axis: 0 }) }),
      });
      units = relu(applyLayer(dense, units), `${name}/relu`);
      if (dropout > 0)
        units = applyLayer(tf.layers.dropout({ rate: dropout, name: `${name}/dropout` }), units);
    });
    const logits = applyLayer(tf.layers.dense({ units: context.classes, name: 'logits' }), units);
    return tf.model({ inputs: input, outputs: logits });
  },
);
