import * as tf from '@tensorflow/tfjs';

/** What Distillery tells a model function. */
interface Context {
  inputShape: [height: number, width: number, channels: number];
  classes: number;
}

/** The teacher: two convolutions and a hidden layer with dropout, 206,922 parameters for MNIST. */
export function teacher({ inputShape, classes }: Context): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape,
        filters: 16,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
        name: 'conv1',
      }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu', name: 'conv2' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 128, activation: 'relu', name: 'hidden' }),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: classes, name: 'logits' }),
    ],
  });
}

/** The student: thinner and deeper than the teacher, as FitNets are; 8,248 parameters for MNIST. */
export function thin({ inputShape, classes }: Context): tf.LayersModel {
  const image = tf.input({ shape: inputShape });
  let map = image;
  for (const [block, filters] of [6, 12].entries()) {
    for (const part of ['a', 'b']) map = convolution(map, `conv${block + 1}${part}`, filters);
    map = tf.layers.maxPooling2d({ poolSize: 2 }).apply(map) as tf.SymbolicTensor;
  }
  const flat = tf.layers.flatten().apply(map);
  const logits = tf.layers.dense({ units: classes, name: 'logits' }).apply(flat) as tf.SymbolicTensor;
  return tf.model({ inputs: image, outputs: logits });
}

function convolution(input: tf.SymbolicTensor, name: string, filters: number): tf.SymbolicTensor {
  const layer = tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', name });
  return layer.apply(input) as tf.SymbolicTensor;
}
