import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from './model';
import { openModel } from './open';
import type { OpenOptions } from './opened';
import { writeSafetensors, type StoredTensor } from './safetensors';
import { modelWeights, storeTensors } from './weights';

let root: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  root = await realpath(await mkdtemp(join(tmpdir(), 'distillery open ')));
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

const write = async (name: string, data: string | Uint8Array) => {
  const file = join(root, name);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, data);
  return file;
};
const open = (reference: string, others: Partial<OpenOptions> = {}) =>
  openModel(reference, { baseDirectory: root, context: null, weights: null, ...others });

async function failure(reference: string, others: Partial<OpenOptions> = {}): Promise<ModelError> {
  const error: unknown = await open(reference, others).catch((reason: unknown) => reason);
  if (error instanceof ModelError) return error;
  throw new Error('No ModelError.', { cause: error });
}

const start = "import * as tf from '@tensorflow/tfjs';\n";
/** Two outputs, the second with a softmax: no classifier. */
const detector = `export function detector({ inputShape, classes, options }) {
  const image = tf.input({ shape: inputShape });
  const map = tf.layers.conv2d({ name: 'map', filters: options.width ?? 5, kernelSize: 3 }).apply(image);
  const flat = tf.layers.flatten({ name: 'flat' }).apply(map);
  const scores = tf.layers.dense({ name: 'scores', units: classes, activation: 'softmax' }).apply(flat);
  return tf.model({ inputs: image, outputs: [map, scores] });
}
`;
const context = { inputShape: [6, 6, 2] as [number, number, number], classes: 4, options: { width: 3 } };

describe('openModel on code', () => {
  it('takes any model, and a usual size, where there is no data', async () => {
    const file = await write('one.js', start + detector);
    await write('lib/part.js', 'export const part = 1;');
    const helper = await write(
      'two.js',
      "export { detector } from './one';\nexport { part } from './lib/part';\n",
    );
    const { table, layersModel } = await open('./one.js');
    expect(table).toMatchObject({
      label: './one.js#detector',
      format: 'code',
      input: [32, 32, 3],
      outputs: ['map', 'scores'],
      definition: { file, line: 2, column: 8 },
      files: [file],
      notes: ['Built for images of 32×32×3 and 10 classes, as nothing else was said.'],
    });
    expect(table.rows[0]).toMatchObject({
      name: 'map',
      shape: [30, 30, 5],
      receptiveField: [3, 3],
      inputs: [],
      uses: 1,
    });
    expect(table.rows[0]!.source).toMatchObject({
      file,
      line: 4,
      column: 25,
      chain: [{ function: 'detector' }],
    });
    expect(layersModel).toBeInstanceOf(tf.LayersModel);
    const { files, definition } = (await open('./two.js')).table;
    expect(files).toEqual([helper, join(root, 'lib', 'part.js'), file]);
    expect(definition).toEqual({ file, line: 2, column: 8 });
  });

  it('takes the first output of several, and gives each that is asked for', async () => {
    await write('one.js', start + detector);
    const opened = await open('./one.js', { context, classifier: false });
    const images = tf.randomUniform<tf.Rank.R4>([2, 6, 6, 2]);
    const [scores, first, flat] = opened.outputs(images, ['scores', null, 'flat']);
    expect([scores!.shape, first!.shape, flat!.shape]).toEqual([
      [2, 4],
      [2, 4, 4, 3],
      [2, 48],
    ]);
    expect([...flat!.dataSync()]).toEqual([...first!.dataSync()]);
    expect(() => opened.outputs(images, ['score'])).toThrow('Did you mean `scores`');
    expect(() => opened.outputs(tf.zeros([1, 8, 8, 2]), [null])).toThrow('takes images of 6×6×2');
    opened.dispose();
  });

  it('asks for a classifier of the data, and an export, where there is data', async () => {
    await write('one.js', start + detector);
    expect((await failure('./one.js#detector', { context })).message).toContain('has 2 outputs');
    expect(await failure('./one.js', { context })).toMatchObject({ code: 'unknown-model' });
  });

  it('takes a model that is exported as such, from where it is made', async () => {
    const file = await write(
      'made.ts',
      `${start}\nexport default tf.sequential({ layers: [tf.layers.dense({ inputShape: [7], units: 2 })] });\nexport const other = () => null;\n`,
    );
    const { table } = await open('./made.ts');
    expect(table).toMatchObject({
      label: './made.ts#default',
      input: null,
      definition: { file, line: 3, column: 19 },
    });
    expect((await failure('./made.ts#default', { context })).message).toContain('is no function.');
  });

  it('asks which of several exports is meant', async () => {
    const file = await write(
      'several.js',
      `${start}export const size = 3;\nexport const a = () => null;\nexport const b = () => null;\n`,
    );
    expect(await failure('./several.js')).toMatchObject({
      code: 'unknown-export',
      message: './several.js exports several functions. Say which: ./several.js#a, ./several.js#b.',
      suggestion: './several.js#a',
      source: { file, line: 1, column: 1 },
    });
    await write('none.js', 'export const size = 3;\n');
    expect((await failure('./none.js')).message).toContain('./none.js exports no model. Export a function');
  });

  it('tells options that the code never reads, and files that are no models', async () => {
    await write('one.js', start + detector);
    const { table } = await open('./one.js', {
      context: { ...context, options: { widht: 3 } },
      classifier: false,
    });
    expect(table.notes).toEqual(['The code of the model never reads the option `widht`.']);
    expect((await failure('net.h5')).message).toContain(
      'models of the format `.h5` cannot be read. Model code ends in .ts,',
    );
    expect(await failure('./on.js')).toMatchObject({ code: 'missing-file', suggestion: './one.js' });
  });

  it('finds the definition of functions that look alike', async () => {
    const file = await write(
      'alike.js',
      `${start}const net = () => tf.sequential({ layers: [tf.layers.dense({ inputShape: [7], units: 2 })] });\nexport const a = () => net();\nexport const b = () => net();\n`,
    );
    expect((await open('./alike.js#b')).table.definition).toMatchObject({ file, line: 4 });
  });
});

describe('openModel on the zoo and on weights', () => {
  it('opens the zoo, with weights', async () => {
    const trained = await open('zoo/conv-thin', { context: { ...context, options: {} } });
    const file = await write(
      'thin.safetensors',
      writeSafetensors(await storeTensors(modelWeights(trained.layersModel!)), { made: 'by a test' }),
    );
    const opened = await open('zoo/conv-thin', { context: { ...context, options: {} }, weights: file });
    expect(opened.table).toMatchObject({
      label: 'zoo/conv-thin',
      format: 'zoo',
      definition: null,
      files: [file],
      notes: [],
    });
    expect(opened.table.rows.map(({ source }) => source)).toEqual(opened.table.rows.map(() => null));
    const images = tf.randomUniform<tf.Rank.R4>([2, 6, 6, 2]);
    expect([...opened.outputs(images, [null])[0]!.dataSync()]).toEqual([
      ...trained.outputs(images, [null])[0]!.dataSync(),
    ]);

    const { table } = await open('./thin.safetensors');
    const counted = (rows: typeof table.rows) =>
      rows
        .filter(({ parameters }) => parameters > 0)
        .map(({ name, kind, parameters }) => `${name} ${kind} ${parameters}`);
    expect(counted(table.rows).sort()).toEqual(counted(opened.table.rows).sort());
    expect(table).toMatchObject({ format: 'weights', input: null, outputs: [], files: [file] });
    expect(table.notes.at(-1)).toBe('made: by a test');
  });

  it('groups the weights that PyTorch names, and says that they cannot be run', async () => {
    const tensor = (...shape: number[]): StoredTensor => ({
      dtype: 'F32',
      shape,
      data: new Float32Array(shape.reduce((size, axis) => size * axis, 1)),
    });
    await write(
      'torch.safetensors',
      writeSafetensors(
        new Map([
          ['layer10.conv.weight', tensor(4, 3, 3, 3)],
          ['layer2.bn.weight', tensor(4)],
          ['layer2.bn.running_mean', tensor(4)],
          ['fc.weight', tensor(10, 4)],
          ['fc.bias', tensor(10)],
          ['scale', tensor()],
        ]),
      ),
    );
    const opened = await open('torch.safetensors');
    expect(
      opened.table.rows.map(({ name, kind, shape, parameters }) => [name, kind, shape, parameters]),
    ).toEqual([
      ['fc', 'Dense', null, 50],
      ['layer2.bn', 'BatchNormalization', null, 4],
      ['layer10.conv', 'Conv2D', null, 108],
      ['scale', 'weights', null, 1],
    ]);
    expect(() => opened.outputs(tf.zeros([1, 2, 2, 1]), [null])).toThrow('holds weights alone, no network.');
  });
});

describe('openModel on Darknet', () => {
  it('takes the weights beside the cfg', async () => {
    const cfg = await write(
      'tiny.cfg',
      '[net]\nheight=4\nwidth=4\nchannels=1\n\n[convolutional]\nfilters=2\nsize=1\nstride=1\nactivation=linear\n',
    );
    const random = await open('tiny.cfg');
    expect(random.table).toMatchObject({ format: 'darknet', files: [cfg] });
    const header = Buffer.alloc(20);
    header.writeInt32LE(2, 4);
    const weights = await write(
      'tiny.weights',
      Buffer.concat([header, Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)]),
    );
    expect((await open('tiny.cfg')).table.files).toEqual([cfg, weights]);
  });
});
