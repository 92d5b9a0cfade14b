import * as tf from '@tensorflow/tfjs';
import { modelGraph } from './graph';

/** The inside of a batch normalization of tfjs-layers. */
interface Normalization {
  gamma?: { read(): tf.Tensor } | null;
  beta?: { read(): tf.Tensor } | null;
  movingMean: tf.LayerVariable;
  axis: number;
}

/**
 * Makes every batch normalization of a model trainable where tfjs-layers fails at the first step: without `scale` or
 * `center`, because it reads gamma and beta in training also when there are none, and along another axis than the last,
 * because the gradient knows no broadcasting.
 */
export function mendBatchNormalizations(model: tf.LayersModel): void {
  for (const { layer, inputTensors } of modelGraph(model).uses) {
    if (!isBatchNormalization(layer)) continue;
    const shape = layer.movingMean.shape as number[];
    // Constants, no weights of the model.
    layer.gamma ??= { read: () => tf.ones(shape) };
    layer.beta ??= { read: () => tf.zeros(shape) };
    normalizeLastAxis(layer, inputTensors[0]!.rank);
  }
}

function isBatchNormalization(layer: tf.layers.Layer): layer is tf.layers.Layer & Normalization {
  return layer.getClassName() === 'BatchNormalization';
}

/** Lets a normalization along another axis see its input with that axis at the end. */
function normalizeLastAxis(layer: tf.layers.Layer & Normalization, rank: number): void {
  const { axis } = layer;
  const normalized = axis < 0 ? axis + rank : axis;
  if (normalized === rank - 1 || Object.hasOwn(layer, 'call')) return;
  const axes = Array.from({ length: rank }, (_, index) => index);
  const order = [...axes.filter((index) => index !== normalized), normalized];
  const back = axes.map((index) => order.indexOf(index));
  const call = layer.call.bind(layer);
  layer.call = (inputs, options) =>
    tf.tidy(() => {
      layer.axis = -1;
      try {
        const input = Array.isArray(inputs) ? inputs[0]! : inputs;
        const output = call(tf.transpose(input, order), options);
        return tf.transpose(Array.isArray(output) ? output[0]! : output, back);
      } finally {
        layer.axis = axis;
      }
    });
}
