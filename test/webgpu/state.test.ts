import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { GraphBackend } from '../../src/engine/compiled/backend';
import { startCompiled } from '../../src/engine/compiled/start';
import { EngineError, type Engine, type StepFunction, type StepInput } from '../../src/engine/engine';
import { selectEngine } from '../../src/engine/select';
import { storeTensors } from '../../src/models/weights';

const images = (batch: number): Record<string, StepInput> => ({
  x: { data: Float32Array.from({ length: batch * 3 }, (_, index) => Math.sin(index)), shape: [batch, 3] },
});

describe('variables on WebGPU', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await selectEngine('compiled', process.cwd(), 'webgpu');
  });

  const compiled = (body: StepFunction) =>
    engine.prepare(body, {
      onRefused: (reason) => {
        throw new Error(reason);
      },
    });

  /** A step that moves `weight`, one that only reads it, and what both would be in JavaScript. */
  function lesson() {
    const weight = tf.variable(tf.tensor2d([1, 2, 3], [3, 1]));
    const train = compiled(({ x }) => {
      const gradient = tf.matMul(x!, tf.matMul(x!, weight), true);
      weight.assign(tf.sub(weight, tf.mul(gradient, 0.1)));
      return { norm: weight.square().sum() };
    });
    const evaluate = compiled(({ x }) => ({ y: tf.matMul(x!, weight) }));
    return { weight, train, evaluate };
  }

  function onDevice(variable: tf.Variable): boolean {
    const backend: unknown = tf.backend();
    if (!(backend instanceof GraphBackend)) throw new TypeError('Another backend is active.');
    return backend.resident(variable.dataId).location === 'gpu-buffer';
  }

  function productOf(x: StepInput, weights: ArrayLike<number>): number[] {
    return Array.from({ length: x.shape[0]! }, (_, row) =>
      [0, 1, 2].reduce((sum, column) => sum + x.data[row * 3 + column]! * weights[column]!, 0),
    );
  }

  test('stay there over programs for whole and partial batches and for evaluation', async () => {
    const { weight, train, evaluate } = lesson();
    for (const batch of [8, 8, 5, 8]) {
      const { norm } = await train.run(images(batch));
      expect(onDevice(weight)).toBe(true);
      const now = weight.dataSync();
      expect(norm![0]).toBeCloseTo(
        Array.from(now).reduce((sum, number) => sum + number ** 2, 0),
        4,
      );
      const { y } = await evaluate.run(images(4));
      productOf(images(4)['x']!, now).forEach((value, row) => {
        expect(y![row]).toBeCloseTo(value, 4);
      });
    }
  });

  test('come out for a checkpoint and go back from it, to the same bits', async () => {
    const { weight, train } = lesson();
    await train.run(images(8));
    const saved = (await storeTensors(new Map([['weight', weight]]))).get('weight')!;
    const ahead = [(await train.run(images(8)))['norm']![0], (await train.run(images(8)))['norm']![0]];
    weight.assign(tf.tensor2d(saved.data as Float32Array, [3, 1]));
    expect([(await train.run(images(8)))['norm']![0], (await train.run(images(8)))['norm']![0]]).toEqual(
      ahead,
    );
  });

  test('outlive the step that made their numbers', async () => {
    const { weight, train, evaluate } = lesson();
    await train.run(images(8));
    const copy = weight.clone();
    train.dispose();
    const numbers = Array.from(weight.dataSync());
    expect(Array.from(copy.dataSync())).toEqual(numbers);
    await evaluate.run(images(8));
    weight.dispose();
    expect(Array.from(copy.dataSync())).toEqual(numbers);
    copy.dispose();
  });

  test('a step that needs more memory than there is fails and says what to do', async () => {
    const side = 30_000;
    const step = compiled(({ x }) => ({ y: tf.matMul(x!, x!, false, true).exp().max() }));
    const input = { x: { data: new Float32Array(side * 3), shape: [side, 3] } };
    const run = step.run(input);
    if (process.env['DISTILLERY_TEST_GPU'] === '1') return;
    await expect(run).rejects.toThrow(EngineError);
    await expect(run).rejects.toThrow(
      /GPU \(WebGPU\)[^]*not enough memory[^]*DISTILLERY_PROVIDER=cpu[^]*train\.batch/,
    );
    // The device is still there.
    const { weight, train } = lesson();
    await train.run(images(8));
    expect(onDevice(weight)).toBe(true);
  });
});

describe('the choice of a provider', () => {
  test('tells that WebGPU runs in software', async () => {
    if (process.env['DISTILLERY_TEST_GPU'] === '1') return;
    const { device } = await startCompiled({ provider: 'webgpu' });
    expect(device).toMatch(/^software \(WebGPU on SwiftShader, onnxruntime \d+\.\d+\)$/);
  });

  test('leaves software alone when nobody asks for it', async () => {
    if (process.env['DISTILLERY_TEST_GPU'] === '1') return;
    const { backend, device, reason } = await startCompiled({ provider: 'auto' });
    expect(device).toMatch(/^CPU \(onnxruntime/);
    expect(reason).toMatch(/No GPU is used.*(shows none|computes in software|not faster)/);
    expect(backend.device).toBeNull();
  });
});
