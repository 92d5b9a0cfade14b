import { mkdtemp, readFile, rm, truncate, unlink, writeFile, appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from '../model';
import { openModel } from '../open';
import type { OpenOptions } from '../opened';
import { zooModel } from '../zoo/zoo';
import { graphByHand, graphNodes, saveLayersModel, writeGraphModel } from './fixture';

let root: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  root = await mkdtemp(join(tmpdir(), 'distillery tfjs '));
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

const open = (file: string, others: Partial<OpenOptions> = {}) =>
  openModel(`./${basename(file)}`, { baseDirectory: dirname(file), context: null, weights: null, ...others });

async function failure(file: string, others: Partial<OpenOptions> = {}): Promise<ModelError> {
  const error: unknown = await open(file, others).catch((reason: unknown) => reason);
  if (error instanceof ModelError) return error;
  throw new Error('No ModelError.', { cause: error });
}

const valuesOf = (tensor: tf.Tensor) => [...tensor.dataSync()];
const imagesOf = (...shape: [number, number, number, number]) =>
  tf.randomUniform<tf.Rank.R4>(shape, 0, 1, 'float32', 3);

/** A model with a model in it. */
function nested(): tf.LayersModel {
  const { conv2d, batchNormalization, flatten, dense } = tf.layers;
  const inner = tf.sequential({
    name: 'inner',
    layers: [
      conv2d({ name: 'conv', inputShape: [4, 4, 2], filters: 3, kernelSize: 3 }),
      batchNormalization({ name: 'bn' }),
    ],
  });
  const images = tf.input({ shape: [4, 4, 2], name: 'images' });
  const flat = flatten({ name: 'flat' }).apply(inner.apply(images));
  return tf.model({
    inputs: images,
    outputs: dense({ name: 'logits', units: 4 }).apply(flat) as tf.SymbolicTensor,
  });
}

describe('tfjs models of layers', () => {
  it('have a table, sources in model.json, and give what the model gave', async () => {
    const model = nested();
    const file = await saveLayersModel(model, join(root, 'layers'), { shardBytes: 100, indent: 1 });
    const opened = await open(file);
    const { table } = opened;
    expect(table).toMatchObject({
      label: './model.json',
      format: 'tfjs-layers',
      input: [4, 4, 2],
      outputs: ['logits'],
      definition: { file, line: 1, column: 1 },
    });
    expect(table.notes).toEqual([expect.stringMatching(/^Made by TensorFlow\.js tfjs-layers/)]);
    expect(table.files.map((each) => basename(each))).toEqual([
      'model.json',
      ...[1, 2, 3, 4, 5].map((shard) => `group1-shard${shard}.bin`),
    ]);
    expect(table.rows.map(({ name, parameters }) => [name, parameters])).toEqual([
      ['inner/conv', 57],
      ['inner/bn', 6],
      ['flat', 0],
      ['logits', 52],
    ]);
    const lines = (await readFile(file, 'utf8')).split('\n');
    for (const { name, source } of table.rows) {
      const { line, column, chain } = source!;
      expect(chain).toEqual([{ file, line, column, function: null }]);
      expect(lines[line - 1]!.slice(column - 1)).toBe('{');
      // A layer's own object: its name is the first one after it.
      const rest = lines.slice(line - 1).join('\n');
      expect(/"name": ?"([^"]+)"/.exec(rest)![1]).toBe(name.split('/').at(-1));
    }
    const images = imagesOf(2, 4, 4, 2);
    const [logits, conv] = opened.outputs(images, [null, 'inner/conv']);
    expect(valuesOf(logits!)).toEqual(valuesOf(model.predict(images) as tf.Tensor));
    expect(conv!.shape).toEqual([2, 2, 2, 3]);
    expect(opened.layersModel!.trainableWeights).toHaveLength(6);
    opened.dispose();
  });

  it('know the place of layers on a single line, and of a model that is a tf.sequential', async () => {
    const file = await saveLayersModel(
      tf.sequential({
        layers: [
          tf.layers.dense({ name: 'first', inputShape: [3], units: 2 }),
          tf.layers.dense({ name: 'second', units: 1 }),
        ],
      }),
      join(root, 'line'),
    );
    const text = await readFile(file, 'utf8');
    const { rows, input } = (await open(file)).table;
    expect(input).toBeNull();
    for (const { source, name } of rows) {
      expect(source!.line).toBe(1);
      const rest = text.slice(source!.column - 1);
      expect(rest).toMatch(/^\{"class_name":"Dense"/);
      expect(
        /"name":"([^"]+)"/.exec(rest.replace(/"\w+_initializer":.*?"config":\{[^}]*\}\}/g, ''))?.[1],
      ).toBe(name);
    }
  });

  it('see normalized images', async () => {
    const model = nested();
    const file = await saveLayersModel(model, join(root, 'normalized'));
    const opened = await open(file, { normalize: { mean: [0.5, 0.25], std: [0.5, 2] } });
    const images = imagesOf(1, 4, 4, 2);
    const normal = tf.div<tf.Tensor4D>(tf.sub(images, [0.5, 0.25]), [0.5, 2]);
    expect(valuesOf(opened.outputs(images, [null])[0]!)).toEqual(
      valuesOf(model.predict(normal) as tf.Tensor),
    );
    expect(() => opened.outputs(imagesOf(1, 5, 4, 2), [null])).toThrow(
      'takes images of 4×4×2 (height, width, channels), not 5×4×2.',
    );
    expect(() => opened.outputs(images, ['inner/con'])).toThrow('Did you mean `inner/conv`');
    const before = tf.memory().numTensors;
    tf.dispose(opened.outputs(images, ['flat', null]));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('equal a zoo model that was saved', async () => {
    const model = zooModel('resnet20').build({ inputShape: [32, 32, 3], classes: 10, options: {} });
    const { table } = await open(await saveLayersModel(model, join(root, 'zoo')));
    expect(table.rows).toHaveLength(72);
    expect(table.rows.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(272_474);
  });
});

describe('broken files of tfjs', () => {
  const saved = (name: string, shardBytes?: number) =>
    saveLayersModel(nested(), join(root, name), shardBytes === undefined ? {} : { shardBytes });
  const change = async (file: string, edit: (text: string) => string) => {
    await writeFile(file, edit(await readFile(file, 'utf8')));
  };

  it('are told with the bytes that are needed', async () => {
    const bytes = 4 * (57 + 12 + 52);
    const short = await saved('short');
    const shard = join(dirname(short), 'group1-shard1.bin');
    await truncate(shard, 100);
    expect(await failure(short)).toMatchObject({
      code: 'bad-weights',
      message: `${shard} (100 bytes): the 8 weights that ${short} lists need ${bytes} bytes, not 100 bytes. A file is cut short or damaged.`,
    });
    await appendFile(shard, Buffer.alloc(1000));
    expect((await failure(short)).message).toContain(
      'not 1,100 bytes. A file is too long, or belongs to another model.',
    );
    const missing = await saved('missing', 300);
    const second = join(dirname(missing), 'group1-shard2.bin');
    await unlink(second);
    expect((await failure(missing)).message).toMatch(
      /^.*group1-shard2\.bin, one of the 2 files with 484 bytes of weights, cannot be read: ENOENT/,
    );
  });

  it.each([
    '../weights.bin',
    '/etc/passwd',
    'a/../../b.bin',
    '..\\weights.bin',
    'C:\\weights.bin',
    'https://host/w.bin',
    '',
  ])('never lead out of their folder: %j', async (path) => {
    const file = await saved('escape');
    await change(file, (text) => text.replace('"group1-shard1.bin"', JSON.stringify(path)));
    expect(await failure(file)).toMatchObject({
      code: 'bad-weights',
      message: expect.stringContaining(`names weights outside its own folder, \`${path}\``) as string,
    });
  });

  it('are told where they are broken', async () => {
    const half = await saved('half');
    await writeFile(half, '{\n  "modelTopology": {\n    "node": oops');
    expect(await failure(half)).toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining(`${half} is not JSON: `) as string,
      source: { file: half, line: 3 },
    });
    await writeFile(half, '{\n "modelTopology": [');
    expect(await failure(half)).toMatchObject({ source: { file: half, line: 2, column: 20 } });
    await writeFile(half, '{"name": "package"}');
    expect((await failure(half)).message).toContain('it has no `modelTopology`.');
    await writeFile(half, '[]');
    expect((await failure(half)).message).toContain('is no model of TensorFlow.js');
    await writeFile(half, '{"modelTopology": {},\n "format": "tflite"}');
    expect(await failure(half)).toMatchObject({
      message: expect.stringContaining('has the format `tflite`; formats that can be read are') as string,
      source: { line: 2, column: 12 },
    });
    await unlink(half);
    expect(await failure(half)).toMatchObject({ code: 'missing-file' });
  });

  it('are told with the kind of layer that nobody knows, and with weights of another model', async () => {
    const file = await saved('unknown');
    await change(file, (text) => text.replace('"Flatten"', '"Mystery"'));
    expect(await failure(file)).toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining(
        'a layer of the kind `Mystery`, which TensorFlow.js does not know',
      ) as string,
    });
    const other = await saved('other');
    await change(other, (text) => text.replace('"units":4', '"units":5'));
    expect(await failure(other)).toMatchObject({ code: 'bad-weights' });
  });
});

describe('tfjs graph models', () => {
  it('have a table of their nodes', async () => {
    const file = await writeGraphModel(join(root, 'graph'));
    const { table, layersModel } = await open(file);
    expect(layersModel).toBeNull();
    expect(table).toMatchObject({ format: 'tfjs-graph', input: [4, 4, 2], outputs: ['logits'] });
    expect(table.notes).toEqual([
      'Made by TensorFlow 2.11.0.',
      'Converted by TensorFlow.js Converter v4.22.0.',
      'A graph model: it can teach, but not be trained.',
    ]);
    expect(
      table.rows.map((row) => [
        ...[row.name, row.kind, row.shape?.join('×'), row.parameters, row.multiplyAdds],
        ...[row.receptiveField?.join('×'), row.inputs.join(), row.source?.line],
      ]),
    ).toEqual([
      ['conv/map', 'Conv2D', '2×2×3', 54, 54 * 4, '3×3', '', 8],
      ['conv/biased', 'BiasAdd', '2×2×3', 3, 0, '3×3', 'conv/map', 9],
      ['conv/relu', 'Relu', '2×2×3', 0, 0, '3×3', 'conv/biased', 10],
      ['flat', 'Reshape', '12', 0, 0, undefined, 'conv/relu', 11],
      ['logits', 'MatMul', '4', 48, 48, undefined, 'flat', 12],
    ]);
  });

  it('give the values of all nodes', async () => {
    const opened = await open(await writeGraphModel(join(root, 'values')));
    const images = imagesOf(3, 4, 4, 2);
    const before = tf.memory().numTensors;
    const [relu, logits, again] = opened.outputs(images, ['conv/relu', null, 'logits']);
    expect(tf.memory().numTensors).toBe(before + 3);
    const byHand = graphByHand(images);
    expect(valuesOf(relu!)).toEqual(valuesOf(byHand.relu));
    expect(valuesOf(logits!)).toEqual(valuesOf(byHand.logits));
    expect(valuesOf(again!)).toEqual(valuesOf(logits!));
    expect(relu!.shape).toEqual([3, 2, 2, 3]);
    expect(() => opened.outputs(images, ['conv/rel'])).toThrow('Did you mean `conv/relu`');
    expect(() => opened.outputs(imagesOf(1, 8, 8, 2), [null])).toThrow('takes images of 4×4×2');
    opened.dispose();
  });

  it('take their size from the data where they take any', async () => {
    const free = graphNodes.map((node) =>
      node.op === 'Placeholder'
        ? {
            ...node,
            attr: { shape: { shape: { dim: [-1, -1, -1, 2].map((size) => ({ size: String(size) })) } } },
          }
        : node,
    );
    const file = await writeGraphModel(join(root, 'free'), free);
    const unknown = (await open(file)).table;
    expect([unknown.input, unknown.rows[0]!.shape]).toEqual([[-1, -1, 2], null]);
    expect(unknown.notes.at(-1)).toContain('takes images of any size');
    const known = (await open(file, { context: { inputShape: [4, 4, 2], classes: 4, options: {} } })).table;
    expect([known.input, known.rows[0]!.shape]).toEqual([
      [4, 4, 2],
      [2, 2, 3],
    ]);
  });

  it('are listed also where they cannot be run at once', async () => {
    const dynamic = [...graphNodes, { name: 'found', op: 'Where', input: ['conv/relu'], attr: {} }];
    const opened = await open(await writeGraphModel(join(root, 'dynamic'), dynamic));
    const { table } = opened;
    expect(table.outputs).toEqual(['logits', 'found']);
    expect(table.rows.map(({ shape }) => shape)).toEqual(table.rows.map(() => null));
    expect(table.notes.at(-1)).toMatch(
      /^Shapes are unknown: the model cannot be run at once \(.*dynamic op 'Where'/,
    );
    expect(() => opened.outputs(imagesOf(1, 4, 4, 2), ['found'])).toThrow(
      './model.json cannot be run: This execution',
    );
    expect(opened.outputs(imagesOf(1, 4, 4, 2), ['logits'])[0]!.shape).toEqual([1, 4]);
  });

  it('are refused with the place of what is damaged', async () => {
    const cut = graphNodes.filter(({ name }) => name !== 'conv/biased');
    const file = await writeGraphModel(join(root, 'cut'), cut);
    expect(await failure(file)).toMatchObject({
      code: 'bad-model',
      message: expect.stringContaining('The node `conv/relu` of') as string,
      source: { file, line: 9, column: 1 },
    });
    const whole = await writeGraphModel(join(root, 'whole'));
    expect((await failure(whole, { weights: '/w.safetensors' })).code).toBe('bad-weights');
  });
});
