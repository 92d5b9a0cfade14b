import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { adapterParameters, planAdapter } from '../layers/adapters';
import { buildAdapter } from './adapters';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('buildAdapter', () => {
  test.each([
    [[16, 16, 16], [16, 16, 32], 'conv1x1', 16 * 32 + 32],
    [[16, 16, 4], [8, 8, 8], 'strided', 3 * 3 * 4 * 8 + 8],
    [[12, 12, 4], [4, 4, 8], 'strided', 5 * 5 * 4 * 8 + 8],
    [[8, 8, 4], [16, 16, 8], 'transposed', 4 * 4 * 4 * 8 + 8],
    [[10, 9, 4], [8, 8, 8], 'regressor', 3 * 2 * 4 * 8 + 8],
    [[800], [1200], 'conv1x1', 800 * 1200 + 1200],
  ] as const)(
    '%j to %j: %s with %d parameters gives the shape of the hint',
    (guided, hint, kind, parameters) => {
      const plan = planAdapter(kind, guided, hint);
      expect(adapterParameters(plan)).toBe(parameters);
      const adapter = buildAdapter(plan, 'adapter-1');
      expect(adapter?.countParams()).toBe(parameters);
      expect(adapter?.outputShape).toEqual([null, ...hint]);
    },
  );

  test('none needs no weights', () => {
    expect(buildAdapter(planAdapter('auto', [4, 4, 8], [4, 4, 8]), 'adapter-1')).toBeNull();
  });
});
