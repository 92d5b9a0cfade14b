import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedModel, OpenOptions } from '../opened';
import { openOnnx } from './open';

const fixtures = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../test/fixtures/onnx');
const options: OpenOptions = { baseDirectory: fixtures, context: null, weights: null };

type Reference = Record<string, { shape: number[]; values: number[] }>;
let reference: Reference;
/** Line numbers of tinynet.py, by their marks. */
const lines = new Map<string, number>();
const opened: OpenedModel[] = [];

beforeAll(async () => {
  await tf.setBackend('cpu');
  reference = JSON.parse(await readFile(path.join(fixtures, 'reference.json'), 'utf8')) as Reference;
  const source = await readFile(path.join(fixtures, 'tinynet.py'), 'utf8');
  for (const [index, line] of source.split('\n').entries()) {
    const mark = /# mark: (.+)$/.exec(line);
    if (mark) lines.set(mark[1]!, index + 1);
  }
});
afterEach(() => {
  for (const model of opened.splice(0)) model.dispose();
});

async function open(file: string, more: Partial<OpenOptions> = {}): Promise<OpenedModel> {
  const model = await openOnnx(file, { ...options, ...more });
  opened.push(model);
  return model;
}

function images(): tf.Tensor4D {
  const { shape, values } = reference['images']!;
  return tf.tensor4d(values, shape as [number, number, number, number]);
}

function expectReference(given: tf.Tensor, name: string, tolerance = 1e-5): void {
  const { shape, values } = reference[name]!;
  expect(given.shape).toEqual(shape);
  const data = given.dataSync();
  const worst = Math.max(...values.map((value, index) => Math.abs(value - data[index]!)));
  expect(worst, name).toBeLessThan(tolerance);
}

describe('files of both PyTorch exporters', () => {
  test.each(['legacy', 'legacy-quiet', 'dynamo', 'dynamo-unoptimized', 'external', 'channels-last', 'half'])(
    '%s',
    async (name) => {
      const model = await open(`${name}.onnx`);

      for (const row of model.table.rows)

          JSON.stringify({
            ...row,
            source: row.source?.chain.map((f: any) => `${f.file}:${f.line} ${f.function}`),
          }),
        );
      const [logits] = model.outputs(images(), [null]);
      expectReference(logits!, 'logits', name === 'half' ? 1e-2 : 1e-5);
    },
  );
});
