import type * as tf from '@tensorflow/tfjs';
import type { LayerUse, ModelGraph } from './graph';
import { enlarge, joinFields, pixel, slideWindow, type Axes, type Field } from './receptiveField';

/** Layers that compute a value of a map from the values at the same position. */
const pointwise: ReadonlySet<string> = new Set([
  ...['Activation', 'ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'ThresholdedReLU', 'Softmax'],
  ...['BatchNormalization', 'Dense', 'Rescaling', 'Masking', 'GaussianNoise', 'ZeroPadding2D', 'Cropping2D'],
  ...['Dropout', 'SpatialDropout1D', 'AlphaDropout', 'GaussianDropout'],
  ...['Add', 'Multiply', 'Average', 'Maximum', 'Minimum', 'Concatenate'],
]);

/** What each use of a layer depends on, in the image that its model takes. */
export function fieldsOf({ uses }: ModelGraph): Map<LayerUse, Field> {
  const fields = new Map<LayerUse, Field>();
  for (const use of uses) {
    const inputs = use.inputs.map((port) => (port.use === null ? pixel : fields.get(port.use)!));
    fields.set(use, fieldOf(use, joinFields(inputs)));
  }
  return fields;
}

function fieldOf({ layer, inputTensors, outputTensors }: LayerUse, input: Field): Field {
  const kind = layer.getClassName();
  if (pointwise.has(kind)) return input;
  const config = layer.getConfig();
  switch (kind) {
    case 'Conv2D':
    case 'DepthwiseConv2D':
    case 'SeparableConv2D':
      return slideWindow(input, {
        size: axes(config['kernelSize']),
        strides: axes(config['strides']),
        dilation: axes(config['dilationRate'] ?? 1),
      });
    case 'MaxPooling2D':
    case 'AveragePooling2D':
      return slideWindow(input, { size: axes(config['poolSize']), strides: axes(config['strides']) });
    case 'Conv2DTranspose': {
      const strides = axes(config['strides']);
      const [height, width] = axes(config['kernelSize']);
      return enlarge(input, strides, [Math.ceil(height / strides[0]), Math.ceil(width / strides[1])]);
    }
    case 'UpSampling2D':
      return enlarge(input, axes(config['size']), config['interpolation'] === 'bilinear' ? [2, 2] : [1, 1]);
    case 'LayerNormalization':
      return normalizesChannels(config['axis'], inputTensors[0]!) ? input : whole(input);
    case 'Flatten':
    case 'GlobalAveragePooling2D':
    case 'GlobalMaxPooling2D':
      return whole(input);
    case 'Reshape':
    case 'Permute':
      // Positions stay where the first two axes do, as in a channel shuffle.
      return keepsPositions(config['dims'], inputTensors[0]!, outputTensors[0]!) ? input : whole(input);
    default:
      return null;
  }
}

function whole(field: Field): Field {
  return field && 'whole';
}

function normalizesChannels(axis: unknown, { rank }: tf.SymbolicTensor): boolean {
  const list = Array.isArray(axis) ? axis : [axis];
  return list.every((each) => each === -1 || each === rank - 1);
}

function keepsPositions(order: unknown, input: tf.SymbolicTensor, output: tf.SymbolicTensor): boolean {
  if (Array.isArray(order) && (order[0] !== 1 || order[1] !== 2)) return false;
  const isMap = input.rank >= 4 && output.rank >= 4;
  return isMap && input.shape[1] === output.shape[1] && input.shape[2] === output.shape[2];
}

/** A number for both axes, or one for each. */
function axes(value: unknown): Axes {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return [Number(list[0]), Number(list[1] ?? list[0])];
}
