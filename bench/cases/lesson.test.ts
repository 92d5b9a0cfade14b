import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { selectEngine } from '../../src/engine/select';
import { STEP_CASES } from './cases';
import { prepareLesson } from './lesson';

/** Counted by PyTorch for the models of bench/torch (`npm run bench -- step --check`). */
const COUNTED_BY_TORCH: Record<string, [student: number, adapter: number, teacher: number]> = {
  mlp: [1_276_810, 0, 0],
  'conv-cached': [94_762, 4_160, 0],
  'conv-teacher': [94_762, 4_160, 992_042],
  resnet: [272_474, 1_056, 855_770],
  depthwise: [136_778, 0, 0],
};

describe('the cases of the benchmark', () => {
  beforeAll(async () => {
    await selectEngine('cpu', process.cwd());
  });

  it.each(STEP_CASES)('$name has as many weights as its twin in PyTorch', (stepCase) => {
    const { sizes } = prepareLesson(stepCase, 1);
    const { student, adapter, teacher } = sizes;
    expect([student.parameters, adapter.parameters, teacher.parameters]).toEqual(
      COUNTED_BY_TORCH[stepCase.name],
    );
  });

  it('counts the backward pass twice, but not for the images', () => {
    const [mlp] = STEP_CASES;
    const { stepMultiplyAdds } = prepareLesson(mlp!, 1);
    expect(stepMultiplyAdds).toBe(3 * (784 * 800 + 800 * 800 + 800 * 10) - 784 * 800);
  });

  it('really learns: the loss of a batch falls', async () => {
    const engine = await selectEngine('wasm', process.cwd());
    const { body, batches } = prepareLesson(STEP_CASES[0]!, 8);
    const step = engine.prepare(body);
    const losses: number[] = [];
    for (let index = 0; index < 5; index += 1) losses.push((await step.run(batches[0]!))['loss']![0]!);
    expect(losses.at(-1)).toBeLessThan(losses[0]! * 0.8);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(tf.getBackend()).toBe('wasm');
  });
});
