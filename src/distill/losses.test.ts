import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EngineName } from '../engine/engine';
import { selectEngine } from '../engine/select';
import { crossEntropy, correctCount } from './hardTargets';
import { hintLoss } from './hints';
import { softTargetLoss, teacherLogProbabilities } from './softTargets';

/** `2·sin(a·i + b)`, row-major: the inputs on which the reference implementations were run in float64. */
function generate(shape: number[], a: number, b: number): number[] {
  const size = shape.reduce((product, length) => product * length, 1);
  return Array.from({ length: size }, (_, index) => 2 * Math.sin(a * index + b));
}

const kl = { divergence: 'kl', ensemble: 'probabilities' } as const;
const engines: EngineName[] = ['cpu', 'wasm'];

describe.each(engines)('losses on %s equal their reference implementations', (engine) => {
  let student: tf.Tensor2D;
  let teacher: tf.Tensor2D;
  let labels: tf.Tensor1D;
  let guided: tf.Tensor;
  let hint: tf.Tensor;

  beforeAll(async () => {
    await selectEngine(engine, process.cwd());
    student = tf.tensor2d(generate([4, 3], 0.7, 0.1), [4, 3]);
    teacher = tf.tensor2d(generate([4, 3], 1.1, 0.5), [4, 3]);
    labels = tf.tensor1d([0, 2, 1, 1], 'int32');
    guided = tf.tensor(generate([4, 2, 3, 3], 0.37, 0.2), [4, 2, 3, 3]);
    hint = tf.tensor(generate([4, 2, 3, 3], 0.53, 0.9), [4, 2, 3, 3]);
  });

  test('cross-entropy', () => {
    expect(crossEntropy(student, labels).dataSync()[0]).toBeCloseTo(1.93990617635, 5);
  });

  test.each([
    [1, 0.453659339488],
    [2, 0.49931816269],
    [4, 0.515583356374],
    [20, 0.52382993718],
  ])('soft targets at T = %d, with T²', (temperature, expected) => {
    const loss = softTargetLoss(student, [teacher], tf.scalar(temperature), kl);
    // float32: at T = 20 the sum is 400 times a difference of nearly equal logarithms.
    expect(Math.abs(loss.dataSync()[0]! - expected) / expected).toBeLessThan(5e-5);
  });

  test('soft cross-entropy at T = 4 is T² times the reference', () => {
    const loss = softTargetLoss(student, [teacher], tf.scalar(4), { ...kl, divergence: 'cross-entropy' });
    expect(loss.dataSync()[0]! / 16).toBeCloseTo(1.11674047189, 5);
  });

  test('hints: mean squared and mean absolute difference', () => {
    expect(hintLoss(guided, hint, 'l2').dataSync()[0]).toBeCloseTo(4.34031648676, 5);
    expect(hintLoss(guided, hint, 'l1').dataSync()[0]).toBeCloseTo(1.73106630222, 5);
  });

  test('the gradient of soft targets is T (q − p) / B', () => {
    const temperature = 4;
    const gradient = tf.grad((logits: tf.Tensor) =>
      softTargetLoss(logits as tf.Tensor2D, [teacher], tf.scalar(temperature), kl),
    )(student);
    const q = tf.softmax(tf.div(student, temperature));
    const p = tf.softmax(tf.div(teacher, temperature));
    const expected = tf.mul(tf.sub(q, p), temperature / 4).dataSync();
    gradient.dataSync().forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index]!, 5);
    });
  });

  test('equal logits give nothing to learn', () => {
    expect(softTargetLoss(teacher, [teacher], tf.scalar(3), kl).dataSync()[0]).toBeCloseTo(0, 6);
  });

  test('an ensemble averages probabilities or logits', () => {
    const other = tf.tensor2d(generate([4, 3], 0.3, 2), [4, 3]);
    const mean = teacherLogProbabilities([teacher, other], tf.scalar(2), 'probabilities');
    const expected = tf
      .log(tf.div(tf.add(tf.softmax(tf.div(teacher, 2)), tf.softmax(tf.div(other, 2))), 2))
      .dataSync();
    mean.dataSync().forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index]!, 5);
    });
    const ofLogits = teacherLogProbabilities([teacher, other], tf.scalar(2), 'logits').dataSync();
    const logits = tf.logSoftmax(tf.div(tf.add(teacher, other), 4)).dataSync();
    ofLogits.forEach((value, index) => {
      expect(value).toBeCloseTo(logits[index]!, 5);
    });
  });

  test('far apart logits stay finite, with their gradient', () => {
    const extreme = tf.tensor2d([[300, -300, 0]]);
    const opposite = tf.tensor2d([[-300, 300, 0]]);
    const { value, grad } = tf.valueAndGrad((logits: tf.Tensor) =>
      softTargetLoss(logits as tf.Tensor2D, [opposite], tf.scalar(1), kl),
    )(extreme);
    expect(value.dataSync()[0]).toBeCloseTo(600, 1);
    expect(Array.from(grad.dataSync()).every(Number.isFinite)).toBe(true);
  });

  test('counts what is right', () => {
    const logits = tf.tensor2d([
      [1, 0, 0],
      [0, 0, 2],
      [3, 0, 0],
      [0, 1, 0],
    ]);
    expect(correctCount(logits, labels).dataSync()[0]).toBe(3);
  });
});
