import * as tf from '@tensorflow/tfjs';

/** What Distillery tells a model function. */
interface Context {
  inputShape: [height: number, width: number, channels: number];
  classes: number;
}

/** A small student: two thin convolutions and a linear layer, 3,818 parameters for 16×16 grey images. */
export function student({ inputShape, classes }: Context): tf.LayersModel {
  const image = tf.input({ shape: inputShape });
  const first = convolution(image, 'conv1', 8);
  const second = convolution(first, 'conv2', 16);
  const flat = tf.layers.flatten().apply(second);
  const logits = tf.layers.dense({ units: classes, name: 'logits' }).apply(flat) as tf.SymbolicTensor;
  return tf.model({ inputs: image, outputs: logits });
}

/** 3×3 convolution, ReLU and 2×2 pooling: half the size. */
function convolution(input: tf.SymbolicTensor, name: string, filters: number): tf.SymbolicTensor {
  const map = tf.layers
    .conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', name })
    .apply(input);
  return tf.layers.maxPooling2d({ poolSize: 2, name: `${name}/pool` }).apply(map) as tf.SymbolicTensor;
}
