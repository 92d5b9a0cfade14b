import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { mendBatchNormalizations } from './normalization';
import { modelWeights } from './weights';

beforeAll(() => tf.setBackend('cpu'));

const images = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 9], [2, 2, 1, 2]);

/** What a model with such a layer gives in training, and the names of its weights. */
function trainOnce(options: { scale: boolean; center: boolean; axis: number }) {
  const inputShape = [2, 1, 2];
  const layer = tf.layers.batchNormalization({ ...options, inputShape, name: 'bn', epsilon: 1e-3 });
  const model = tf.sequential({
    layers: [layer, tf.layers.flatten(), tf.layers.dense({ units: 2, useBias: false, name: 'logits' })],
  });
  mendBatchNormalizations(model);
  const weights = modelWeights(model);
  const logits = weights.get('logits/kernel')!;
  logits.assign(tf.range(1, 9).reshape([4, 2]));
  const { grads } = tf.variableGrads(() => {
    const output = model.apply(images, { training: true }) as tf.Tensor;
    return output.square().sum().asScalar();
  });
  const normalized = layer.apply(images, { training: true }) as tf.Tensor;
  return {
    names: [...weights.keys()],
    output: Array.from(normalized.dataSync()),
    gradient: Array.from(grads[logits.name]!.dataSync()),
    inference: (model.apply(images) as tf.Tensor).dataSync().every(Number.isFinite),
  };
}

it.each([-1, 1])('batch normalization along axis %i trains without scale, center, or both', (axis) => {
  const whole = trainOnce({ scale: true, center: true, axis });
  expect(whole.names).toContain('bn/gamma');
  for (const [scale, center] of [
    [true, false],
    [false, true],
    [false, false],
  ] as const) {
    const part = trainOnce({ scale, center, axis });
    // New gammas are 1 and new betas 0: nothing else may differ.
    expect(part.output).toEqual(whole.output);
    expect(part.gradient).toEqual(whole.gradient);
    expect(part.inference).toBe(true);
    expect([part.names.includes('bn/gamma'), part.names.includes('bn/beta')]).toEqual([scale, center]);
  }
});

it('normalizes along another axis as along the last one', () => {
  const output = (axis: number, input: tf.Tensor) => {
    const layer = tf.layers.batchNormalization({ inputShape: input.shape.slice(1), axis });
    const model = tf.sequential({ layers: [layer, tf.layers.flatten(), tf.layers.dense({ units: 1 })] });
    mendBatchNormalizations(model);
    return layer.apply(input, { training: true }) as tf.Tensor4D;
  };
  const input = tf.randomNormal<tf.Rank.R4>([3, 2, 4, 5]);
  const expected = output(-1, input.transpose([0, 2, 3, 1])).transpose([0, 3, 1, 2]);
  expect(output(1, input).arraySync()).toEqual(expected.arraySync());
});
