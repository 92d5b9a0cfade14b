import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageSet } from '../data/dataset';
import { layerTable } from '../models/table';
import {
  hashImages,
  hashWeights,
  identifyTeacher,
  targetsKey,
  type TargetsIdentity,
  type TeacherIdentity,
} from './identity';

const images: ImageSet = {
  count: 2,
  height: 1,
  width: 2,
  channels: 1,
  images: Uint8Array.of(1, 2, 3, 4),
  labels: Uint8Array.of(0, 1),
};

function makeTeacher(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.dense({ name: 'one', inputShape: [2], units: 3, kernelInitializer: 'ones' }),
      tf.layers.batchNormalization({ name: 'norm' }),
    ],
  });
}

async function identityOf(model: tf.LayersModel): Promise<TeacherIdentity> {
  return identifyTeacher(layerTable(model), 'zoo/mlp', { hidden: [3] }, await hashWeights(model));
}

let identity: TargetsIdentity;
beforeAll(async () => {
  await tf.setBackend('cpu');
  identity = {
    teacher: await identityOf(makeTeacher()),
    layer: null,
    images: hashImages(images),
    engine: { name: 'wasm', device: 'CPU' },
    batch: 64,
  };
});

describe('targetsKey', () => {
  it('is the same for the same teacher, built again', async () => {
    const teacher = await identityOf(makeTeacher());
    expect(targetsKey({ ...identity, teacher })).toBe(targetsKey(identity));
    expect(targetsKey(identity)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is another after the smallest change of a weight, also of one that is not trained', async () => {
    for (const changed of ['one/kernel', 'norm/moving_variance']) {
      const model = makeTeacher();
      const weight = model.weights.find(({ originalName }) => originalName === changed)!;
      weight.write(weight.read().mul(1 + 2 ** -23));
      const teacher = await identityOf(model);
      expect(targetsKey({ ...identity, teacher }), changed).not.toBe(targetsKey(identity));
    }
  });

  it('is another when anything else changes', () => {
    const { teacher } = identity;
    const changes: Partial<TargetsIdentity>[] = [
      { layer: 'one' },
      { images: hashImages({ ...images, images: Uint8Array.of(1, 2, 3, 5) }) },
      { images: hashImages({ ...images, height: 2, width: 1 }) },
      { images: hashImages({ ...images, count: 1, images: Uint8Array.of(1, 2) }) },
      { engine: { name: 'cpu', device: 'CPU' } },
      { engine: { name: 'wasm', device: 'another' } },
      { batch: 32 },
      { teacher: { ...teacher, code: 'zoo/conv-thin' } },
      { teacher: { ...teacher, options: { hidden: [4] } } },
      { teacher: { ...teacher, layers: [] } },
    ];
    const keys = [identity, ...changes.map((change) => ({ ...identity, ...change }))].map(targetsKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('does not depend on labels, which a teacher does not see', () => {
    expect(hashImages({ ...images, labels: Uint8Array.of(1, 1) })).toBe(identity.images);
  });
});
