import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { keyedRandom } from '../random/keyed';
import { inBuildScope } from './buildScope';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function unnamed(): tf.LayersModel {
  const input = tf.input({ shape: [8, 8, 1] });
  const inner = tf.sequential({
    layers: [tf.layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [8, 8, 1] })],
  });
  const map = inner.apply(input) as tf.SymbolicTensor;
  const flat = tf.layers.flatten().apply(tf.layers.conv2d({ filters: 2, kernelSize: 3 }).apply(map));
  return tf.model({ inputs: input, outputs: tf.layers.dense({ units: 3 }).apply(flat) as tf.SymbolicTensor });
}

const namesOf = (model: tf.LayersModel) => [model.name, ...model.layers.map(({ name }) => name)];

describe('inBuildScope', () => {
  it('gives unnamed layers the names of a fresh process, every time', () => {
    const expected = [
      'model1',
      'input1',
      'sequential_1',
      'conv2d_Conv2D2',
      'flatten_Flatten1',
      'dense_Dense1',
    ];
    unnamed();
    expect(namesOf(inBuildScope(Math.random, unnamed))).toEqual(expected);
    expect(namesOf(inBuildScope(Math.random, unnamed))).toEqual(expected);
    expect(namesOf(unnamed())).not.toEqual(expected);
  });

  it('leaves chosen names alone, also those with numbers', () => {
    const layers = inBuildScope(Math.random, () => [
      tf.layers.dense({ units: 1, name: 'dense7' }),
      tf.layers.dense({ units: 1, name: 'conv2d_Conv2D9' }),
      tf.layers.dense({ units: 1, name: 'block2/relu3' }),
    ]);
    expect(layers.map(({ name }) => name)).toEqual(['dense7', 'conv2d_Conv2D9', 'block2/relu3']);
  });

  it('numbers own layer classes whose name ends in a digit', () => {
    class Block2 extends tf.layers.Layer {
      static className = 'Block2';
    }
    const build = () => [new Block2(), new Block2()].map(({ name }) => name);
    expect(inBuildScope(Math.random, build)).toEqual(['block2_Block21', 'block2_Block22']);
    expect(inBuildScope(Math.random, build)).toEqual(['block2_Block21', 'block2_Block22']);
  });

  it('leaves ordinary properties and the old state behind, also after an error', () => {
    const { random } = Math;
    const { stackTraceLimit } = Error;
    const layers: tf.layers.Layer[] = [];
    const build = () => {
      layers.push(tf.layers.flatten());
      throw new Error('broken');
    };
    expect(() => inBuildScope(() => 0.5, build)).toThrow('broken');
    expect(Object.getOwnPropertyDescriptor(layers[0], 'name')).toEqual({
      value: 'flatten_Flatten1',
      configurable: true,
      enumerable: true,
      writable: true,
    });
    expect(Object.hasOwn(tf.layers.Layer.prototype, 'name')).toBe(false);
    expect(Math.random).toBe(random);
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });

  it('draws initial weights from the given stream', () => {
    const weights = (seed: number) =>
      inBuildScope(keyedRandom(seed, 'initialize'), unnamed).getWeights()[0]!.dataSync().slice();
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
  });
});
