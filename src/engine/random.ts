import * as tf from '@tensorflow/tfjs';
import { fillNormal, fillUniform } from '../random/fill';
import { GraphBackend } from './compiled/backend';

/** Draws numbers into an array from a stream of its own. */
type Draw = (array: Float32Array, seed: number) => void;

/**
 * A tensor of random numbers. In a step that is being compiled it becomes an input, which is drawn anew before each run;
 * anywhere else it is drawn now. Its seed comes from `Math.random`, which a trainer sets for each step.
 */
function randomTensor(shape: readonly number[], draw: Draw): tf.Tensor {
  const fill = (array: Float32Array): void => {
    draw(array, Math.floor(Math.random() * 2 ** 32));
  };
  const backend: unknown = tf.backend();
  const input = backend instanceof GraphBackend ? backend.randomInput(shape, fill) : null;
  if (input) return tf.engine().makeTensorFromTensorInfo(input);
  const array = new Float32Array(tf.util.sizeFromShape([...shape]));
  fill(array);
  return tf.tensor(array, [...shape]);
}

/** Uniform numbers in [low, high). */
export function randomUniform(shape: readonly number[], low = 0, high = 1): tf.Tensor {
  return randomTensor(shape, (array, seed) => {
    fillUniform(array, seed, low, high);
  });
}

export function randomNormal(shape: readonly number[], mean = 0, deviation = 1): tf.Tensor {
  return randomTensor(shape, (array, seed) => {
    fillNormal(array, seed, mean, deviation);
  });
}

/**
 * Puts each element to 0 with probability `rate`, and scales the others by 1 / (1 − rate) (Srivastava et al. 2014).
 *
 * @param noiseShape of the mask; a length of 1 drops whole slices together.
 */
export function dropout(x: tf.Tensor, rate: number, noiseShape: readonly number[] = x.shape): tf.Tensor {
  const kept = tf.floor(tf.add(randomUniform(noiseShape), 1 - rate));
  return tf.mul(x, tf.div(kept, 1 - rate));
}

/** The tfjs that model code imports: the whole of it, with random ops that also work in a step that is compiled. */
export const tfjsOfModels: typeof tf = new Proxy(tf, {
  get: (target, name): unknown =>
    isTracing() && name in traceable ? traceable[name as keyof typeof traceable] : Reflect.get(target, name),
});

function isTracing(): boolean {
  const backend: unknown = tf.backend();
  return backend instanceof GraphBackend && backend.isTracing;
}

const traceable = {
  dropout: (x: tf.Tensor, rate: number, noiseShape?: readonly number[]) => dropout(x, rate, noiseShape),
  randomNormal,
  randomStandardNormal: (shape: readonly number[]) => randomNormal(shape),
  randomUniform,
};
