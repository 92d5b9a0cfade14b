import type * as tf from '@tensorflow/tfjs';
import { modelGraph, type Port } from './graph';

/** Layers that only rearrange the values they are given. */
const passing = ['Flatten', 'Reshape', 'Dropout'];
/** Layers that are an activation. */
const activations = ['Softmax', 'ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'ThresholdedReLU'];

/**
 * The activation that a model ends in, e.g. `softmax`; null when its output is linear, as logits are, or made by a
 * layer whose activation is unknown. Losses take logits: a softmax in the model would be applied twice.
 */
export function outputActivation(model: tf.LayersModel): string | null {
  let port: Port | undefined = modelGraph(model).outputs[0];
  while (port?.use && passing.includes(port.use.layer.getClassName())) port = port.use.inputs[0];
  if (!port?.use) return null;
  const { layer } = port.use;
  const kind = layer.getClassName();
  if (activations.includes(kind)) return kind.toLowerCase();
  const { activation } = layer.getConfig();
  return typeof activation === 'string' && activation !== 'linear' ? activation : null;
}
