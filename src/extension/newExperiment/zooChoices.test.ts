import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { planAdapter } from '../../layers/adapters';
import { countParameters, findLayer } from '../../models/table';
import { zooModel } from '../../models/zoo/zoo';
import { hintLayersOf, hintPair, sizeOfChoice, zooChoices, type ZooChoice } from './zooChoices';

const sizes = { digits: 16, mnist: 28 } as const;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function build({ model, options }: ZooChoice, dataset: keyof typeof sizes): tf.LayersModel {
  const size = sizes[dataset];
  const given = (options === null ? {} : parse(options)) as Record<string, unknown>;
  return zooModel(model.slice('zoo/'.length)).build({
    inputShape: [size, size, 1],
    classes: 10,
    options: given,
  });
}

const built = new Map<string, tf.LayersModel>();
function modelOf(choice: ZooChoice, dataset: keyof typeof sizes): tf.LayersModel {
  const key = `${dataset} ${choice.model} ${choice.options ?? ''}`;
  const model = built.get(key) ?? build(choice, dataset);
  built.set(key, model);
  return model;
}

describe('the models of the zoo that are offered', () => {
  it.each(zooChoices.map((choice) => [`${choice.model} ${choice.options ?? ''}`, choice] as const))(
    '%s has the weights and layers that are told of it',
    (_, choice) => {
      for (const dataset of ['digits', 'mnist'] as const) {
        const model = modelOf(choice, dataset);
        expect(countParameters(model), dataset).toBe(choice.parameters[dataset]);
        const half = sizes[dataset] / 2;
        const { map, vector } = choice.layers;
        if (map !== null) expect(findLayer(model, map).shape.slice(0, 2)).toEqual([half, half]);
        expect(findLayer(model, vector).shape).toHaveLength(1);
      }
    },
  );

  it('gives every teacher and student a pair of layers that an adapter joins', () => {
    for (const teacher of zooChoices) {
      for (const student of zooChoices) {
        const pair = hintPair(teacher.layers, student.layers);
        if (pair === null) throw new Error(`${teacher.model} and ${student.model} have no pair.`);
        for (const dataset of ['digits', 'mnist'] as const) {
          const guided = findLayer(modelOf(student, dataset), pair.student).shape;
          const hint = findLayer(modelOf(teacher, dataset), pair.teacher).shape;
          expect(() => planAdapter('auto', guided, hint)).not.toThrow();
        }
      }
    }
  });

  it('tells their sizes where the images are known', () => {
    expect(sizeOfChoice(zooChoices[0]!, 'fashion-mnist')).toBe('72,666 parameters');
    expect(sizeOfChoice(zooChoices[0]!, 'idx')).toBe('');
  });
});

describe('hintLayersOf', () => {
  it('knows the layers of a model of the zoo, unless its options change them', () => {
    expect(hintLayersOf('zoo/conv-wide', { width: 4 })).toEqual({ map: 'block2/relu', vector: 'pool' });
    expect(hintLayersOf('zoo/conv-wide', { blocks: 1 })).toBeNull();
    expect(hintLayersOf('zoo/fitnet', {})).toEqual({ map: 'relu11', vector: 'pool' });
    expect(hintLayersOf('zoo/resnet32', {})).toBeNull();
    expect(hintLayersOf('./models/mine.ts#net', {})).toBeNull();
  });
});
