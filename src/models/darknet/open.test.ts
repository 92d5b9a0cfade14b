import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layerTableSchema } from '../../layers/table';
import { keyedRandom } from '../../random/keyed';
import { ModelError, type ModelContext } from '../model';
import { floatsOf } from './layers';
import { cfgOf, floatsFor, networkOf, weightsFile } from './network.fixture';
import { openDarknet, type DarknetModel } from './open';

const sections = [
  'convolutional filters=4 size=3 pad=1 batch_normalize=1 activation=leaky',
  'maxpool size=2 stride=2',
  'convolutional filters=7 size=1 activation=linear',
  'yolo classes=2 num=1 anchors=3,4 scale_x_y=1.1',
];
const network = networkOf(sections);
const floats = floatsFor(network);
let folder: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'distillery darknet '));
  await writeFile(join(folder, 'small.cfg'), cfgOf(sections));
});
afterAll(() => rm(folder, { recursive: true }));

function open(weights: string | null, random?: () => number): Promise<DarknetModel> {
  const given = weights === null ? null : join(folder, weights);
  const options = { baseDirectory: folder, context: null, weights: given, ...(random && { random }) };
  return openDarknet('small.cfg', options);
}

async function refusal(opened: Promise<unknown>): Promise<ModelError> {
  const error: unknown = await opened.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ModelError) return error;
  throw new Error('It was opened.', { cause: error });
}

const image = (): tf.Tensor4D => tf.tidy(() => tf.linspace(0, 1, 8 * 6 * 3).reshape([1, 8, 6, 3]));

function valuesOf(tensors: tf.Tensor[]): number[][] {
  return tensors.map((tensor) => Array.from(tensor.dataSync()));
}

describe('opening a cfg', () => {
  it.each([true, false])('reads weights (images counted in 64 bits: %s)', async (wide) => {
    await writeFile(join(folder, 'small.weights'), weightsFile(floats, wide));
    const model = await open('small.weights');
    expect(layerTableSchema.parse(model.table)).toEqual(model.table);
    expect(model.table.files).toEqual([join(folder, 'small.cfg'), join(folder, 'small.weights')]);
    expect(model.table.notes).toEqual([`Weights by Darknet 0.${wide ? 2 : 1}.5 after 64,000 images.`]);
    expect(model.heads).toEqual([
      { layer: '3/yolo', classes: 2, anchors: [[3, 4]], scaleXY: 1.1, newCoordinates: false },
    ]);
    // Biases, scales, means, variances, then kernels by filter, channel, row and column.
    const stored = (name: string, weight: number) =>
      Array.from(model.layersModel.getLayer(name).getWeights()[weight]!.dataSync());
    expect(stored('0/conv/normalization', 1)).toEqual([...floats.subarray(0, 4)]);
    expect(stored('0/conv/normalization', 0)).toEqual([...floats.subarray(4, 8)]);
    expect(stored('0/conv/normalization', 2)).toEqual([...floats.subarray(8, 12)]);
    expect(stored('0/conv/normalization', 3)).toEqual([...floats.subarray(12, 16)]);
    const kernel = model.layersModel.getLayer('0/conv/convolution').getWeights()[0]!;
    // Filter 2, channel 1, row 0, column 2.
    expect((kernel.arraySync() as number[][][][])[0]![2]![1]![2]).toBe(floats[16 + (2 * 3 + 1) * 9 + 2]);
    model.dispose();
  });

  it('gives what any layer gives, the first output by default, each its own tensor', async () => {
    await writeFile(join(folder, 'small.weights'), weightsFile(floats));
    const model = await open('small.weights');
    const before = tf.memory().numTensors;
    const images = image();
    const outputs = model.outputs(images, [null, '0/conv', '3/yolo', '1/maxpool']);
    expect(outputs.map(({ shape }) => shape.slice(1))).toEqual([[4, 3, 7], [8, 6, 4], [4, 3, 7], [4, 3, 4]]); // prettier-ignore
    const [first, , yolo] = valuesOf(outputs);
    expect(first).toEqual(yolo);
    tf.dispose([outputs, images]);
    expect(tf.memory().numTensors).toBe(before);
    const wrong = (): unknown => model.outputs(image(), ['3/yool']);
    expect(wrong).toThrow('There is no layer `3/yool`. Did you mean `3/yolo`?');
    expect(() => model.outputs(tf.zeros([1, 8, 8, 3]), [null])).toThrow('The network takes images of 8×6×3');
    model.dispose();
  });

  it('draws weights when they are needed, the same for the same stream', async () => {
    let drawn = 0;
    const counted = (): (() => number) => {
      const random = keyedRandom('darknet');
      return () => {
        drawn += 1;
        return random();
      };
    };
    const [one, other] = [await open(null, counted()), await open(null, counted())];
    expect(drawn).toBe(0);
    const values = [one, other].map((model) => valuesOf(model.outputs(image(), [null]))[0]!);
    expect(drawn).toBe(2 * (4 * 27 + 7 * 4));
    expect(values[0]).toEqual(values[1]);
    expect(Math.max(...values[0]!)).toBeGreaterThan(0.5);
    one.dispose();
    other.dispose();
  });

  it('shows a network images as it was told to', async () => {
    await writeFile(join(folder, 'small.weights'), weightsFile(floats));
    const options = { baseDirectory: folder, context: null, weights: join(folder, 'small.weights') };
    const plain = await openDarknet('small.cfg', options);
    const normalized = await openDarknet('small.cfg', {
      ...options,
      normalize: { mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 2] },
    });
    const shown = tf.div(tf.sub(image(), [0.1, 0.2, 0.3]), [0.5, 0.25, 2]);
    const [wanted] = valuesOf(plain.outputs(shown as tf.Tensor4D, ['2/conv']));
    const [found] = valuesOf(normalized.outputs(image(), ['2/conv']));
    found!.forEach((value, at) => {
      expect(value).toBeCloseTo(wanted![at]!, 5);
    });
    plain.dispose();
    normalized.dispose();
  });
});

describe('weights that do not fit', () => {
  const all = floats.length;
  it.each([
    ['empty', new Uint8Array(0), 'holds no Darknet weights: it is 0 bytes long'],
    [
      'a head alone',
      weightsFile(floats.subarray(0, 0)),
      `holds 0 floats, and CFG needs ${all}. They end within the layer 0/conv (CFG:6)`,
    ],
    [
      'cut in a layer',
      weightsFile(floats.subarray(0, 50)),
      'holds 50 floats, and CFG needs 159. They end within the layer 0/conv (CFG:6): the file is cut off',
    ],
    [
      'those of the first layers',
      weightsFile(floats.subarray(0, 124)),
      'holds 124 floats, and CFG needs 159. They end after the layer 0/conv (CFG:6), as those of the first layers of a network do (such as `.conv.29`)',
    ],
    ['cut in a float', weightsFile(floats).subarray(0, -2), 'holds 158.5 floats'],
    [
      'one too many',
      weightsFile(Float32Array.from([...floats, 0])),
      'holds 160 floats, and CFG needs 159. It belongs to a bigger network',
    ],
  ])('%s', async (_, bytes, message) => {
    await writeFile(join(folder, 'wrong.weights'), bytes);
    const error = await refusal(open('wrong.weights'));
    expect(error.code).toBe('bad-weights');
    expect(error.message.replaceAll(join(folder, 'small.cfg'), 'CFG')).toContain(message);
  });

  it('tells of files that are not there', async () => {
    expect((await refusal(open('none.weights'))).message).toContain('none.weights cannot be read');
    const options = { baseDirectory: folder, context: null, weights: null };
    const error = await refusal(openDarknet('none.cfg', options));
    expect(error.code).toBe('missing-file');
    expect(error.message).toContain('none.cfg');
  });
});

const data = process.env['DISTILLERY_DATA'] ?? '';
const present = existsSync(join(data, 'darknet-cfg/yolov4.cfg')) && existsSync(join(data, 'yolo-fastest'));

describe.skipIf(!present)(
  'networks as published (needs DISTILLERY_DATA with darknet-cfg/ and yolo-fastest/)',
  () => {
    const context = (size: number): ModelContext => {
      return { inputShape: [size, size, 3], classes: 80, options: {} };
    };
    it.each([
      ['darknet-cfg/yolov4.cfg', 800, 162, 257_717_640, ['139/yolo', '150/yolo', '161/yolo'], 100],
      ['darknet-cfg/yolov4-tiny.cfg', 416, 38, 24_251_276, ['30/yolo', '37/yolo'], 13],
      ['darknet-cfg/yolov3-tiny.cfg', 416, 24, 35_434_956, ['16/yolo', '23/yolo'], 13],
      ['yolo-fastest/yolo-fastest-1.1.cfg', 320, 131, 346_062 * 4 + 20, ['121/yolo', '130/yolo'], 10],
      ['yolo-fastest/yolo-fastest-1.1-xl.cfg', 320, 131, 923_486 * 4 + 20, ['121/yolo', '130/yolo'], 10],
    ])(
      '%s at %i pixels has %i layers and %i bytes of weights',
      async (cfg, size, layers, bytes, outputs, rows) => {
        const options = { baseDirectory: data, context: context(size), weights: null };
        const model = await openDarknet(cfg, options);
        expect(model.table.rows).toHaveLength(layers);
        expect(model.table.outputs).toEqual(outputs);
        expect(model.heads.map(({ layer }) => layer)).toEqual(outputs);
        expect(model.table.rows.find(({ name }) => name === outputs[0])?.shape).toEqual([rows, rows, 255]);
        // Besides what is learnt, the file holds running means and variances: two floats beside two learnt ones.
        const { readNetwork } = await import('./network');
        const { readFile } = await import('node:fs/promises');
        const read = readNetwork(await readFile(join(data, cfg), 'utf8'), cfg, null);
        const total = read.layers.reduce((sum, layer) => sum + floatsOf(layer), 0);
        expect(total * 4 + 20).toBe(bytes);
        model.dispose();
      },
    );
  },
);
