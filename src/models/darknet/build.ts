import * as tf from '@tensorflow/tfjs';
import type { Activation, Convolution, DarknetLayer, MapShape, MaxPooling, Network } from './layers';
import {
  GroupedConvolution,
  Mish,
  PaddedMaxPool,
  Route,
  Standardize,
  Swish,
  YoloActivation,
} from './tensorLayers';

/** The tfjs layers that hold the weights of a [convolutional]. */
export interface ConvolutionWeights {
  layer: DarknetLayer;
  convolution: tf.layers.Layer;
  normalization: tf.layers.Layer | null;
}

export interface BuiltNetwork {
  model: tf.LayersModel;
  /** What each layer of Darknet gives, by its index. */
  outputs: readonly tf.SymbolicTensor[];
  /** In the order of the cfg, which is that of the weights. All weights are still zero. */
  convolutions: readonly ConvolutionWeights[];
}

/** What networks are trained with in Darknet: inside the root, beside the variance (`normalize_cpu` of AlexeyAB's). */
const epsilon = 1e-5;

/**
 * Builds a network as a tfjs model, channels last. The layer that gives what Darknet's layer 12 gives is called
 * `12/conv`; what leads to it within the section `12/conv/convolution`, `12/conv/normalization` and so on. Weights are zero.
 *
 * @param normalize what the network sees of an image, (image − mean) / std; undefined: the image.
 */
export function buildNetwork(
  network: Network,
  normalize?: { mean: readonly number[]; std: readonly number[] },
): BuiltNetwork {
  const image = tf.input({ shape: [...network.input], name: 'image' });
  const first = normalize === undefined ? image : standardized(image, normalize);
  const builder = new Builder(first);
  for (const layer of network.layers) builder.add(layer);
  const outputs = network.outputs.map((index) => builder.outputs[index]!);
  const model = tf.model({ inputs: image, outputs, name: 'darknet' });
  return { model, outputs: builder.outputs, convolutions: builder.convolutions };
}

function standardized(
  image: tf.SymbolicTensor,
  { mean, std }: { mean: readonly number[]; std: readonly number[] },
): tf.SymbolicTensor {
  return applied(new Standardize({ name: 'image/normalized', mean: [...mean], std: [...std] }), image);
}

class Builder {
  readonly outputs: tf.SymbolicTensor[] = [];
  readonly convolutions: ConvolutionWeights[] = [];

  constructor(private readonly image: tf.SymbolicTensor) {}

  add(layer: DarknetLayer): void {
    const inputs = layer.inputs.map((index) => (index < 0 ? this.image : this.outputs[index]!));
    this.outputs.push(this.made(layer, inputs));
  }

  private made(layer: DarknetLayer, inputs: tf.SymbolicTensor[]): tf.SymbolicTensor {
    const { operation, name, inputShapes } = layer;
    const [input] = inputs as [tf.SymbolicTensor];
    switch (operation.kind) {
      case 'convolutional':
        return this.convolution(layer, operation, input);
      case 'shortcut':
        return combined(tf.layers.add, name, inputs, operation.activation);
      case 'sam':
      case 'scale_channels':
        return combined(tf.layers.multiply, name, inputs, operation.activation);
      case 'route': {
        const { groups, groupId } = operation;
        const route = new Route({ name, groups, groupId });
        return symbolic(route.apply(inputs.length === 1 ? input : inputs));
      }
      case 'maxpool':
        return applied(maxPooling(name, operation, inputShapes[0]!), input);
      case 'avgpool': {
        const poolSize: [number, number] = [inputShapes[0]![0], inputShapes[0]![1]];
        return applied(tf.layers.averagePooling2d({ poolSize, strides: poolSize, name }), input);
      }
      case 'upsample': {
        const { stride } = operation;
        return applied(tf.layers.upSampling2d({ size: [stride, stride], name }), input);
      }
      case 'dropout':
        return applied(tf.layers.dropout({ rate: operation.probability, name }), input);
      case 'yolo': {
        const { classes, scaleXY, newCoordinates, anchors } = operation;
        const activation = { anchors: anchors.length, classes, scaleXY, newCoordinates };
        return applied(new YoloActivation({ name, ...activation }), input);
      }
      case 'softmax': {
        const flat = applied(tf.layers.flatten({ name: `${name}/logits` }), input);
        return applied(tf.layers.softmax({ name }), flat);
      }
      case 'cost':
        return applied(tf.layers.activation({ activation: 'linear', name }), input);
    }
  }

  private convolution(
    layer: DarknetLayer,
    operation: Convolution,
    input: tf.SymbolicTensor,
  ): tf.SymbolicTensor {
    const { name, inputShapes } = layer;
    const { normalized, activation } = operation;
    const last = activation !== 'linear' ? 'activation' : normalized ? 'normalization' : 'convolution';
    const nameOf = (part: 'convolution' | 'normalization'): string =>
      part === last ? name : `${name}/${part}`;
    const convolution = convolutionLayer(nameOf('convolution'), operation, inputShapes[0]!);
    let output = applied(convolution, padded(name, operation, input));
    let normalization: tf.layers.Layer | null = null;
    if (normalized) {
      // Darknet keeps nine tenths of its running statistics at each step.
      const moving = { epsilon, momentum: 0.9 };
      normalization = tf.layers.batchNormalization({ ...moving, name: nameOf('normalization') });
      output = applied(normalization, output);
    }
    this.convolutions.push({ layer, convolution, normalization });
    return activation === 'linear' ? output : applied(activationLayer(activation, name), output);
  }
}

/** How tfjs pads a convolution of one group, or of as many as channels: `margin` is added by a layer of its own. */
function paddingOf({ size, strideX, strideY, padding, dilation }: Convolution): 'same' | 'valid' | 'margin' {
  if (padding === 0) return 'valid';
  const isSame = strideX === 1 && strideY === 1 && 2 * padding === dilation * (size - 1);
  return isSame ? 'same' : 'margin';
}

function isGrouped({ groups }: Convolution, [, , channels]: MapShape): boolean {
  return groups > 1 && groups !== channels;
}

function padded(name: string, operation: Convolution, input: tf.SymbolicTensor): tf.SymbolicTensor {
  const channels = input.shape.at(-1)!;
  if (paddingOf(operation) !== 'margin' || isGrouped(operation, [0, 0, channels])) return input;
  const { padding } = operation;
  return applied(tf.layers.zeroPadding2d({ padding: [padding, padding], name: `${name}/padding` }), input);
}

function convolutionLayer(name: string, operation: Convolution, input: MapShape): tf.layers.Layer {
  const { filters, size, strideY, strideX, padding, dilation, groups, normalized } = operation;
  const strides: [number, number] = [strideY, strideX];
  const useBias = !normalized;
  if (isGrouped(operation, input)) {
    return new GroupedConvolution({ name, filters, size, strides, padding, dilation, groups, useBias });
  }
  const mode: 'same' | 'valid' = paddingOf(operation) === 'same' ? 'same' : 'valid';
  const shared = {
    ...{ name, kernelSize: [size, size] as [number, number], strides, padding: mode, useBias },
    dilationRate: [dilation, dilation] as [number, number],
    biasInitializer: 'zeros',
  } as const;
  if (groups === 1) return tf.layers.conv2d({ ...shared, filters, kernelInitializer: 'zeros' });
  return tf.layers.depthwiseConv2d({
    ...shared,
    depthMultiplier: filters / groups,
    depthwiseInitializer: 'zeros',
  });
}

function maxPooling(name: string, operation: MaxPooling, [height, width]: MapShape): tf.layers.Layer {
  const { size, strideX, strideY, padding } = operation;
  const strides: [number, number] = [strideY, strideX];
  const rows = margins(height, size, strideY, padding);
  const columns = margins(width, size, strideX, padding);
  const known = [rows, columns].flatMap(({ modes }) => modes);
  const mode = (['valid', 'same'] as const).find((each) => known.filter((one) => one === each).length === 2);
  if (mode !== undefined) {
    return tf.layers.maxPooling2d({ poolSize: [size, size], strides, padding: mode, name });
  }
  return new PaddedMaxPool({
    ...{ name, size, strides },
    margins: [rows.before, rows.after, columns.before, columns.after],
  });
}

/** Where Darknet pads along one axis, and which ways of tfjs to pad come to the same. */
function margins(
  length: number,
  size: number,
  stride: number,
  padding: number,
): { before: number; after: number; modes: ('valid' | 'same')[] } {
  const steps = Math.floor((length + padding - size) / stride) + 1;
  const before = Math.floor(padding / 2);
  const after = Math.max(0, (steps - 1) * stride + size - length - before);
  const same = Math.max(0, (Math.ceil(length / stride) - 1) * stride + size - length);
  const modes: ('valid' | 'same')[] = [];
  if (before === 0 && after === 0 && steps === Math.floor((length - size) / stride) + 1) modes.push('valid');
  const isSame = before === Math.floor(same / 2) && after === same - before;
  if (isSame && steps === Math.ceil(length / stride)) modes.push('same');
  return { before, after, modes };
}

function combined(
  make: (given: { name: string }) => tf.layers.Layer,
  name: string,
  inputs: tf.SymbolicTensor[],
  activation: Activation,
): tf.SymbolicTensor {
  if (activation === 'linear') return symbolic(make({ name }).apply(inputs));
  const result = symbolic(make({ name: `${name}/combined` }).apply(inputs));
  return applied(activationLayer(activation, name), result);
}

function activationLayer(activation: Exclude<Activation, 'linear'>, name: string): tf.layers.Layer {
  switch (activation) {
    case 'leaky':
      return tf.layers.leakyReLU({ alpha: 0.1, name });
    case 'relu':
      return tf.layers.reLU({ name });
    case 'relu6':
      return tf.layers.reLU({ maxValue: 6, name });
    case 'mish':
      return new Mish({ name });
    case 'swish':
      return new Swish({ name });
    case 'logistic':
      return tf.layers.activation({ activation: 'sigmoid', name });
    case 'tanh':
      return tf.layers.activation({ activation: 'tanh', name });
  }
}

function applied(layer: tf.layers.Layer, input: tf.SymbolicTensor): tf.SymbolicTensor {
  return symbolic(layer.apply(input));
}

function symbolic(output: ReturnType<tf.layers.Layer['apply']>): tf.SymbolicTensor {
  if (output instanceof tf.SymbolicTensor) return output;
  throw new TypeError('A layer gave no single symbolic tensor.');
}
