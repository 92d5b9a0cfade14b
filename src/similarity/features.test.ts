import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { gramOf, poolingFor } from './features';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('features of a layer', () => {
  test.each([
    [[14, 14, 16], 1],
    [[16, 16, 16], 1],
    [[28, 28, 32], 3],
    [[400, 400, 64], 50],
    [[13, 13, 1024], 7],
    [[2, 2, 5000], 2],
    [[50_000], 1],
    [[100, 100], 1],
  ])('of shape %j are averaged over squares of %i', (shape, side) => {
    expect(poolingFor(shape)).toBe(side);
  });

  test('are compared image by image, their mean taken off', () => {
    const { gram, energy } = gramOf(tf.tensor2d([[1, 2], [3, 2], [5, 5]])); // prettier-ignore
    // Less the mean (3, 3): (−2, −1), (0, −1), (2, 2).
    expect(Array.from(gram.dataSync())).toEqual([5, 1, -6, 1, 1, -2, -6, -2, 8]);
    expect(energy.dataSync()[0]).toBe(68);
  });

  test('of large maps are the means of their squares', () => {
    const map = tf.ones<tf.Rank.R4>([2, 40, 40, 8]).mul(tf.tensor4d([1, 3], [2, 1, 1, 1]));
    const features = Math.ceil(40 / poolingFor([40, 40, 8])) ** 2 * 8;
    const { gram } = gramOf(map);
    expect(gram.dataSync()[0]).toBeCloseTo(features, 3);
    expect(gram.dataSync()[1]).toBeCloseTo(-features, 3);
  });
});
