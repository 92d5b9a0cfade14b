import * as tf from '@tensorflow/tfjs';
import { tapModel } from './table';

/**
 * A model as a teacher: gives outputs of its layers in inference mode, so that no statistics move. Only the layers that
 * are needed are run.
 *
 * @param wanted names of layers; null for the first output of the model, the logits of a classifier. At least one, none twice.
 * @returns a function from `[batch, height, width, channels]` to the outputs in the order of `wanted`.
 * @throws ModelError as `tapModel`.
 */
export function prepareOutputs(
  model: tf.LayersModel,
  wanted: readonly (string | null)[],
): (images: tf.Tensor) => tf.Tensor[] {
  const layers = wanted.filter((layer) => layer !== null);
  const logits = layers.length < wanted.length;
  const tapped = tapModel(model, layers, { logits });
  return (images) => {
    const outputs = listTensors(tapped.apply(images, { training: false }));
    const own = logits ? outputs.splice(0, model.outputs.length) : [];
    return wanted.map((layer) => (layer === null ? own[0]! : outputs.shift()!));
  };
}

/** The outputs of a model that was run on tensors, as a list. */
export function listTensors(output: ReturnType<tf.LayersModel['apply']>): tf.Tensor[] {
  const list = Array.isArray(output) ? output : [output];
  return list.map((tensor) => {
    if (tensor instanceof tf.Tensor) return tensor;
    throw new TypeError('A model was given symbolic tensors where it runs on real ones.');
  });
}
