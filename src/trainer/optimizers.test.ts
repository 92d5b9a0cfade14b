import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { experimentSchema, type OptimizerConfig } from '../experiment/schema';
import { clipByGlobalNorm, createOptimizer, globalNorm } from './optimizers';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function configOf(given: Record<string, unknown>): OptimizerConfig {
  const train = { optimizer: given };
  const parsed = experimentSchema.parse({
    data: { dataset: 'digits' },
    student: { model: 'zoo/mlp' },
    train,
  });
  return parsed.train.optimizer;
}

/** Minimises (w − 3)² / 2 from w = 1, so that the gradient is w − 3, and gives w after each step. */
function descend(given: Record<string, unknown>, steps: number, learningRate: number): number[] {
  const variable = tf.variable(tf.tensor1d([1]));
  const optimizer = createOptimizer(configOf(given), new Map([['w', variable]]));
  return Array.from({ length: steps }, () => {
    tf.tidy(() => {
      optimizer.apply(new Map([['w', tf.sub(variable, 3)]]), tf.scalar(learningRate));
    });
    return variable.dataSync()[0]!;
  });
}

/** The same in double precision, each rule written out as its paper has it. */
function reference(rule: (w: number, gradient: number, step: number) => number, steps: number): number[] {
  let w = 1;
  return Array.from({ length: steps }, (_, index) => (w = rule(w, w - 3, index + 1)));
}

function expectClose(actual: number[], expected: number[]): void {
  actual.forEach((value, index) => {
    expect(value, `step ${index + 1}`).toBeCloseTo(expected[index]!, 5);
  });
}

describe('optimizers follow their papers', () => {
  test('plain SGD', () => {
    expectClose(descend({ name: 'sgd', momentum: 0 }, 3, 0.1), [1.2, 1.38, 1.542]);
  });

  test.each([false, true])('SGD with momentum and decay, nesterov %s', (nesterov) => {
    let velocity = 0;
    const expected = reference((w, gradient) => {
      const g = gradient + 0.01 * w;
      velocity = 0.9 * velocity + g;
      return w - 0.1 * (nesterov ? g + 0.9 * velocity : velocity);
    }, 8);
    expectClose(descend({ name: 'sgd', momentum: 0.9, nesterov, weightDecay: 0.01 }, 8, 0.1), expected);
  });

  test.each(['adam', 'adamw'])('%s with decay', (name) => {
    let mean = 0;
    let square = 0;
    const expected = reference((w, gradient, step) => {
      const g = name === 'adam' ? gradient + 0.1 * w : gradient;
      const kept = name === 'adamw' ? w * (1 - 0.05 * 0.1) : w;
      mean = 0.9 * mean + 0.1 * g;
      square = 0.999 * square + 0.001 * g * g;
      return kept - (0.05 * (mean / (1 - 0.9 ** step))) / (Math.sqrt(square / (1 - 0.999 ** step)) + 1e-8);
    }, 12);
    expectClose(descend({ name, weightDecay: 0.1 }, 12, 0.05), expected);
  });

  test.each([0, 0.9])('RMSProp with momentum %d', (momentum) => {
    let square = 0;
    let velocity = 0;
    const expected = reference((w, g) => {
      square = 0.9 * square + 0.1 * g * g;
      velocity = momentum * velocity + g / (Math.sqrt(square) + 1e-8);
      return w - 0.01 * velocity;
    }, 10);
    expectClose(descend({ name: 'rmsprop', momentum }, 10, 0.01), expected);
  });
});

test('a variable without a gradient stays', () => {
  const [moved, still] = [tf.variable(tf.scalar(1)), tf.variable(tf.scalar(1))];
  const optimizer = createOptimizer(
    configOf({ name: 'sgd', weightDecay: 0.5 }),
    new Map([
      ['a', moved],
      ['b', still],
    ]),
  );
  optimizer.apply(new Map([['a', tf.scalar(1)]]), tf.scalar(0.1));
  expect(moved.dataSync()[0]).toBeCloseTo(0.85);
  expect(still.dataSync()[0]).toBe(1);
});

test('clipping keeps the direction and caps the global norm', () => {
  const gradients = new Map([
    ['a', tf.tensor1d([3, 0])],
    ['b', tf.tensor1d([4])],
  ]);
  const norm = globalNorm(gradients);
  expect(norm.dataSync()[0]).toBeCloseTo(5);
  const clipped = clipByGlobalNorm(gradients, norm, 1);
  expect(Array.from(clipped.get('a')!.dataSync())[0]).toBeCloseTo(0.6);
  expect(clipped.get('b')!.dataSync()[0]).toBeCloseTo(0.8);
  expect(clipByGlobalNorm(gradients, norm, 10).get('b')!.dataSync()[0]).toBeCloseTo(4);
});
