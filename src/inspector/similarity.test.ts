import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { compareLayers, planBatches } from './similarity';

describe('planBatches', () => {
  const sights = (values: number) => ({ teacher: { values }, student: { values } });

  test('shows all images at once where what the layers give fits into memory', () => {
    expect(planBatches(256, sights(10_000))).toEqual({ batch: 256, batches: 1, estimator: 'biased' });
  });

  test('makes batches of one size where it does not, with the estimator for that', () => {
    // 8 MB for each image: 32 fit.
    expect(planBatches(256, sights(1024 * 1024))).toEqual({ batch: 32, batches: 8, estimator: 'unbiased' });
    expect(planBatches(100, sights(1024 * 1024))).toEqual({ batch: 25, batches: 4, estimator: 'unbiased' });
  });

  test('never makes batches that are too small to tell anything', () => {
    const plan = planBatches(100, sights(1024 * 1024 * 1024));
    expect(plan.batch).toBeGreaterThanOrEqual(7);
    expect(plan.estimator).toBe('unbiased');
    expect(planBatches(3, sights(1024 * 1024 * 1024))).toEqual({ batch: 3, batches: 1, estimator: 'biased' });
  });
});

test('lets go of the teacher where the student cannot be opened', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'distillery similarity '));
  const data = 'data: { dataset: digits }\n';
  await writeFile(path.join(folder, 'teacher.distill.yaml'), `${data}student: { model: zoo/mlp }\n`);
  const file = path.join(folder, 'x.distill.yaml');
  const text = `${data}teacher: { experiment: ./teacher.distill.yaml }\nstudent: { model: ./gone.ts#student }\ndistill: { soft: {} }\n`;
  const compare = (): Promise<unknown> => compareLayers({ file, text }, 0, 8, () => undefined);
  await expect(compare()).rejects.toThrow('gone.ts does not exist');
  const { numTensors } = tf.memory();
  await expect(compare()).rejects.toThrow('gone.ts does not exist');
  expect(tf.memory().numTensors).toBe(numTensors);
  await rm(folder, { recursive: true });
});
