import * as tf from '@tensorflow/tfjs';
import { keyedRandom, permutation } from '../../random/keyed';
import type { Engine } from '../engine';

/** A function of tensors whose gradients are compared with finite differences. */
export type GradientCase = readonly [
  name: string,
  shapes: readonly (readonly number[])[],
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
];

/** Distinct values in [−1, 1], at least 2 / size apart, so that no maximum changes under a small step. */
export function distinctValues(shape: readonly number[], key: string): Float32Array {
  const size = tf.util.sizeFromShape([...shape]);
  const order = permutation(size, keyedRandom(key, size));
  return Float32Array.from(order, (place) => (2 * (place + 0.5)) / size - 1);
}

/** What central differences say of one input: along each of these directions the loss rises by so much. */
export interface NumericGradient {
  directions: readonly Float32Array[];
  slopes: readonly number[];
}

/** Up to this size every element is moved by itself; larger inputs along some random directions. */
const MOST_SINGLE = 200;
const RANDOM_DIRECTIONS = 6;

function directionsFor(size: number): Float32Array[] {
  if (size > MOST_SINGLE) {
    return Array.from({ length: RANDOM_DIRECTIONS }, (_, index) => {
      const random = keyedRandom('direction', index);
      return Float32Array.from({ length: size }, () => Math.sign(random() - 0.5) / Math.sqrt(size));
    });
  }
  return Array.from({ length: size }, (_, place) => new Float32Array(size).fill(1, place, place + 1));
}

/**
 * dL/dx by central differences on the plain JavaScript backend, L = Σ f(x) · weights; the sum is made in double
 * precision. The forward kernels of that backend are right, which its gradients are not always.
 */
export function numericGradients([, shapes, f]: GradientCase): NumericGradient[] {
  const step = 2 ** -8;
  const arrays = shapes.map((shape, index) => distinctValues(shape, `input ${index}`));
  const lossWith = (which: number, values: Float32Array): number => {
    const output = tf.tidy(() =>
      f(...arrays.map((array, index) => tf.tensor(index === which ? values : array, [...shapes[index]!]))),
    );
    const weights = distinctValues(output.shape, 'weights');
    const sum = Array.from(output.dataSync()).reduce(
      (total, value, index) => total + value * weights[index]!,
      0,
    );
    output.dispose();
    return sum;
  };
  return arrays.map((array, which) => {
    const directions = directionsFor(array.length);
    const slopes = directions.map((direction) => {
      // What is moved is scaled by the longest entry, or a step along many would be lost in rounding.
      const reach = step / Math.max(...direction.map(Math.abs));
      const moved = (sign: number) => array.map((value, place) => value + sign * reach * direction[place]!);
      return (lossWith(which, moved(1)) - lossWith(which, moved(-1))) / (2 * reach);
    });
    return { directions, slopes };
  });
}

/** The inputs of a case on the active engine. */
export function inputsOf(shapes: GradientCase[1]): tf.Tensor[] {
  return shapes.map((shape, index) => tf.tensor(distinctValues(shape, `input ${index}`), [...shape]));
}

/** What an engine makes of a case. */
export interface TapeGradients {
  gradients: Float32Array[];
  output: Float32Array;
}

/** The gradients as the active engine gives them, by tfjs's tape; and what f gives there. */
export function tapeGradients([, shapes, f]: GradientCase): TapeGradients {
  const inputs = inputsOf(shapes);
  const output = f(...inputs);
  const weights = tf.tensor(distinctValues(output.shape, 'weights'), output.shape);
  const gradients = tf.grads((...given: tf.Tensor[]) => tf.sum(tf.mul(f(...given), weights)))(inputs);
  const result = {
    gradients: gradients.map((gradient) => Float32Array.from(gradient.dataSync())),
    output: Float32Array.from(output.dataSync()),
  };
  tf.dispose([inputs, output, weights, gradients]);
  return result;
}

/** The same out of one step. @throws when the engine refuses to compile it. */
export async function stepGradients([, shapes, f]: GradientCase, engine: Engine): Promise<TapeGradients> {
  const arrays = shapes.map((shape, index) => distinctValues(shape, `input ${index}`));
  const inputs = Object.fromEntries(
    arrays.map((data, index) => [String(index), { data, shape: shapes[index]! }]),
  );
  const step = engine.prepare(
    (given) => {
      const tensors = shapes.map((_, index) => given[String(index)]!);
      const output = f(...tensors);
      const weights = tf.tensor(distinctValues(output.shape, 'weights'), output.shape);
      const gradients = tf.grads((...moved: tf.Tensor[]) => tf.sum(tf.mul(f(...moved), weights)))(tensors);
      return { output, ...Object.fromEntries(gradients.map((gradient, index) => [`d${index}`, gradient])) };
    },
    {
      onRefused: (reason) => {
        throw new Error(reason);
      },
    },
  );
  const { output, ...rest } = await step.run(inputs);
  step.dispose();
  return { output: output!, gradients: shapes.map((_, index) => rest[`d${index}`]!) };
}

/** How far a gradient is from the numeric one, beside the steepest slope. */
export function distance(gradient: Float32Array, { directions, slopes }: NumericGradient): number {
  const scale = Math.max(...slopes.map(Math.abs), 1e-2);
  const errors = directions.map((direction, index) => {
    const slope = gradient.reduce((sum, value, place) => sum + value * direction[place]!, 0);
    return Math.abs(slope - slopes[index]!);
  });
  // A comparison would pass over NaN.
  return errors.some(Number.isNaN) ? Infinity : Math.max(...errors) / scale;
}

/** The largest difference of two arrays, beside the largest number. */
export function furthest(actual: Float32Array, wanted: Float32Array): number {
  const scale = Math.max(...wanted.map(Math.abs), 1e-3);
  const errors = wanted.map((value, place) => Math.abs(value - actual[place]!));
  return errors.some(Number.isNaN) ? Infinity : Math.max(...errors) / scale;
}
