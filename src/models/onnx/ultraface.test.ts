import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InferenceSession } from '../../engine/inference';
import type { OpenedModel } from '../opened';
import { openOnnx } from './open';

const dataFolder = process.env['DISTILLERY_DATA'];
const file = path.join(dataFolder ?? '', 'ultraface/version-slim-320.onnx');
const present = dataFolder !== undefined && existsSync(file);

describe.skipIf(!present)('a detector that others exported (needs DISTILLERY_DATA with ultraface/)', () => {
  let model: OpenedModel;
  let images: tf.Tensor4D;
  beforeAll(async () => {
    await tf.setBackend('cpu');
    model = await openOnnx(file, { baseDirectory: '/', context: null, weights: null });
    images = tf.randomUniform([2, 240, 320, 3], 0, 1, 'float32', 3);
  });
  afterAll(() => {
    model.dispose();
  });

  test('is listed', () => {
    const { table } = model;
    expect(table).toMatchObject({ input: [240, 320, 3], outputs: ['scores', 'boxes'] });
    expect(table.notes).toContain('ONNX opset 9, IR 4, exported by pytorch 1.2');
    expect(table.rows).toHaveLength(138);
    expect(table.rows.every(({ shape }) => shape !== null && !shape.includes(-1))).toBe(true);
    // Its exporter gave no names, so layers are called as the tensors that they give.
    const [first, last] = [table.rows[0]!, table.rows.find(({ name }) => name === '350')!];
    expect(first).toMatchObject({ name: '185', kind: 'Conv', shape: [120, 160, 16], parameters: 432 });
    expect(first).toMatchObject({ receptiveField: [3, 3], source: null, multiplyAdds: 432 * 120 * 160 });
    expect(last).toMatchObject({ kind: 'Conv', shape: [4, 5, 6], parameters: 13830, inputs: ['349'] });
  });

  test('gives what onnxruntime alone gives, with taps and without', async () => {
    const bytes = await readFile(file);
    const session = new InferenceSession(bytes, { folder: path.dirname(file), optimize: true });
    const first = images.slice([0], [1]).transpose([0, 3, 1, 2]).dataSync<'float32'>();
    const [expected] = session.run({ name: 'input', type: 'float32', dims: [1, 3, 240, 320], data: first }, [
      'scores',
    ]);
    session.dispose();
    const taps = model.table.rows.filter((_, index) => index % 9 === 4).map(({ name }) => name);
    const [alone] = model.outputs(images, [null]);
    const [tapped] = model.outputs(images, [null, ...taps]);
    expect(alone!.shape).toEqual([2, 4420, 2]);
    for (const given of [alone!, tapped!]) {
      const data = given.dataSync();
      const worst = Math.max(
        ...Array.from(expected!.data as Float32Array, (value, index) => Math.abs(value - data[index]!)),
      );
      expect(worst).toBeLessThan(1e-5);
    }
  });

  test('every layer gives what its row says', () => {
    const names = model.table.rows.map(({ name }) => name);
    const given = model.outputs(images, names);
    expect(given.map(({ shape }) => shape)).toEqual(model.table.rows.map(({ shape }) => [2, ...shape!]));
  });
});
