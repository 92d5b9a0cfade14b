import * as tf from '@tensorflow/tfjs';

/** What a layer of tfjs may be given. */
type Inputs = tf.Tensor | tf.Tensor[];

/** The layer configuration of tfjs, with a name. */
interface NamedArgs {
  name: string;
}

type Arguments<Own> = NamedArgs & Own;

const lowestFloat = -3.4028234663852886e38;

/** x·tanh(softplus(x)) (Misra 2019, "Mish: A Self Regularized Non-Monotonic Activation Function", eq. 1). */
export class Mish extends tf.layers.Layer {
  static className = 'DarknetMish';
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return shape;
  }
  override call(inputs: Inputs): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyInput(inputs);
      return tf.mul(x, tf.tanh(tf.softplus(x)));
    });
  }
}

/** x·sigmoid(x) (Ramachandran et al. 2017, "Searching for Activation Functions", with β = 1). */
export class Swish extends tf.layers.Layer {
  static className = 'DarknetSwish';
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return shape;
  }
  override call(inputs: Inputs): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyInput(inputs);
      return tf.mul(x, tf.sigmoid(x));
    });
  }
}

interface RouteArgs {
  groups: number;
  groupId: number;
}

/** Joins maps along their channels; of each the `groupId`-th of `groups` equal parts. */
export class Route extends tf.layers.Layer {
  static className = 'DarknetRoute';
  private readonly groups: number;
  private readonly groupId: number;

  constructor(given: Arguments<RouteArgs>) {
    super(given);
    this.groups = given.groups;
    this.groupId = given.groupId;
  }

  override computeOutputShape(shapes: tf.Shape | tf.Shape[]): tf.Shape {
    const list = listShapes(shapes);
    const channels = list.reduce((sum, shape) => sum + shape.at(-1)! / this.groups, 0);
    return [...list[0]!.slice(0, -1), channels];
  }

  override call(inputs: Inputs): tf.Tensor {
    return tf.tidy(() => {
      const parts = (Array.isArray(inputs) ? inputs : [inputs]).map((input) => this.part(input));
      return parts.length === 1 ? parts[0]! : tf.concat(parts, -1);
    });
  }

  private part(input: tf.Tensor): tf.Tensor {
    if (this.groups === 1) return input;
    const channels = input.shape.at(-1)! / this.groups;
    const leading = input.shape.slice(0, -1);
    const begin = [...leading.map(() => 0), channels * this.groupId];
    return tf.slice(input, begin, [...leading, channels]);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), groups: this.groups, groupId: this.groupId };
  }
}

interface PaddedPoolArgs {
  size: number;
  strides: [number, number];
  /** `[above, below, left, right]` */
  margins: [number, number, number, number];
}

/** The largest value of windows, where those at the borders reach over them in a way that `same` does not mean. */
export class PaddedMaxPool extends tf.layers.Layer {
  static className = 'DarknetMaxPool';
  private readonly given: PaddedPoolArgs;

  constructor(given: Arguments<PaddedPoolArgs>) {
    super(given);
    const { size, strides, margins } = given;
    this.given = { size, strides, margins };
  }

  override computeOutputShape(shape: tf.Shape): tf.Shape {
    const { size, strides, margins } = this.given;
    const [above, below, left, right] = margins;
    const steps = (length: number, stride: number): number => Math.floor((length - size) / stride) + 1;
    const [batch, height, width, channels] = shape;
    const rows = steps(height! + above + below, strides[0]);
    const columns = steps(width! + left + right, strides[1]);
    return [batch!, rows, columns, channels!];
  }

  override call(inputs: Inputs): tf.Tensor {
    return tf.tidy(() => {
      const { size, strides, margins } = this.given;
      const [above, below, left, right] = margins;
      const around: [number, number][] = [[0, 0], [above, below], [left, right], [0, 0]]; // prettier-ignore
      const padded = tf.pad(onlyInput(inputs), around, lowestFloat);
      return tf.maxPool(padded as tf.Tensor4D, [size, size], strides, 'valid');
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.given };
  }
}

interface GroupedConvolutionArgs {
  filters: number;
  size: number;
  strides: [number, number];
  padding: number;
  dilation: number;
  groups: number;
  useBias: boolean;
}

/**
 * A convolution whose channels fall into groups that see nothing of each other. The kernel is
 * `[size, size, channels / groups, filters]`, the filters of the first group first.
 */
export class GroupedConvolution extends tf.layers.Layer {
  static className = 'DarknetGroupedConvolution';
  private readonly given: GroupedConvolutionArgs;
  private kernel: tf.LayerVariable | null = null;
  private bias: tf.LayerVariable | null = null;

  constructor(given: Arguments<GroupedConvolutionArgs>) {
    super(given);
    const { filters, size, strides, padding, dilation, groups, useBias } = given;
    this.given = { filters, size, strides, padding, dilation, groups, useBias };
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { filters, size, groups, useBias } = this.given;
    const zeros = tf.initializers.zeros();
    const channels = listShapes(inputShape)[0]!.at(-1)!;
    this.kernel = this.addWeight('kernel', [size, size, channels / groups, filters], 'float32', zeros);
    if (useBias) this.bias = this.addWeight('bias', [filters], 'float32', zeros);
    this.built = true;
  }

  override computeOutputShape(shape: tf.Shape): tf.Shape {
    const { filters, size, strides, padding, dilation } = this.given;
    const steps = (length: number, stride: number): number =>
      Math.floor((length + 2 * padding - dilation * (size - 1) - 1) / stride) + 1;
    return [shape[0]!, steps(shape[1]!, strides[0]), steps(shape[2]!, strides[1]), filters];
  }

  override call(inputs: Inputs): tf.Tensor {
    return tf.tidy(() => {
      const { strides, padding, dilation, groups } = this.given;
      const margins: [number, number][] = [[0, 0], [padding, padding], [padding, padding], [0, 0]]; // prettier-ignore
      const x = padding > 0 ? tf.pad(onlyInput(inputs), margins) : onlyInput(inputs);
      const maps = tf.split(x, groups, 3);
      const kernels = tf.split(this.kernel!.read(), groups, 3);
      const parts = maps.map((map, group) =>
        tf.conv2d(map as tf.Tensor4D, kernels[group]! as tf.Tensor4D, strides, 'valid', 'NHWC', dilation),
      );
      const output = tf.concat(parts, 3);
      return this.bias === null ? output : tf.add(output, this.bias.read());
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.given };
  }
}

interface YoloArgs {
  /** Anchors of the head. */
  anchors: number;
  classes: number;
  scaleXY: number;
  newCoordinates: boolean;
}

/**
 * What Darknet's [yolo] makes of its input at inference: of each anchor's `[x, y, w, h, objectness, classes…]` a sigmoid
 * of all but w and h, then x·s − (s − 1)/2 of x and y (`scale_x_y`, YOLOv4 §3.4). With `new_coords` there is no sigmoid
 * here: the convolution before it has one.
 */
export class YoloActivation extends tf.layers.Layer {
  static className = 'DarknetYolo';
  private readonly given: YoloArgs;

  constructor(given: Arguments<YoloArgs>) {
    super(given);
    const { anchors, classes, scaleXY, newCoordinates } = given;
    this.given = { anchors, classes, scaleXY, newCoordinates };
  }

  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return shape;
  }

  override call(inputs: Inputs): tf.Tensor {
    return tf.tidy(() => {
      const x = onlyInput(inputs);
      const { scaleXY, newCoordinates } = this.given;
      const isPosition = this.channels((entry) => (entry < 2 ? 1 : 0));
      const isSize = this.channels((entry) => (entry === 2 || entry === 3 ? 1 : 0));
      const squashed = newCoordinates
        ? x
        : tf.add(tf.mul(x, isSize), tf.mul(tf.sigmoid(x), tf.sub(1, isSize)));
      if (scaleXY === 1) return squashed;
      const factor = tf.add(1, tf.mul(isPosition, scaleXY - 1));
      return tf.sub(tf.mul(squashed, factor), tf.mul(isPosition, (scaleXY - 1) / 2));
    });
  }

  /** A number for each channel, by its place among the values of its anchor. */
  private channels(value: (entry: number) => number): tf.Tensor1D {
    const { anchors, classes } = this.given;
    const entries = classes + 5;
    return tf.tensor1d(Array.from({ length: anchors * entries }, (_, channel) => value(channel % entries)));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.given };
  }
}

interface StandardizeArgs {
  mean: number[];
  std: number[];
}

/** (image − mean) / std, by channels. */
export class Standardize extends tf.layers.Layer {
  static className = 'DarknetStandardize';
  private readonly given: StandardizeArgs;

  constructor({ name, mean, std }: Arguments<StandardizeArgs>) {
    super({ name });
    this.given = { mean, std };
  }

  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return shape;
  }

  override call(inputs: Inputs): tf.Tensor {
    return tf.tidy(() => tf.div(tf.sub(onlyInput(inputs), this.given.mean), this.given.std));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.given };
  }
}

for (const layer of [Mish, Swish, Route, PaddedMaxPool, GroupedConvolution, YoloActivation, Standardize]) {
  tf.serialization.registerClass(layer);
}

function onlyInput(inputs: Inputs): tf.Tensor {
  const [input] = Array.isArray(inputs) ? inputs : [inputs];
  if (input === undefined) throw new TypeError('The layer was given no input.');
  return input;
}

function listShapes(shapes: tf.Shape | tf.Shape[]): tf.Shape[] {
  return Array.isArray(shapes[0]) ? (shapes as tf.Shape[]) : [shapes as tf.Shape];
}
