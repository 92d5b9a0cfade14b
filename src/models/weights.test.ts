import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyedRandom } from '../random/keyed';
import { inBuildScope } from './buildScope';
import { ModelError } from './model';
import { writeSafetensors, type StoredTensor } from './safetensors';
import {
  applyConstraints,
  loadWeightsInto,
  modelWeights,
  storeTensors,
  trainableWeights,
  upstreamWeights,
} from './weights';
import { zooModel } from './zoo/zoo';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'distillery weights '));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const zoo = (name: string, options: Record<string, unknown>, seed = 1) =>
  inBuildScope(keyedRandom(seed), () => zooModel(name).build({ inputShape: [8, 8, 1], classes: 3, options }));
const thin = (seed?: number) => zoo('conv-thin', { width: 2, blocks: 2 }, seed);
const thinNames = ['block1', 'block2'].flatMap((block) => [
  `${block}/conv1/kernel`,
  ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map((weight) => `${block}/bn1/${weight}`),
]);
const valuesOf = (tensor: tf.Tensor) => [...tensor.dataSync()];

async function write(name: string, tensors: ReadonlyMap<string, StoredTensor>): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, writeSafetensors(tensors));
  return file;
}

const prefixed = (tensors: ReadonlyMap<string, StoredTensor>, prefix: string) =>
  new Map([...tensors].map(([name, tensor]) => [prefix + name, tensor]));

async function misfit(model: tf.LayersModel, file: string): Promise<string> {
  const error: unknown = await loadWeightsInto(model, file).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'bad-weights' });
  return error instanceof ModelError ? error.message : '';
}

describe('modelWeights', () => {
  it('names all weights by layer, the same in every model that is built', () => {
    const names = [...thinNames, 'logits/kernel', 'logits/bias'];
    expect([...modelWeights(thin()).keys()]).toEqual(names);
    expect([...modelWeights(thin()).keys()]).toEqual(names);
  });

  it('does not depend on what is frozen', () => {
    const model = thin();
    const names = [...modelWeights(model).keys()];
    model.trainable = false;
    for (const layer of model.layers) layer.trainable = false;
    expect([...modelWeights(model).keys()]).toEqual(names);
    expect([...trainableWeights(model).keys()]).toEqual([]);
  });

  it('names weights in nested models, in wrappers, shared ones once and own ones of the same name apart', () => {
    /** Two dense layers in one, as people write layers of layers; both call their weight `kernel`. */
    class Pair extends tf.layers.Layer {
      static className = 'Pair';
      private readonly parts = [1, 2].map((units) => tf.layers.dense({ units, useBias: false }));
      override build(inputShape: tf.Shape): void {
        for (const part of this.parts) part.build(inputShape);
        this.trainableWeights = this.parts.flatMap((part) => part.trainableWeights);
        this.built = true;
      }
    }
    const shared = tf.layers.dense({ units: 2, name: 'shared' });
    const inner = tf.sequential({
      name: 'inner',
      layers: [tf.layers.dense({ units: 2, name: 'a', inputShape: [4, 2] }), shared],
    });
    const each = tf.layers.timeDistributed({
      layer: tf.layers.dense({ units: 2, name: 'dense' }),
      name: 'each',
    });
    const model = tf.sequential({
      layers: [inner, each, new Pair({ name: 'pair' }), tf.layers.flatten({ name: 'flat' })],
    });
    expect([...modelWeights(model)].map(([name, { shape }]) => [name, shape])).toEqual([
      ['a/kernel', [2, 2]],
      ['a/bias', [2]],
      ['shared/kernel', [2, 2]],
      ['shared/bias', [2]],
      ['each/kernel', [2, 2]],
      ['each/bias', [2]],
      ['pair/kernel', [2, 1]],
      ['pair/kernel_2', [2, 2]],
    ]);
  });
});

describe('upstreamWeights', () => {
  it('gives what the layers depend on, and nothing else', () => {
    const model = thin();
    expect([...upstreamWeights(model, ['block1/relu']).keys()]).toEqual([
      'block1/conv1/kernel',
      'block1/bn1/gamma',
      'block1/bn1/beta',
    ]);
    expect([...upstreamWeights(model, ['block1/conv1']).keys()]).toEqual(['block1/conv1/kernel']);
    expect(upstreamWeights(model, [])).toEqual(new Map());
    expect(upstreamWeights(model, ['block1/relu', 'logits'])).toEqual(trainableWeights(model));
    expect(() => upstreamWeights(model, ['block1/rel'])).toThrow('Did you mean `block1/relu`');
  });

  it('follows both ways around a shortcut', () => {
    const model = zoo('resnet20', { width: 1 });
    const names = [...upstreamWeights(model, ['stage2/block1/add']).keys()];
    expect(names).toContain('stage2/block1/shortcut/conv/kernel');
    expect(names).toContain('stage2/block1/conv2/kernel');
    expect(names.filter((name) => /^(stage2\/block2|stage3|logits)/.test(name))).toEqual([]);
  });

  it('is exactly what the gradient of the layer reaches', () => {
    const model = zoo('resnet20', { width: 1 });
    const { output } = model.getLayer('stage2/block1/relu');
    const upTo = tf.model({ inputs: model.inputs, outputs: output });
    const reached = new Set(upTo.trainableWeights.map(({ name }) => name));
    const upstream = [...upstreamWeights(model, ['stage2/block1/relu']).values()].map(({ name }) => name);
    expect(new Set(upstream)).toEqual(reached);
  });
});

describe('loadWeightsInto', () => {
  it('loads weights of the model alone and checkpoints of a run, statistics included', async () => {
    const teacher = thin(1);
    modelWeights(teacher)
      .get('block1/bn1/moving_mean')!
      .assign(tf.tensor1d([5, 6]));
    const stored = await storeTensors(modelWeights(teacher));
    const extra = new Map<string, StoredTensor>([
      ['adapter-1/conv/kernel', { dtype: 'F32', shape: [1], data: new Float32Array(1) }],
      ['optimizer/step', { dtype: 'I32', shape: [], data: new Int32Array(1) }],
    ]);
    const files = [
      await write('plain.safetensors', stored),
      await write('checkpoint.safetensors', new Map([...prefixed(stored, 'student/'), ...extra])),
    ];
    for (const file of files) {
      const model = thin(2);
      const before = tf.memory().numTensors;
      await loadWeightsInto(model, file);
      expect(tf.memory().numTensors).toBe(before);
      for (const [name, weight] of modelWeights(model)) {
        expect(valuesOf(weight)).toEqual(valuesOf(modelWeights(teacher).get(name)!));
      }
    }
  });

  it('takes a nested model called student for what it is', async () => {
    const build = () =>
      tf.sequential({
        layers: [
          tf.layers.flatten({ inputShape: [2, 1], name: 'flat' }),
          tf.sequential({
            name: 'student',
            layers: [tf.layers.dense({ inputShape: [2], units: 1, name: 'dense' })],
          }),
        ],
      });
    const file = await write('nested.safetensors', await storeTensors(modelWeights(build())));
    await expect(loadWeightsInto(build(), file)).resolves.toBeUndefined();
  });

  it('names all misfits at once and changes nothing', async () => {
    const stored = await storeTensors(modelWeights(thin()));
    const model = thin(2);
    const before = [...modelWeights(model).values()].map(valuesOf);
    const changed = new Map(stored);
    changed.delete('block1/conv1/kernel');
    changed.set('block1/conv_1/kernel', stored.get('block1/conv1/kernel')!);
    changed.set('logits/kernel', { dtype: 'F32', shape: [4, 2], data: new Float32Array(8) });
    changed.set('logits/bias', { dtype: 'F64', shape: [3], data: new Float64Array(3) });
    const file = await write('changed.safetensors', changed);
    expect(await misfit(model, file)).toBe(
      `The weights in ${file} do not fit the model. 9 of the 12 weights of the model fit. ` +
        'Different: `logits/kernel` is [4, 2] in the file and [4, 3] in the model; ' +
        '`logits/bias` is F64 in the file and float32 in the model. ' +
        'Missing in the file: `block1/conv1/kernel` [3, 3, 1, 2] (the file has `block1/conv_1/kernel`). ' +
        'Unknown to the model: `block1/conv_1/kernel` [3, 3, 1, 2].',
    );
    expect([...modelWeights(model).values()].map(valuesOf)).toEqual(before);
  });

  it('says when the weights belong to another architecture, and keeps long lists short', async () => {
    const file = await write(
      'mlp.safetensors',
      await storeTensors(modelWeights(zoo('mlp', { hidden: [4, 4] }))),
    );
    const message = await misfit(thin(), file);
    expect(message).toContain('They belong to another architecture, or to the same one with other options.');
    expect(message).toContain('2 of the 12 weights of the model fit.');
    expect(message).toContain('; and 5 more. Unknown to the model: `hidden1/dense/bias` [4];');
  });

  it('fails on missing and damaged files', async () => {
    const file = join(folder, 'none.safetensors');
    await expect(loadWeightsInto(thin(), file)).rejects.toMatchObject({ code: 'missing-file' });
    await writeFile(file, 'no weights');
    expect(await misfit(thin(), file)).toContain('is not a valid safetensors file');
  });
});

describe('applyConstraints', () => {
  it('projects the weights that have a constraint, after an optimizer has moved them', () => {
    const model = zoo('mlp', { hidden: [3], maxNorm: 2 });
    const kernel = modelWeights(model).get('hidden1/dense/kernel')!;
    const logits = modelWeights(model).get('logits/kernel')!;
    kernel.assign(tf.mul(tf.ones([64, 3]), tf.tensor1d([1, 0.1, 10])));
    logits.assign(tf.fill([3, 3], 100));
    const before = tf.memory().numTensors;
    applyConstraints(model);
    expect(tf.memory().numTensors).toBe(before);
    const norms = valuesOf(tf.norm(kernel, 'euclidean', 0));
    expect(norms[0]).toBeCloseTo(2, 4);
    expect(norms[1]).toBeCloseTo(0.8, 4);
    expect(norms[2]).toBeCloseTo(2, 4);
    expect(valuesOf(logits)[0]).toBe(100);
  });
});
