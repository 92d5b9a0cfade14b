import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { layerTable } from './table';
import { zooModel } from './zoo/zoo';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const { layers } = tf;
type Tensor = tf.SymbolicTensor;

/** `[height, width]` of each layer by its name. */
const fieldsOf = (model: tf.LayersModel) =>
  Object.fromEntries(layerTable(model).map(({ name, receptiveField }) => [name, receptiveField]));

const image = { inputShape: [32, 24, 3] };
/** The field of the last of some layers. */
const lastOf = (...list: tf.layers.Layer[]) =>
  layerTable(tf.sequential({ layers: list })).at(-1)!.receptiveField;

const conv = (options: Partial<Parameters<typeof layers.conv2d>[0]> = {}) =>
  layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', ...options });

describe('receptive fields', () => {
  // 3, then + 2·step for each 3×3 convolution; the step is 1, 2 and 4 in the three stages.
  it('of ResNet-20 are those counted by hand', () => {
    const fields = fieldsOf(
      zooModel('resnet20').build({ inputShape: [32, 32, 3], classes: 10, options: {} }),
    );
    const expected: Record<string, number> = {
      conv1: 3,
      'stage1/block1/conv1': 5,
      'stage1/block1/add': 7,
      'stage1/block3/relu': 15,
      'stage2/block1/conv1': 17,
      'stage2/block1/shortcut/conv': 15,
      'stage2/block1/conv2': 21,
      'stage2/block3/relu': 37,
      'stage3/block1/conv1': 41,
      'stage3/block1/relu': 49,
      'stage3/block3/relu': 81,
    };
    for (const [name, size] of Object.entries(expected))
      expect([name, fields[name]]).toEqual([name, [size, size]]);
    expect([fields['pool'], fields['logits']]).toEqual([null, null]);
  });

  it.each<[string, tf.layers.Layer[], [number, number] | null]>([
    // 7 − 1 + 1 = 7; + 2·2 = 11; + 2·4 = 19.
    [
      'a strided net',
      [
        conv({ ...image, kernelSize: 7, strides: 2 }),
        layers.maxPooling2d({ poolSize: 3, strides: 2 }),
        conv(),
      ],
      [19, 19],
    ],
    // 1 + 2·1 = 3; + 2·2 = 7; + 2·4 = 15.
    ['dilated ones', [conv(image), conv({ dilationRate: 2 }), conv({ dilationRate: 4 })], [15, 15]],
    // Height: 1 + 0, + 2·1. Width: 1 + 4·1 = 5, + 2·3 = 11.
    [
      'other axes',
      [conv({ ...image, kernelSize: [1, 5], strides: [1, 3] }), layers.averagePooling2d({ poolSize: 3 })],
      [3, 11],
    ],
    [
      'channels first',
      [
        conv({ ...image, dataFormat: 'channelsFirst', strides: [2, 1] }),
        conv({ dataFormat: 'channelsFirst' }),
      ],
      [7, 5],
    ],
    [
      'depthwise and separable ones',
      [
        layers.depthwiseConv2d({ ...image, kernelSize: 3 }),
        layers.separableConv2d({ filters: 2, kernelSize: 5 }),
      ],
      [7, 7],
    ],
    // Pooled: 2, step 2. A kernel of 4 with stride 2 takes 2 neighbours: 2 + 2 = 4, step 1. 4 + 2 = 6.
    [
      'a transposed one',
      [
        layers.maxPooling2d({ ...image, poolSize: 2 }),
        layers.conv2dTranspose({ filters: 2, kernelSize: 4, strides: 2 }),
        conv(),
      ],
      [6, 6],
    ],
    // Copies: 2, step 1; + 2 = 4.
    ['upsampling', [layers.maxPooling2d({ ...image, poolSize: 2 }), layers.upSampling2d({}), conv()], [4, 4]],
    [
      'layers that compute value by value',
      [
        conv(image),
        layers.zeroPadding2d({}),
        layers.cropping2D({ cropping: 1 }),
        layers.layerNormalization({}),
        layers.leakyReLU(),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 4 }),
      ],
      [3, 3],
    ],
    [
      'a channel shuffle',
      [
        conv({ ...image, filters: 4 }),
        layers.reshape({ targetShape: [32, 24, 2, 2] }),
        layers.permute({ dims: [1, 2, 4, 3] }),
        layers.reshape({ targetShape: [32, 24, 4] }),
      ],
      [3, 3],
    ],
    [
      'a map made of a vector',
      [
        conv(image),
        layers.flatten(),
        layers.dense({ units: 12 }),
        layers.reshape({ targetShape: [2, 2, 3] }),
      ],
      [32, 24],
    ],
  ])('follow %s', (_, list, expected) => {
    expect(lastOf(...list)).toEqual(expected);
  });

  it('are the larger one of branches, and the whole image behind a global pooling', () => {
    const input = tf.input({ shape: [16, 16, 2] });
    const narrow = conv({ kernelSize: 1, name: 'narrow' }).apply(input) as Tensor;
    const wide = conv({ kernelSize: [5, 3], name: 'wide' }).apply(input) as Tensor;
    const both = layers.concatenate({ name: 'both' }).apply([narrow, wide]) as Tensor;
    const pooled = layers.globalAveragePooling2d({ name: 'pooled' }).apply(wide) as Tensor;
    const gate = layers.reshape({ targetShape: [1, 1, 2], name: 'gate' }).apply(pooled) as Tensor;
    const gated = layers.multiply({ name: 'gated' }).apply([narrow, gate]) as Tensor;
    expect(fieldsOf(tf.model({ inputs: input, outputs: [both, gated] }))).toEqual({
      narrow: [1, 1],
      wide: [5, 3],
      both: [5, 3],
      pooled: null,
      gate: [16, 16],
      gated: [16, 16],
    });
  });

  it('are unknown behind a layer that nobody knows, and for sequences', () => {
    class Mystery extends tf.layers.Layer {
      static className = 'Mystery';
    }
    expect(lastOf(conv(image), new Mystery(), conv())).toBeNull();
    expect(lastOf(layers.conv1d({ inputShape: [8, 2], filters: 2, kernelSize: 3 }))).toBeNull();
  });
});
