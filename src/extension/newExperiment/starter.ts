import type { HintLayers } from './zooChoices';

/** The layers of the starter that hints can name. */
export const starterLayers: HintLayers = { map: 'conv2', vector: 'pool' };

/** The file of a model to begin with: small, commented, its layers named. */
export function starterText(name: string): string {
  return `import * as tf from '@tensorflow/tfjs'; // Distillery brings it; install it for completion in the editor

/** What Distillery tells a model function. */
interface Context {
  inputShape: [height: number, width: number, channels: number];
  classes: number;
  /** What the experiment says under \`options\`. */
  options: { width?: number };
}

/** A small convolutional student: three blocks, each with twice the channels of the one before. */
export function ${name}({ inputShape, classes, options }: Context): tf.LayersModel {
  const { width = 8 } = options;
  const images = tf.input({ shape: inputShape });
  // Layers that hints refer to have a name; the lines above the layers say their shapes once an experiment uses them.
  const first = halve(convolution(images, 'conv1', width), 'pool1');
  const second = halve(convolution(first, 'conv2', 2 * width), 'pool2');
  const third = convolution(second, 'conv3', 4 * width);
  const features = apply(tf.layers.globalAveragePooling2d({ name: 'pool' }), third);
  // Logits, without a softmax: the losses apply it, at their temperature.
  const logits = apply(tf.layers.dense({ units: classes, name: 'logits' }), features);
  return tf.model({ inputs: images, outputs: logits });
}

/** A 3×3 convolution and its ReLU. */
function convolution(input: tf.SymbolicTensor, name: string, filters: number): tf.SymbolicTensor {
  return apply(
    tf.layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', activation: 'relu' }),
    input,
  );
}

/** 2×2 pooling: half the height and width. */
function halve(input: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return apply(tf.layers.maxPooling2d({ name, poolSize: 2 }), input);
}

function apply(layer: { apply(input: tf.SymbolicTensor): unknown }, input: tf.SymbolicTensor): tf.SymbolicTensor {
  return layer.apply(input) as tf.SymbolicTensor;
}
`;
}
