import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { LayerRow } from '../../layers/table';
import type { OpenedModel, OpenOptions } from '../opened';
import { openOnnx } from './open';

const fixtures = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../test/fixtures/onnx');
const python = path.join(fixtures, 'tinynet.py');
const options: OpenOptions = { baseDirectory: fixtures, context: null, weights: null };

type Reference = Record<string, { shape: number[]; values: number[] }>;
let reference: Reference;
/** Line numbers of tinynet.py, by their marks. */
const lines = new Map<string, number>();
const opened: OpenedModel[] = [];

beforeAll(async () => {
  await tf.setBackend('cpu');
  reference = JSON.parse(await readFile(path.join(fixtures, 'reference.json'), 'utf8')) as Reference;
  const source = await readFile(python, 'utf8');
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

function rowOf({ table }: OpenedModel, name: string): LayerRow {
  const row = table.rows.find((candidate) => candidate.name === name);
  if (row === undefined)
    throw new Error(`No row ${name} in ${table.rows.map((other) => other.name).join(', ')}`);
  return row;
}

/** Marks of the lines of a row's chain, innermost first; a number for a line without a mark. */
function marksOf({ source }: LayerRow): (string | number)[] | null {
  const marks = new Map([...lines].map(([mark, line]) => [line, mark]));
  return source?.chain.map(({ file, line }) => (file === python ? (marks.get(line) ?? line) : file)) ?? null;
}

/** What the layers of the fixtures give, by what PyTorch's modules are called in reference.json. */
const LEGACY = {
  stem: '/stem/Conv',
  block0: '/blocks.0/Relu_1',
  'block1 norm1': '/blocks.1/conv1/Conv',
  block1: '/blocks.1/Relu_1',
};
const DYNAMO = {
  stem: 'stem',
  block0: 'blocks.0/relu_2',
  'block1 norm1': 'blocks.1.norm1',
  block1: 'blocks.1/relu_4',
};

describe('what layers give', () => {
  test.each([
    ['legacy', LEGACY],
    ['legacy-quiet', LEGACY],
    ['dynamo', DYNAMO],
    ['dynamo-unoptimized', { ...DYNAMO, 'block0 conv1': 'blocks.0.conv1' }],
    ['external', DYNAMO],
    [
      'channels-last',
      Object.fromEntries(Object.entries(DYNAMO).map(([key, name]) => [key, `network.${name}`])),
    ],
  ])('%s.onnx gives what PyTorch gives', async (name, layers) => {
    const model = await open(`${name}.onnx`);
    const keys = Object.keys(layers);
    const given = model.outputs(images(), [...Object.values(layers), null]);
    keys.forEach((key, index) => {
      expectReference(given[index]!, key);
    });
    expectReference(given.at(-1)!, 'logits');
    Object.values(layers).forEach((layer, index) => {
      expect(rowOf(model, layer).shape).toEqual(given[index]!.shape.slice(1));
    });
  });

  test('halfs are as near as halfs can be', async () => {
    const model = await open('half.onnx');
    const [maps, logits] = model.outputs(images(), ['blocks.0/relu_2', null]);
    expectReference(maps!, 'block0', 2e-2);
    expectReference(logits!, 'logits', 2e-2);
    expect(maps!.dtype).toBe('float32');
  });

  test('every layer can be tapped, alone and with all others, and has the shape of its row', async () => {
    for (const file of ['legacy.onnx', 'dynamo-unoptimized.onnx', 'channels-last.onnx']) {
      const model = await open(file);
      const names = model.table.rows.map(({ name }) => name);
      const together = model.outputs(images(), names);
      for (const [index, name] of names.entries()) {
        const [alone] = model.outputs(images(), [name]);
        expect(alone!.shape, name).toEqual([2, ...rowOf(model, name).shape!]);
        const difference = tf.max(tf.abs(tf.sub(alone!, together[index]!))).dataSync()[0]!;
        expect(difference, name).toBeLessThan(1e-6);
      }
    }
  });

  test('a layer may be asked for by the tensor that other programs show', async () => {
    const model = await open('legacy.onnx');
    const [byTensor, byLayer] = model.outputs(images(), ['/blocks.0/Relu_1_output_0', '/blocks.0/Relu_1']);
    expectReference(byTensor!, 'block0');
    byTensor!.dispose();
    expectReference(byLayer!, 'block0');
  });

  test('runs a model of one image on batches of any size', async () => {
    const model = await open('legacy-quiet.onnx');
    const [first] = model.outputs(images().slice<tf.Tensor4D>([0], [1]), [null]);
    expect(first!.shape).toEqual([1, 5]);
    const five = tf.concat4d([images(), images(), images()], 0).slice<tf.Tensor4D>([1], [5]);
    const [all] = model.outputs(five, ['/stem/Conv']);
    expect(all!.shape).toEqual([5, 6, 4, 4]);
    expectReference(all!.slice([1], [2]), 'stem');
  });

  test('normalizes images as it is told', async () => {
    const normalize = { mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 2] };
    const model = await open('dynamo.onnx', { normalize });
    const raw = images().mul(tf.tensor1d(normalize.std)).add(tf.tensor1d(normalize.mean));
    const [logits] = model.outputs(raw as tf.Tensor4D, [null]);
    expectReference(logits!, 'logits');
    await expect(open('dynamo.onnx', { normalize: { mean: [0], std: [1] } })).rejects.toThrow(
      'takes images of 3 channels; `normalize` has 1 means and 1 deviations',
    );
  });

  test('gives the same numbers each time, whatever was asked for in between', async () => {
    const model = await open('dynamo.onnx');
    const [first] = model.outputs(images(), [null]);
    for (const { name } of model.table.rows.slice(0, 5)) model.outputs(images(), [name]);
    const [again] = model.outputs(images(), [null]);
    expect([...again!.dataSync()]).toEqual([...first!.dataSync()]);
  });

  test('refuses what does not fit, with both sides of it', async () => {
    const model = await open('legacy.onnx');
    expect(() => model.outputs(tf.zeros([1, 32, 32, 3]), [null])).toThrow(
      /legacy\.onnx takes images of 12×8×3 \(height × width × channels\) and was given 32×32×3\./,
    );
    expect(() => model.outputs(images(), ['/blocks.0/Relu_2'])).toThrow(
      'There is no layer `/blocks.0/Relu_2`. Did you mean `/blocks.0/Relu`',
    );
    await expect(open('legacy.onnx', { weights: '/some/weights.safetensors' })).rejects.toThrow(
      'legacy.onnx is an ONNX model and has its own weights',
    );
  });
});

describe('the layer table', () => {
  test('of the TorchScript exporter has its names', async () => {
    const { table } = await open('legacy.onnx');
    expect(table.rows.map(({ name }) => name)).toEqual([
      '/stem/Conv',
      '/Relu',
      '/blocks.0/conv1/Conv',
      '/blocks.0/Relu',
      '/blocks.0/conv2/Conv',
      '/blocks.0/Add',
      '/blocks.0/Relu_1',
      '/blocks.1/conv1/Conv',
      '/blocks.1/Relu',
      '/blocks.1/conv2/Conv',
      '/blocks.1/Add',
      '/blocks.1/Relu_1',
      '/MaxPool',
      '/ReduceMean',
      '/classify/Gemm',
    ]);
    expect(table).toMatchObject({
      label: 'legacy.onnx',
      format: 'onnx',
      input: [12, 8, 3],
      outputs: ['/classify/Gemm'],
      definition: { file: path.join(fixtures, 'legacy.onnx'), line: 1, column: 1 },
      files: [path.join(fixtures, 'legacy.onnx')],
      notes: [
        'ONNX opset 17, IR 8, exported by pytorch 2.13.0',
        'Takes [?, 3, 12, 8] as `images`, channels first, float32.',
      ],
    });
  });

  test('of the newer exporter is named after modules, with and without optimization', async () => {
    const names = async (file: string): Promise<string[]> =>
      (await open(file)).table.rows.slice(0, 9).map(({ name }) => name);
    expect(await names('dynamo.onnx')).toEqual([
      'stem',
      'relu',
      'blocks.0.norm1',
      'blocks.0/relu_1',
      'blocks.0.conv2',
      'blocks.0/add_30',
      'blocks.0/relu_2',
      'blocks.1.norm1',
      'blocks.1/relu_3',
    ]);
    expect(await names('dynamo-unoptimized.onnx')).toEqual([
      'stem',
      'relu',
      'blocks.0.conv1',
      'blocks.0.norm1',
      'blocks.0/relu_1',
      'blocks.0.conv2',
      'blocks.0/add_30',
      'blocks.0/relu_2',
      'blocks.1.conv1',
    ]);
  });

  test('counts parameters, multiply-adds and what a value looks at', async () => {
    const model = await open('dynamo-unoptimized.onnx');
    expect(rowOf(model, 'stem')).toMatchObject({
      kind: 'Conv',
      shape: [6, 4, 4],
      parameters: 3 * 4 * 9 + 4,
      multiplyAdds: 3 * 4 * 9 * 24,
      receptiveField: [3, 3],
      inputs: [],
      uses: 1,
    });
    expect(rowOf(model, 'blocks.0.norm1')).toMatchObject({ parameters: 8, receptiveField: [7, 7] });
    expect(rowOf(model, 'blocks.0/add_30')).toMatchObject({
      parameters: 0,
      inputs: ['relu', 'blocks.0.conv2'],
      receptiveField: [11, 11],
    });
    expect(rowOf(model, 'max_pool2d')).toMatchObject({ shape: [3, 2, 4], receptiveField: [21, 21] });
    expect(rowOf(model, 'classify')).toMatchObject({
      kind: 'Gemm',
      shape: [5],
      parameters: 25,
      multiplyAdds: 20,
      receptiveField: null,
    });
    // As many as PyTorch says that the network has: 112 + 2 × (144 + 8 + 148) + 25.
    expect(model.table.rows.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(737);
  });

  test('names the files of external data, and how images are taken', async () => {
    const { table } = await open('external.onnx');
    expect(table.files.map((file) => path.basename(file))).toEqual(['external.onnx', 'external.onnx.data']);
    expect(table.notes.at(-1)).toBe('It takes one image at a time; batches are run image by image.');
    const last = await open('channels-last.onnx');
    expect(last.table.input).toEqual([12, 8, 3]);
    expect(last.table.notes[1]).toBe('Takes [?, 12, 8, 3] as `images`, channels last, float32.');
  });
});

describe('lines of Python', () => {
  test('of the TorchScript exporter (verbose=True) lead through helpers and loops', async () => {
    const model = await open('legacy.onnx');
    const marks = (name: string): unknown => marksOf(rowOf(model, name));
    expect(marks('/stem/Conv')).toEqual(['stem']);
    expect(marks('/Relu')).toEqual(['activate', 'stem']);
    for (const block of ['/blocks.0', '/blocks.1']) {
      expect(marks(`${block}/conv1/Conv`)).toEqual(['block conv1', 'loop']);
      expect(marks(`${block}/Relu`)).toEqual(['activate', 'block activate', 'loop']);
      expect(marks(`${block}/conv2/Conv`)).toEqual(['block conv2', 'loop']);
      expect(marks(`${block}/Add`)).toEqual(['block sum', 'loop']);
      expect(marks(`${block}/Relu_1`)).toEqual(['activate', 'block sum', 'loop']);
    }
    expect(marks('/MaxPool')).toEqual(['pool']);
    expect(marks('/classify/Gemm')).toEqual(['head']);
    expect(rowOf(model, '/Relu').source).toMatchObject({
      file: python,
      line: lines.get('activate'),
      column: 1,
      chain: [{ function: 'activate' }, { function: 'forward' }],
    });
  });

  test.each(['dynamo.onnx', 'dynamo-unoptimized.onnx', 'external.onnx', 'half.onnx'])(
    'of the newer exporter: %s',
    async (file) => {
      const model = await open(file);
      const marks = (name: string): unknown => marksOf(rowOf(model, name));
      expect(marks('stem')).toEqual(['stem']);
      for (const block of ['blocks.0', 'blocks.1']) {
        // Where the normalization was folded into the convolution, the result is that of the normalization.
        expect(marks(`${block}.norm1`)).toEqual(['block norm1', 'loop']);
        expect(marks(`${block}.conv2`)).toEqual(['block conv2', 'loop']);
      }
      expect(marks('blocks.0/relu_1')).toEqual(['block activate', 'loop']);
      expect(marks('blocks.1/relu_4')).toEqual(['block sum', 'loop']);
      expect(marks('max_pool2d')).toEqual(['pool']);
      expect(marks('classify')).toEqual(['head']);
      if (file === 'dynamo-unoptimized.onnx') {
        expect(marks('blocks.1.conv1')).toEqual(['block conv1', 'loop']);
      }
    },
  );

  test('are missing where the exporter wrote none', async () => {
    const model = await open('legacy-quiet.onnx');
    expect(model.table.rows.map(({ source }) => source)).toEqual(model.table.rows.map(() => null));
  });
});
