import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { keyedRandom, permutation } from '../random/keyed';
import type { EngineName } from './engine';
import { findTfjsNode } from './tfjsNode';
import { selectEngine } from './select';

/** A folder with a working tfjs-node, where there is one: the same contract is held to it. */
const nativeWorkspace = process.env['DISTILLERY_TFJS_NODE'] ?? process.cwd();
const engines: EngineName[] = ['compiled', 'cpu', 'wasm'];
if (findTfjsNode('tfjs-node', nativeWorkspace)) engines.push('tfjs-node');

type Case = [name: string, shapes: number[][], f: (...inputs: tf.Tensor[]) => tf.Tensor];
const image = [2, 5, 6, 3];

const cases: Case[] = [
  [
    'matMul',
    [
      [3, 4],
      [4, 5],
    ],
    (a, b) => tf.matMul(a, b),
  ],
  [
    'matMul, both transposed',
    [
      [4, 3],
      [5, 4],
    ],
    (a, b) => tf.matMul(a, b, true, true),
  ],
  [
    'matMul of batches, second transposed',
    [
      [2, 3, 4],
      [2, 5, 4],
    ],
    (a, b) => tf.matMul(a, b, false, true),
  ],
  ['conv2d same', [image, [3, 3, 3, 4]], (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')],
  [
    'conv2d valid',
    [image, [3, 2, 3, 4]],
    (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid'),
  ],
  [
    'conv2d stride 2 same',
    [image, [3, 3, 3, 4]],
    (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'),
  ],
  [
    'conv2d stride 2 valid',
    [image, [2, 2, 3, 4]],
    (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'valid'),
  ],
  [
    'conv2d stride 3,2',
    [image, [2, 3, 3, 2]],
    (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, [3, 2], 'same'),
  ],
  ['conv2d 1×1', [image, [1, 1, 3, 4]], (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')],
  [
    'conv2d 1×1 stride 2',
    [image, [1, 1, 3, 4]],
    (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'),
  ],
  [
    'conv2d transposed',
    [
      [2, 3, 3, 4],
      [4, 4, 3, 4],
    ],
    (x, w) => tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, 6, 6, 3], 2, 'same'),
  ],
  [
    'depthwise',
    [image, [3, 3, 3, 1]],
    (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
  ],
  [
    'depthwise ×2 stride 2',
    [image, [3, 3, 3, 2]],
    (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'),
  ],
  ['maxPool 2', [image], (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'same')],
  ['maxPool 3/2, overlapping', [image], (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'same')],
  ['maxPool of negatives', [image], (x) => tf.maxPool(tf.sub<tf.Tensor4D>(x, 100), 2, 2, 'valid')],
  ['avgPool 2 valid', [image], (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid')],
  ['avgPool 3/2 same', [image], (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, 'same')],
  ['upsampling', [image], (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [10, 12])],
  [
    'batchNorm',
    [image, [3], [3], [3], [3]],
    (x, mean, variance, offset, scale) =>
      tf.batchNorm4d(
        x as tf.Tensor4D,
        mean as tf.Tensor1D,
        tf.add(tf.square(variance), 0.5),
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
        1e-3,
      ),
  ],
  ['moments', [image], (x) => tf.moments(x, [0, 1, 2]).variance],
  ['gather', [[5, 3]], (x) => tf.gather(x, tf.tensor1d([0, 3, 3, 1], 'int32'))],
  ['logSoftmax', [[3, 5]], (x) => tf.logSoftmax(x)],
  ['relu, tanh, sigmoid', [[4, 5]], (x) => tf.add(tf.relu(x), tf.mul(tf.tanh(x), tf.sigmoid(x)))],
];

/** Distinct values in [−1, 1], at least 2 / size apart, so that no maximum changes under a small step. */
function distinctValues(shape: number[], key: string): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const order = permutation(size, keyedRandom(key, size));
  return Float32Array.from(order, (place) => (2 * (place + 0.5)) / size - 1);
}

/** dL/dx by central differences, L = Σ f(x) · weights; the sum is made in double precision. */
function numericGradient(
  f: Case[2],
  inputs: tf.Tensor[],
  which: number,
  weights: ArrayLike<number>,
): number[] {
  const step = 2 ** -9;
  const values = Float32Array.from(inputs[which]!.dataSync());
  const loss = (): number => {
    const output = tf.tidy(() => {
      const moved = inputs.map((input, index) => (index === which ? tf.tensor(values, input.shape) : input));
      return f(...moved);
    });
    const sum = Array.from(output.dataSync()).reduce(
      (total, value, index) => total + value * weights[index]!,
      0,
    );
    output.dispose();
    return sum;
  };
  return Array.from(values, (value, index) => {
    values[index] = value + step;
    const above = loss();
    values[index] = value - step;
    const below = loss();
    values[index] = value;
    return (above - below) / (2 * step);
  });
}

describe.each(engines)('gradients on %s', (engine) => {
  test.each(cases)('%s', async (_, shapes, f) => {
    await selectEngine(engine, nativeWorkspace);
    const inputs = shapes.map((shape, index) => tf.tensor(distinctValues(shape, `input ${index}`), shape));
    const output = f(...inputs);
    const weights = tf.tensor(distinctValues(output.shape, 'weights'), output.shape);
    const gradients = tf.grads((...given: tf.Tensor[]) => tf.mul(f(...given), weights).sum())(inputs);
    await selectEngine('cpu', nativeWorkspace);
    gradients.forEach((gradient, which) => {
      const expected = numericGradient(f, inputs, which, weights.dataSync());
      const scale = Math.max(...expected.map(Math.abs));
      const worst = Math.max(
        ...gradient.dataSync().map((value, index) => Math.abs(value - expected[index]!)),
      );
      expect(worst / scale, `input ${which}`).toBeLessThan(5e-3);
    });
  });
});
