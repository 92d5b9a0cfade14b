import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { ModelError } from './model';
import { outputActivation } from './outputActivation';
import {
  countMultiplyAdds,
  countParameters,
  findLayer,
  imageShapeOf,
  layerTable,
  outputNames,
  tapModel,
} from './table';
import { modelWeights } from './weights';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const symbolic = (layer: tf.layers.Layer, input: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
  layer.apply(input) as tf.SymbolicTensor;

/** images → conv → inner(conv, bn, relu) → pool → logits, and a layer that is used twice. */
function nested(): tf.LayersModel {
  const images = tf.input({ shape: [6, 6, 1], name: 'images' });
  const map = symbolic(
    tf.layers.conv2d({ name: 'conv', filters: 2, kernelSize: 3, padding: 'same' }),
    images,
  );
  const entry = tf.input({ shape: [6, 6, 2], name: 'entry' });
  const convolved = symbolic(tf.layers.conv2d({ name: 'conv', filters: 3, kernelSize: 3 }), entry);
  const normed = symbolic(tf.layers.batchNormalization({ name: 'bn' }), convolved);
  const inner = tf.model({
    inputs: entry,
    outputs: symbolic(tf.layers.activation({ name: 'relu', activation: 'relu' }), normed),
    name: 'inner',
  });
  const pooled = symbolic(tf.layers.globalAveragePooling2d({ name: 'pool' }), symbolic(inner, map));
  const shared = tf.layers.dense({ name: 'shared', units: 3 });
  const twice = symbolic(shared, symbolic(shared, pooled));
  return tf.model({
    inputs: images,
    outputs: symbolic(tf.layers.dense({ name: 'logits', units: 4 }), twice),
  });
}

const randomImages = (count: number, shape: number[]) =>
  tf.randomUniform([count, ...shape], -1, 1, 'float32', 7);
const valuesOf = (tensors: tf.Tensor | tf.Tensor[]) =>
  (Array.isArray(tensors) ? tensors : [tensors]).map((tensor) => [...tensor.dataSync()]);

describe('layerTable', () => {
  it('lists layers in running order, nested ones by outer and inner name', () => {
    const columns = layerTable(nested()).map((row) =>
      [
        ...[row.name, row.kind, row.shape.join('×'), row.parameters, row.multiplyAdds],
        ...[row.receptiveField?.join('×') ?? '–', row.inputs.join(' ') || '–', row.uses],
      ].join(' | '),
    );
    expect(columns).toEqual([
      'conv | Conv2D | 6×6×2 | 20 | 648 | 3×3 | – | 1',
      'inner/conv | Conv2D | 4×4×3 | 57 | 864 | 5×5 | conv | 1',
      'inner/bn | BatchNormalization | 4×4×3 | 6 | 0 | 5×5 | inner/conv | 1',
      'inner/relu | Activation | 4×4×3 | 0 | 0 | 5×5 | inner/bn | 1',
      'pool | GlobalAveragePooling2D | 3 | 0 | 0 | – | inner/relu | 1',
      'shared | Dense | 3 | 12 | 18 | – | pool shared | 2',
      'logits | Dense | 4 | 16 | 12 | – | shared | 1',
    ]);
    expect(outputNames(nested())).toEqual(['logits']);
    expect(imageShapeOf(nested())).toEqual([6, 6, 1]);
  });

  it('has no sources for layers that nobody watched', () => {
    expect(new Set(layerTable(nested()).map(({ source }) => source))).toEqual(new Set([null]));
  });

  const { layers } = tf;
  const input = { inputShape: [8, 6, 2], name: 'layer' };
  it.each<[string, tf.layers.Layer, number, number]>([
    [
      'a strided convolution',
      layers.conv2d({ ...input, filters: 5, kernelSize: [3, 2], strides: 2 }),
      65,
      60 * 9,
    ],
    ['a dilated one', layers.conv2d({ ...input, filters: 1, kernelSize: 3, dilationRate: 2 }), 19, 18 * 8],
    [
      'channels first',
      layers.conv2d({ ...input, filters: 5, kernelSize: 3, padding: 'same', dataFormat: 'channelsFirst' }),
      365,
      360 * 12,
    ],
    ['depthwise', layers.depthwiseConv2d({ ...input, kernelSize: 3, depthMultiplier: 2 }), 40, 36 * 24],
    ['separable', layers.separableConv2d({ ...input, filters: 4, kernelSize: 3 }), 30, (18 + 8) * 24],
    ['transposed', layers.conv2dTranspose({ ...input, filters: 3, kernelSize: 2, strides: 2 }), 27, 24 * 48],
    ['dense on every pixel', layers.dense({ ...input, units: 5 }), 15, 10 * 48],
    ['pooling', layers.maxPooling2d({ ...input, poolSize: 2 }), 0, 0],
  ])('counts %s', (_, layer, parameters, multiplyAdds) => {
    expect(layerTable(tf.sequential({ layers: [layer] }))).toMatchObject([{ parameters, multiplyAdds }]);
  });

  it('counts one-dimensional convolutions', () => {
    const layer = tf.layers.conv1d({ inputShape: [10, 2], filters: 3, kernelSize: 4 });
    expect(layerTable(tf.sequential({ layers: [layer] }))).toMatchObject([
      { parameters: 27, multiplyAdds: 24 * 7 },
    ]);
  });

  it('counts frozen weights, weights of shared layers once and no running statistics', () => {
    const model = nested();
    expect(countParameters(model)).toBe(20 + 57 + 6 + 12 + 16);
    expect(model.countParams()).toBe(countParameters(model) + 6);
    model.trainable = false;
    model.getLayer('logits').trainable = false;
    expect(countParameters(model)).toBe(20 + 57 + 6 + 12 + 16);
    expect(countMultiplyAdds(model)).toBe(18 * 36 + 54 * 16 + 18 + 12);
  });
});

describe('findLayer', () => {
  it('gives the row, or the nearest names', () => {
    expect(findLayer(nested(), 'inner/relu')).toMatchObject({ kind: 'Activation', shape: [4, 4, 3] });
    const find = () => findLayer(nested(), 'inner/rely');
    expect(find).toThrow(ModelError);
    expect(find).toThrow(
      expect.objectContaining({ code: 'unknown-layer', suggestion: 'inner/relu' }) as Error,
    );
    expect(find).toThrow('There is no layer `inner/rely`. Did you mean `inner/relu`');
    expect(() => findLayer(nested(), 'transformer')).toThrow('The model has conv, inner/conv, inner/bn,');
  });
});

describe('tapModel', () => {
  it('gives the logits and the taps, which are the values of the layers', () => {
    const model = nested();
    const images = randomImages(3, [6, 6, 1]);
    const [logits, inner, conv] = tapModel(model, ['inner/relu', 'conv']).predict(images) as tf.Tensor[];
    expect(valuesOf(logits!)).toEqual(valuesOf(model.predict(images)));
    const map = model.getLayer('conv').apply(images) as tf.Tensor;
    expect(valuesOf(conv!)).toEqual(valuesOf(map));
    expect(valuesOf(inner!)).toEqual(valuesOf(model.getLayer('inner').apply(map) as tf.Tensor));
  });

  it('gives the model itself without taps, and repeated taps and logits as often as asked', () => {
    const model = nested();
    const images = randomImages(2, [6, 6, 1]);
    const logits = valuesOf(model.predict(images));
    expect(valuesOf(tapModel(model, []).predict(images))).toEqual(logits);
    const taps = valuesOf(tapModel(model, ['pool', 'logits', 'pool']).predict(images));
    expect(taps).toHaveLength(4);
    expect([taps[0], taps[2]]).toEqual([logits[0], logits[0]]);
    expect(taps[3]).toEqual(taps[1]);
  });

  it('can be made again and again, and leaves the model as it was', () => {
    const model = nested();
    const images = randomImages(2, [6, 6, 1]);
    const before = valuesOf(model.predict(images));
    const table = layerTable(model);
    for (let round = 0; round < 3; round += 1) tapModel(model, ['inner/bn', 'inner/bn', 'pool']);
    expect(layerTable(model)).toEqual(table);
    expect(valuesOf(model.predict(images))).toEqual(before);
  });

  it('runs no layer beyond the taps without logits', () => {
    const model = nested();
    const tap = tapModel(model, ['conv'], { logits: false });
    expect(tap.outputs.map(({ shape }) => shape)).toEqual([[null, 6, 6, 2]]);
    expect(tap.layers.map(({ name }) => name)).toEqual(['images', 'conv']);
  });

  it('lets gradients flow and updates the statistics of the shared layers in training', () => {
    const model = nested();
    const mean = modelWeights(model).get('inner/bn/moving_mean')!;
    const before = valuesOf(mean);
    const tap = tapModel(model, ['inner/relu']);
    const { grads } = tf.variableGrads(() => {
      const [logits, hint] = tap.apply(randomImages(3, [6, 6, 1]), { training: true }) as tf.Tensor[];
      return tf.add<tf.Scalar>(tf.sum(tf.square(hint!)), tf.sum(logits!));
    });
    const kernel = modelWeights(model).get('conv/kernel')!.name;
    expect(tf.max(tf.abs(grads[kernel]!)).dataSync()[0]).toBeGreaterThan(0);
    expect(valuesOf(mean)).not.toEqual(before);
  });

  it('reaches into models of models, also where their layers have the same names', () => {
    const { conv2d, dense, flatten, activation } = tf.layers;
    const block = (name: string, inputShape: number[]) =>
      tf.sequential({
        name,
        layers: [
          conv2d({ name: 'conv', inputShape, filters: 2, kernelSize: 3, padding: 'same' }),
          activation({ name: 'relu', activation: 'relu' }),
        ],
      });
    const body = tf.sequential({
      name: 'body',
      layers: [
        activation({ inputShape: [4, 4, 1], activation: 'tanh', name: 'tanh' }),
        block('first', [4, 4, 1]),
        block('second', [4, 4, 2]),
      ],
    });
    const model = tf.sequential({
      layers: [
        activation({ inputShape: [4, 4, 1], activation: 'tanh', name: 'tanh' }),
        body,
        flatten({ name: 'flat' }),
        dense({ units: 3, name: 'logits' }),
      ],
    });
    const images = randomImages(2, [4, 4, 1]);
    const taps = ['body/first/relu', 'body/second/conv', 'flat', 'body/second/relu'];
    const [logits, first, conv, flat, second] = valuesOf(tapModel(model, taps).predict(images));
    expect(logits).toEqual(valuesOf(model.predict(images))[0]);
    expect(second).toEqual(flat);
    expect(second).toEqual(conv!.map((value) => Math.max(0, value)));
    expect(valuesOf(body.getLayer('second').apply(tf.tensor(first!, [2, 4, 4, 2])) as tf.Tensor)).toEqual([
      second,
    ]);
    expect(layerTable(model).map(({ name }) => name)).toEqual([
      'tanh',
      'body/tanh',
      'body/first/conv',
      'body/first/relu',
      'body/second/conv',
      'body/second/relu',
      'flat',
      'logits',
    ]);
  });

  it('refuses unknown and ambiguous layers', () => {
    expect(() => tapModel(nested(), ['conv', 'inner/con'])).toThrow('Did you mean `inner/conv`');
    expect(() => tapModel(nested(), ['shared'])).toThrow('`shared` is used 2 times');
  });
});

describe('outputActivation', () => {
  const ending = (...layers: tf.layers.Layer[]) =>
    outputActivation(tf.sequential({ layers: [tf.layers.flatten({ inputShape: [2, 2] }), ...layers] }));

  it('finds the activation that a model ends in', () => {
    const { dense, activation, softmax, reshape, dropout } = tf.layers;
    expect(ending(dense({ units: 3 }))).toBeNull();
    expect(ending(dense({ units: 3, activation: 'linear' }))).toBeNull();
    expect(ending()).toBeNull();
    expect(ending(dense({ units: 3, activation: 'softmax' }))).toBe('softmax');
    expect(ending(dense({ units: 3 }), activation({ activation: 'sigmoid' }))).toBe('sigmoid');
    expect(
      ending(dense({ units: 3 }), softmax(), reshape({ targetShape: [3] }), dropout({ rate: 0.1 })),
    ).toBe('softmax');
    expect(ending(dense({ units: 3 }), tf.sequential({ layers: [softmax({ inputShape: [3] })] }))).toBe(
      'softmax',
    );
    expect(outputActivation(nested())).toBeNull();
  });
});
