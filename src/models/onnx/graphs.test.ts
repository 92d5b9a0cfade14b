import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LayerRow } from '../../layers/table';
import { TensorProto_DataType as TensorType, type GraphProto, type NodeProto } from '../../onnx/onnx_pb';
import type { OpenedModel, OpenOptions } from '../opened';
import { halfTable, toHalf } from './half';
import { openOnnx } from './open';
import { parsePythonList } from './properties';
import { graphOf, integers, modelBytes, node, value, weights } from './smallModels';

let folder: string;
const opened: OpenedModel[] = [];
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(path.join(tmpdir(), 'distillery-onnx-'));
});
afterAll(async () => {
  for (const model of opened) model.dispose();
  await rm(folder, { recursive: true });
});

async function open(
  graph: GraphProto,
  context: OpenOptions['context'] = null,
  opset = 17,
): Promise<OpenedModel> {
  await writeFile(path.join(folder, 'model.onnx'), modelBytes(graph, { opset }));
  const model = await openOnnx('model.onnx', { baseDirectory: folder, context, weights: null });
  opened.push(model);
  return model;
}

function rows({ table }: OpenedModel): Record<string, LayerRow> {
  return Object.fromEntries(table.rows.map((row) => [row.name, row]));
}

describe('images', () => {
  test('go into a model of bytes as bytes', async () => {
    const model = await open(
      graphOf({
        node: [node('Cast', ['images'], ['numbers'], { to: 1 }), node('Neg', ['numbers'], ['out'])],
        input: [value('images', ['n', 2, 2, 3], TensorType.UINT8)],
        output: [value('out', null)],
      }),
    );
    expect(model.table.notes[1]).toBe('Takes [?, 2, 2, 3] as `images`, channels last, uint8.');
    const images = tf.tensor4d([0, 1, 0.5, 1.5, -1, 0.1, 0, 0, 0, 0, 0, 0], [1, 2, 2, 3]);
    const [out] = model.outputs(images, ['out']);
    expect([...out!.dataSync()].slice(0, 6)).toEqual([-0, -255, -128, -255, -0, -26]);
    // What only changes the type of numbers has no row, and is seen through.
    expect(model.table.rows.map(({ name, inputs }) => [name, inputs])).toEqual([['out', []]]);
  });

  test('of any size have the size of the data, where that is known', async () => {
    const graph = graphOf({
      node: [
        node('Conv', ['images', 'filter'], ['maps'], { strides: [2, 2] }),
        node('Shape', ['maps'], ['lengths']),
        node('Gather', ['lengths', 'first'], ['count']),
        node('Concat', ['count', 'rest'], ['wanted'], { axis: 0 }),
        node('Reshape', ['maps', 'wanted'], ['flat']),
      ],
      input: [value('images', ['n', 3, 'height', 'width'])],
      output: [value('flat', null)],
      initializer: [weights('filter', [4, 3, 1, 1]), integers('first', [0]), integers('rest', [-1])],
    });
    const anySize = await open(graph);
    expect(anySize.table.input).toEqual([-1, -1, 3]);
    // Nothing that only computes lengths has a row.
    expect(anySize.table.rows.map(({ name, shape }) => [name, shape])).toEqual([
      ['maps', [-1, -1, 4]],
      ['flat', [-1]],
    ]);
    expect(rows(anySize)['maps']!.multiplyAdds).toBe(0);
    const context = { inputShape: [8, 6, 3] as [number, number, number], classes: 10, options: {} };
    const known = await open(graph, context);
    expect(known.table.input).toEqual([8, 6, 3]);
    expect(known.table.rows.map(({ shape }) => shape)).toEqual([[4, 3, 4], [48]]);
    expect(rows(known)['maps']!.multiplyAdds).toBe(12 * 12);
    expect(known.outputs(tf.ones([3, 10, 10, 3]), ['flat'])[0]!.shape).toEqual([3, 100]);
  });

  test('are refused by a model that takes something else, which can be looked at all the same', async () => {
    const model = await open(
      graphOf({
        node: [node('MatMul', ['numbers', 'matrix'], ['out'])],
        input: [value('numbers', ['n', 8])],
        output: [value('out', null)],
        initializer: [weights('matrix', [8, 2])],
      }),
    );
    expect(model.table.input).toBeNull();
    expect(rows(model)['out']).toMatchObject({ parameters: 16, multiplyAdds: 16, shape: [2] });
    expect(() => model.outputs(tf.ones([1, 2, 2, 3]), [null])).toThrow(
      /takes \[\?, 8\], which are no images/,
    );
  });

  test('whose channels are neither 1, 3 nor 4 are told by the data', async () => {
    const graph = graphOf({
      node: [node('Relu', ['images'], ['out'])],
      input: [value('images', ['n', 8, 8, 2])],
      output: [value('out', null)],
    });
    expect((await open(graph)).table.input).toEqual([8, 2, 8]);
    const context = { inputShape: [8, 8, 2] as [number, number, number], classes: 2, options: {} };
    expect((await open(graph, context)).table.input).toEqual([8, 8, 2]);
  });
});

describe('rows', () => {
  test('know the order of channels behind a Transpose, and what windows look at', async () => {
    const model = await open(
      graphOf({
        node: [
          node('MaxPool', ['images'], ['pool'], { kernel_shape: [3, 2], strides: [2, 2] }),
          node('ConvTranspose', ['pool', 'filter'], ['grown'], { strides: [2, 2] }),
          node('Transpose', ['grown'], ['last'], { perm: [0, 2, 3, 1] }),
          node('Conv', ['images', 'dilated'], ['wide'], { dilations: [2, 3] }),
          node('Resize', ['pool', '', 'scales'], ['larger'], { mode: 'nearest' }),
          node('Conv', ['larger', 'dilated'], ['after'], { pads: [1, 1, 1, 1] }),
          node('GlobalAveragePool', ['pool'], ['means']),
          node('Mul', ['pool', 'means'], ['excited']),
          node('Flatten', ['pool'], ['flat']),
        ],
        input: [value('images', [1, 3, 9, 8])],
        output: [value('last', null)],
        initializer: [
          weights('filter', [3, 5, 2, 2]),
          weights('dilated', [1, 3, 3, 3]),
          weights('scales', [4], [1, 1, 2, 2]),
        ],
      }),
    );
    const found = rows(model);
    expect(found['pool']).toMatchObject({ shape: [4, 4, 3], receptiveField: [3, 2] });
    expect(found['grown']).toMatchObject({ shape: [8, 8, 5], receptiveField: [3, 2], multiplyAdds: 960 });
    expect(found['last']).toMatchObject({ shape: [8, 8, 5], inputs: ['grown'] });
    expect(found['wide']).toMatchObject({ shape: [5, 2, 1], receptiveField: [5, 7], parameters: 27 });
    expect(found['larger']).toMatchObject({ shape: [8, 8, 3], parameters: 0, receptiveField: [3, 2] });
    // The filter that two layers share is counted for the first.
    expect(found['after']).toMatchObject({ receptiveField: [5, 4], parameters: 0 });
    expect(found['means']).toMatchObject({ shape: [1, 1, 3], receptiveField: [9, 8] });
    expect(found['excited']).toMatchObject({ receptiveField: [9, 8], inputs: ['pool', 'means'] });
    expect(found['flat']).toMatchObject({ shape: [48], receptiveField: null });
    const images = tf.randomUniform<tf.Rank.R4>([2, 9, 8, 3], 0, 1, 'float32', 5);
    const [grown, last] = model.outputs(images, ['grown', 'last']);
    expect([...last!.dataSync()]).toEqual([...grown!.dataSync()]);
  });

  test('know how many multiply-adds windows of an image take together, which have no shape for one image', async () => {
    const windows = graphOf({
      node: [
        node('Reshape', ['images', 'split'], ['windows']),
        node('MatMul', ['windows', 'weights'], ['mixed']),
        node('Reshape', ['mixed', 'join'], ['out']),
      ],
      input: [value('images', ['n', 1, 8, 4])],
      output: [value('out', ['n', 24])],
      initializer: [integers('split', [-1, 2, 4]), weights('weights', [4, 3]), integers('join', [-1, 24])],
    });
    for (const batch of ['n', 1, 2]) {
      const input = [value('images', [batch, 1, 8, 4])];
      const { mixed, out } = rows(await open({ ...windows, input }));
      expect(mixed).toMatchObject({ shape: null, multiplyAdds: 8 * 4 * 3 });
      expect(out!.shape).toEqual([24]);
    }
  });

  test('know what values look at behind slices that leave some out', async () => {
    const sliced = (steps: number[], axes: number[]): Promise<OpenedModel> =>
      open(
        graphOf({
          node: [
            node('Slice', ['images', 'starts', 'ends', 'axes', 'steps'], ['slice']),
            node('Conv', ['slice', 'filter'], ['out']),
          ],
          input: [value('images', [1, 1, 8, 8])],
          output: [value('out', null)],
          initializer: [
            integers('starts', [0, 0]),
            integers('ends', [8, 8]),
            integers('axes', axes),
            integers('steps', steps),
            weights('filter', [1, 1, 3, 3]),
          ],
        }),
      );
    expect(rows(await sliced([1, 1], [2, 3]))['out']!.receptiveField).toEqual([3, 3]);
    expect(rows(await sliced([2, 1], [2, 3]))['out']!.receptiveField).toEqual([5, 3]);
    expect(rows(await sliced([2, 1], [-1, -2]))['out']!.receptiveField).toEqual([3, 5]);
  });

  test('are in an order in which they can run, and called as their tensors where nodes have no names', async () => {
    const model = await open(
      graphOf({
        node: [
          node('Relu', ['b'], ['c'], {}, { name: 'last' }),
          node('Neg', ['a'], ['b']),
          node('Abs', ['images'], ['a']),
          node('Identity', ['c'], ['out']),
        ],
        input: [value('images', [1, 3, 2, 2])],
        output: [value('out', null)],
      }),
    );
    expect(model.table.rows.map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 'Abs'],
      ['b', 'Neg'],
      ['last', 'Relu'],
    ]);
    expect(model.table.outputs).toEqual(['last']);
    const [out, relu] = model.outputs(tf.ones([1, 2, 2, 3]), [null, 'last']);
    expect([...out!.dataSync()]).toEqual([...relu!.dataSync()]);
  });

  test('have names of their own where a step of a module is several nodes, or a module is called twice', async () => {
    const scoped = (type: string, input: string, output: string, scopes: string): NodeProto =>
      node(type, [input], [output], {}, { metadata: { 'pkg.torch.onnx.name_scopes': scopes } });
    const model = await open(
      graphOf({
        node: [
          scoped('Sigmoid', 'images', 'val_1', "['', 'act', 'gelu']"),
          scoped('Abs', 'val_1', 'gelu', "['', 'act', 'gelu']"),
          scoped('Neg', 'gelu', 'sub', "['', 'twice', 'sub']"),
          scoped('Neg', 'sub', 'sub_1', "['', 'twice', 'sub_1']"),
          scoped('Relu', 'sub_1', 'alone', "['', 'layer', 'layer.alone', 'relu']"),
          scoped('Neg', 'alone', 'after', "['', 'layer', 'neg']"),
          scoped('Exp', 'after', 'out', 'no list'),
        ],
        input: [value('images', [1, 3, 2, 2])],
        output: [value('out', null)],
      }),
    );
    expect(model.table.rows.map(({ name }) => name)).toEqual([
      'act/val_1',
      'act/gelu',
      'twice/sub',
      'twice/sub_1',
      'layer.alone',
      'layer/neg',
      'out',
    ]);
  });

  test('say nothing of the bodies of branches, and a note tells so', async () => {
    const body = (opType: string): GraphProto =>
      graphOf({ node: [node(opType, ['maps'], ['inner'])], output: [value('inner', null)] });
    const model = await open(
      graphOf({
        node: [
          node('Abs', ['images'], ['maps']),
          node('ReduceSum', ['maps'], ['sum'], { keepdims: 0 }),
          node('Greater', ['sum', 'limit'], ['large']),
          node(
            'If',
            ['large'],
            ['out'],
            { then_branch: body('Neg'), else_branch: body('Relu') },
            { name: 'either' },
          ),
        ],
        input: [value('images', [1, 3, 2, 2])],
        output: [value('out', null)],
        initializer: [weights('limit', [1], [6])],
      }),
    );
    expect(model.table.notes.at(-1)).toBe(
      'What happens inside the node `either` (If) is not listed and cannot be tapped.',
    );
    expect(rows(model)['either']).toMatchObject({ inputs: ['large', 'maps'] });
    const [out] = model.outputs(tf.ones([1, 2, 2, 3]), ['either']);
    expect([...new Set(out!.dataSync())]).toEqual([-1]);
    expect(() => model.outputs(tf.ones([1, 2, 2, 3]), ['inner'])).toThrow('There is no layer `inner`');
  });
});

test('halfs keep what they can hold', () => {
  const values = halfTable();
  for (let half = 0; half < 1 << 16; half++) {
    const number = values[half]!;
    if (!Number.isNaN(number)) expect(toHalf(number)).toBe(half);
  }
  expect([0.1, 65520, -1e9, 2 ** -25, 3 * 2 ** -25, 1 + 2 ** -11, 1 + 3 * 2 ** -11].map(toHalf)).toEqual([
    0x2e66, 0x7c00, 0xfc00, 0, 2, 0x3c00, 0x3c02,
  ]);
  expect(values[toHalf(NaN)]).toBeNaN();
});

test('lists as Python prints them', () => {
  expect(parsePythonList(`['', 'blocks.0', "it's", 'a\\'b']`)).toEqual(['', 'blocks.0', "it's", "a'b"]);
  expect(parsePythonList('[]')).toEqual([]);
  for (const text of ['', 'stem', "['a' 'b'", "[1, 'a']", "['a"]) expect(parsePythonList(text)).toBeNull();
});
