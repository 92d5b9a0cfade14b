import type * as tf from '@tensorflow/tfjs';
import type { LayerUse } from './graph';

/**
 * Multiply-adds of one use of a layer for one image.
 *
 * Counted are the products of weights and inputs in convolutions and dense layers: the size of the kernel for every
 * position it is applied at, padding included, as papers count. Biases, normalizations, activations, pooling, sums and
 * all other layers count 0.
 */
export function multiplyAddsOf({ layer, inputTensors, outputTensors }: LayerUse): number {
  const kernels = layer.weights
    .filter(({ originalName }) => originalName.endsWith('kernel'))
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const output = outputTensors[0]!.shape;
  switch (layer.getClassName()) {
    case 'Dense':
      return kernels * sizeOf(output.slice(1, -1));
    case 'Conv1D':
    case 'Conv2D':
    case 'Conv3D':
    case 'DepthwiseConv2D':
    case 'SeparableConv2D':
      return kernels * positions(layer, output);
    case 'Conv2DTranspose':
    case 'Conv3DTranspose':
      // Every position of the input is spread over a whole kernel.
      return kernels * positions(layer, inputTensors[0]!.shape);
    default:
      return 0;
  }
}

/** Learnt weights of a layer, frozen or not; the running statistics of a batch normalization are not learnt. */
export function parametersOf(layer: tf.layers.Layer): tf.LayerVariable[] {
  if (layer.getClassName() !== 'BatchNormalization') return layer.weights;
  return layer.weights.filter(({ originalName }) => !/moving_(?:mean|variance)$/.test(originalName));
}

/** Pixels of a feature map: the product of its spatial sizes. */
function positions(layer: tf.layers.Layer, shape: tf.Shape): number {
  return sizeOf(layer.getConfig()['dataFormat'] === 'channelsFirst' ? shape.slice(2) : shape.slice(1, -1));
}

function sizeOf(shape: tf.Shape): number {
  return shape.reduce<number>((product, size) => product * (size ?? 1), 1);
}
