import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freshModels, type ModelSource } from '../trainer/modelSource';
import { ModelShelf } from './modelShelf';

const context = { inputShape: [8, 8, 1] as [number, number, number], classes: 4, options: {} };

let folder: string;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  folder = await mkdtemp(path.join(tmpdir(), 'distillery shelf '));
  await writeFile(path.join(folder, 'parts.ts'), 'export const units = 3;\n');
  await writeFile(
    path.join(folder, 'model.ts'),
    `import * as tf from '@tensorflow/tfjs';
import { units } from './parts';
export const model = ({ inputShape, classes }) => tf.sequential({
  layers: [tf.layers.flatten({ inputShape }), tf.layers.dense({ units }), tf.layers.dense({ units: classes })],
});
export const broken = () => { throw new Error('no'); };
`,
  );
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function shelfOf(mostBytes?: number): { shelf: ModelShelf; load: ReturnType<typeof vi.fn> } {
  const load = vi.fn((...given: Parameters<ModelSource['load']>) => freshModels.load(...given));
  return { shelf: new ModelShelf({ ...freshModels, load }, mostBytes), load };
}

describe('a shelf of models', () => {
  test('builds a model once, until a file that it was made from changes', async () => {
    const { shelf, load } = shelfOf();
    const take = () => shelf.load('./model.ts#model', context, { baseDirectory: folder });
    const first = await take();
    expect(await take()).toBe(first);
    await utimes(path.join(folder, 'parts.ts'), new Date(), new Date(Date.now() + 10_000));
    expect(await take()).not.toBe(first);
    expect(load).toHaveBeenCalledTimes(2);
    await shelf.load('./model.ts#model', { ...context, classes: 5 }, { baseDirectory: folder });
    expect(load).toHaveBeenCalledTimes(3);
  });

  test('remembers why a model could not be built', async () => {
    const { shelf, load } = shelfOf();
    const take = () => shelf.load('./model.ts#broken', context, { baseDirectory: folder });
    await expect(take()).rejects.toThrow('no');
    await expect(take()).rejects.toThrow('no');
    expect(load).toHaveBeenCalledTimes(1);
  });

  test('throws away what is too much, the least used first, with all its tensors', async () => {
    const before = tf.memory().numTensors;
    // Each has 3 · 65 + 4 · 4 weights of four bytes.
    const { shelf } = shelfOf(1000);
    const take = (classes: number) =>
      shelf.load('./model.ts#model', { ...context, classes }, { baseDirectory: folder });
    const old = await take(4);
    const tensorsOfOne = tf.memory().numTensors - before;
    await take(5);
    shelf.tidy();
    expect(tf.memory().numTensors - before).toBe(tensorsOfOne);
    expect(() => old.model.weights[0]!.read()).toThrow('already disposed');
    await shelf.load('zoo/mlp', context, { baseDirectory: folder });
    shelf.tidy();
    expect(tf.memory().numTensors).toBe(before);
  });
});
