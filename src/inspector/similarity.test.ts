import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { compareLayers } from './similarity';

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
