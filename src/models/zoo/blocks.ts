import * as tf from '@tensorflow/tfjs';
import type { ModelContext } from '../model';

/** Applies a layer to symbolic tensors; the layers here all give one back. */
export function applyLayer(
  layer: tf.layers.Layer,
  input: tf.SymbolicTensor | tf.SymbolicTensor[],
): tf.SymbolicTensor {
  const output = layer.apply(input);
  if (output instanceof tf.SymbolicTensor) return output;
  throw new TypeError(`${layer.name} gave no single symbolic tensor.`);
}

/** The images, `[null, height, width, channels]`. */
export function imageInput(context: ModelContext): tf.SymbolicTensor {
  return tf.input({ shape: context.inputShape, name: 'images' });
}

/**
 * A 3×3 (or other) convolution without bias and its batch normalization. Weights start as He et al. 2015 propose for
 * ReLUs; the statistics move by a tenth each step, so that they follow short trainings too.
 */
export function convolutionAndNorm(
  input: tf.SymbolicTensor,
  options: { convolution: string; norm: string; filters: number; kernelSize?: number; strides?: number },
): tf.SymbolicTensor {
  const { convolution, norm, filters, kernelSize = 3, strides = 1 } = options;
  const map = applyLayer(
    tf.layers.conv2d({
      name: convolution,
      filters,
      kernelSize,
      strides,
      padding: 'same',
      useBias: false,
      kernelInitializer: 'heNormal',
    }),
    input,
  );
  return applyLayer(tf.layers.batchNormalization({ name: norm, momentum: 0.9, epsilon: 1e-5 }), map);
}

export function relu(input: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return applyLayer(tf.layers.activation({ activation: 'relu', name }), input);
}

/** 2×2 max pooling, as long as the map has at least 2×2 pixels; a smaller one stays as it is. */
export function halve(input: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  const [, height, width] = input.shape;
  if ((height ?? 0) < 2 || (width ?? 0) < 2) return input;
  return applyLayer(tf.layers.maxPooling2d({ poolSize: 2, name }), input);
}

/** Global average pooling (`pool`) and the linear classifier (`logits`). */
export function classifier(
  context: ModelContext,
  input: tf.SymbolicTensor,
  map: tf.SymbolicTensor,
): tf.LayersModel {
  const features = applyLayer(tf.layers.globalAveragePooling2d({ name: 'pool' }), map);
  const logits = applyLayer(tf.layers.dense({ units: context.classes, name: 'logits' }), features);
  return tf.model({ inputs: input, outputs: logits });
}
