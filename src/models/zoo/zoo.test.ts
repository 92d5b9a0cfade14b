import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkModel } from '../checkModel';
import { ModelError } from '../model';
import { outputActivation } from '../outputActivation';
import { countMultiplyAdds, countParameters, layerTable } from '../table';
import { modelWeights } from '../weights';
import { listZoo, zooModel } from './zoo';

type Shape = [number, number, number];
const mnist: Shape = [28, 28, 1];
const cifar: Shape = [32, 32, 3];

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const build = (name: string, inputShape: Shape, options: Record<string, unknown> = {}) =>
  zooModel(name).build({ inputShape, classes: 10, options });
const layerNames = (model: tf.LayersModel) => layerTable(model).map(({ name }) => name);

describe('the zoo', () => {
  it('describes its models and their options', () => {
    expect(listZoo().map(({ name }) => name)).toEqual([
      'mlp',
      'conv-thin',
      'conv-wide',
      'resnet20',
      'resnet32',
      'resnet56',
      'fitnet',
    ]);
    for (const { description, options } of listZoo()) {
      expect(description).toMatch(/\.$/);
      for (const option of options) expect(option.description).toMatch(/\.$/);
    }
    expect(zooModel('conv-wide').options.map((option) => [option.name, option.default])).toEqual([
      ['width', 32],
      ['depth', 2],
      ['blocks', 3],
    ]);
  });

  it('is described in docs/models.md with its options and their defaults', async () => {
    const text = await readFile(new URL('../../../docs/models.md', import.meta.url), 'utf8');
    for (const { name, options } of listZoo()) {
      const row = text.split('\n').find((line) => line.startsWith(`| \`${name}\` `));
      const shown = options.map((option) =>
        option.default === undefined
          ? `\`${option.name}\``
          : `\`${option.name}: ${JSON.stringify(option.default).replaceAll(',', ', ')}\``,
      );
      expect(row?.split('|')[2]?.trim()).toBe(shown.join(', '));
    }
  });

  // Parameters and multiply-adds by hand, e.g. 784·800 + 800·800 + 800·10 and the biases 800 + 800 + 10. The papers say
  // 0.27 M, 0.46 M, 0.85 M for the ResNets, and 2.5 M, 382 M for FitNet 4: maxout doubles its convolutions.
  it.each<[string, Shape, Record<string, unknown>, number, number]>([
    ['mlp', mnist, {}, 1_276_810, 1_275_200],
    [
      'mlp',
      mnist,
      { hidden: [1200, 1200], dropout: 0.5, inputDropout: 0.2, maxNorm: 3 },
      2_395_210,
      2_392_800,
    ],
    ['mlp', [16, 16, 1], { hidden: [] }, 2_570, 2_560],
    ['conv-thin', [16, 16, 1], {}, 6_274, 166_208],
    ['conv-wide', [16, 16, 1], {}, 288_170, 9_512_192],
    ['resnet20', cifar, {}, 272_474, 40_813_184],
    ['resnet32', cifar, {}, 466_906, 69_124_736],
    ['resnet56', cifar, {}, 855_770, 125_747_840],
    ['fitnet', cifar, {}, 1_210_026, 190_809_344],
  ])('counts %s on %j with %j', (name, inputShape, options, parameters, multiplyAdds) => {
    const model = build(name, inputShape, options);
    expect([countParameters(model), countMultiplyAdds(model)]).toEqual([parameters, multiplyAdds]);
  });

  it.each(listZoo().map(({ name }) => name))('%s classifies images of any usual size with logits', (name) => {
    const small = { mlp: { hidden: [4] }, fitnet: { channels: [[2], [2]] } }[name] ?? { width: 1 };
    for (const inputShape of [mnist, cifar, [16, 16, 1], [5, 3, 2], [1, 1, 1]] satisfies Shape[]) {
      const context = { inputShape, classes: 7, options: small };
      const model = checkModel(zooModel(name).build(context), context, name);
      expect(outputActivation(model)).toBeNull();
      const logits = model.predict(tf.randomUniform([2, ...inputShape], 0, 1, 'float32', 3));
      expect(logits).toMatchObject({ shape: [2, 7] });
    }
  });

  it('names layers alike every time, and the output of a block whatever its depth', () => {
    expect(layerNames(build('conv-thin', [16, 16, 1], { blocks: 2 }))).toEqual([
      'block1/conv1',
      'block1/bn1',
      'block1/relu',
      'block1/pool',
      'block2/conv1',
      'block2/bn1',
      'block2/relu',
      'pool',
      'logits',
    ]);
    expect(layerNames(build('conv-wide', [16, 16, 1], { blocks: 1 }))).toEqual([
      'block1/conv1',
      'block1/bn1',
      'block1/relu1',
      'block1/conv2',
      'block1/bn2',
      'block1/relu',
      'pool',
      'logits',
    ]);
    expect(layerNames(build('mlp', mnist, { hidden: [2], dropout: 0.1, inputDropout: 0.1 }))).toEqual([
      'flatten',
      'input/dropout',
      'hidden1/dense',
      'hidden1/relu',
      'hidden1/dropout',
      'logits',
    ]);
    const resnet = layerTable(build('resnet20', cifar));
    expect(
      resnet
        .filter(({ name }) => /^stage\d\/block3\/relu$/.test(name))
        .map(({ name, shape }) => [name, shape]),
    ).toEqual([
      ['stage1/block3/relu', [32, 32, 16]],
      ['stage2/block3/relu', [16, 16, 32]],
      ['stage3/block3/relu', [8, 8, 64]],
    ]);
    expect(resnet.filter(({ name }) => name.includes('shortcut/conv')).map(({ name }) => name)).toEqual([
      'stage2/block1/shortcut/conv',
      'stage3/block1/shortcut/conv',
    ]);
    const guided = layerTable(build('fitnet', cifar)).find(({ name }) => name === 'relu11');
    expect(guided?.shape).toEqual([16, 16, 80]);
  });

  it('adds what a residual block computes to what it was given', () => {
    const model = build('resnet20', [4, 4, 1], { width: 2 });
    const weights = modelWeights(model);
    for (const [name, weight] of weights) if (name.endsWith('bn2/gamma')) weight.assign(tf.zerosLike(weight));
    const outputs = ['relu1', 'stage1/block3/relu'].map(
      (name) => model.getLayer(name).output as tf.SymbolicTensor,
    );
    const images = tf.randomUniform([2, 4, 4, 1], 0, 1, 'float32', 3);
    const [stem, stage] = tf.model({ inputs: model.inputs, outputs }).predict(images) as tf.Tensor[];
    expect([...stage!.dataSync()]).toEqual([...stem!.dataSync()]);
  });

  it('drops other units in every step, and none at inference', () => {
    const model = build('mlp', [4, 4, 1], { hidden: [64], dropout: 0.5 });
    const images = tf.ones([1, 4, 4, 1]);
    const run = (training: boolean) => [...(model.apply(images, { training }) as tf.Tensor).dataSync()];
    expect(run(true)).not.toEqual(run(true));
    expect(run(false)).toEqual(run(false));
  });

  it('names wrong options and models', () => {
    const wrong = () => build('conv-thin', mnist, { widht: 4, depth: 0 });
    expect(wrong).toThrow(ModelError);
    expect(wrong).toThrow(expect.objectContaining({ code: 'bad-model' }) as Error);
    expect(wrong).toThrow('there is no option `widht`. Did you mean `width`?');
    expect(wrong).toThrow('`depth`: ');
    expect(() => build('mlp', mnist, { hidden: [800, 'x'] })).toThrow('zoo/mlp: `hidden.1`: ');
    expect(() => zooModel('resnet18')).toThrow('Did you mean `zoo/resnet');
  });
});
