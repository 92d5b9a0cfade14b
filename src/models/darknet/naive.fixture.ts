import type { Activation, Convolution, MapShape, MaxPooling, Network } from './layers';

/** A map as Darknet keeps it: channel after channel, row after row. */
interface PlanarMap {
  shape: MapShape;
  values: Float64Array;
}

/**
 * What each layer of a network gives for one image, by loops over channels, rows and columns in the order in which
 * Darknet keeps maps and kernels. Slow, and sharing nothing with the layers of tfjs.
 *
 * @param image `[height, width, channels]`
 * @param floats those of a `.weights` file.
 * @returns for each layer its values as `[height, width, channels]`.
 */
export function runNaively(network: Network, image: Float32Array, floats: Float32Array): Float64Array[] {
  const first: PlanarMap = { shape: network.input, values: planar(image, network.input) };
  const maps: PlanarMap[] = [];
  let offset = 0;
  const take = (count: number): Float32Array => floats.subarray(offset, (offset += count));
  for (const { operation, inputs, shape } of network.layers) {
    const given = inputs.map((input) => (input < 0 ? first : maps[input]!));
    maps.push({ shape, values: computed(operation, given, shape, take) });
  }
  return maps.map(({ values, shape }) => interleaved(values, shape));
}

function computed(
  operation: Network['layers'][number]['operation'],
  given: readonly PlanarMap[],
  shape: MapShape,
  take: (count: number) => Float32Array,
): Float64Array {
  const [input] = given as [PlanarMap];
  switch (operation.kind) {
    case 'convolutional':
      return convolve(operation, input, shape, take);
    case 'maxpool':
      return pool(operation, input, shape);
    case 'shortcut':
      return input.values.map((_, at) =>
        activate(
          given.reduce((sum, { values }) => sum + values[at]!, 0),
          operation.activation,
        ),
      );
    case 'route':
      return Float64Array.from(
        given.flatMap(({ values }) => {
          const part = values.length / operation.groups;
          return [...values.subarray(part * operation.groupId, part * (operation.groupId + 1))];
        }),
      );
    case 'upsample':
      return filled(shape, (channel, y, x) =>
        at(input, channel, Math.floor(y / operation.stride), Math.floor(x / operation.stride)),
      );
    case 'sam':
      return input.values.map((value, place) => value * given[1]!.values[place]!);
    case 'scale_channels':
      return filled(shape, (channel, y, x) => at(given[1]!, channel, y, x) * input.values[channel]!);
    case 'avgpool': {
      const area = input.shape[0] * input.shape[1];
      return filled(shape, (channel) => {
        return input.values.subarray(channel * area, (channel + 1) * area).reduce((a, b) => a + b, 0) / area;
      });
    }
    case 'yolo':
      return filled(shape, (channel, y, x) => {
        const entry = channel % (5 + operation.classes);
        const value = at(input, channel, y, x);
        if (entry === 2 || entry === 3) return value;
        const squashed = operation.newCoordinates ? value : 1 / (1 + Math.exp(-value));
        return entry < 2 ? squashed * operation.scaleXY - 0.5 * (operation.scaleXY - 1) : squashed;
      });
    case 'softmax': {
      const powers = input.values.map(Math.exp);
      const sum = powers.reduce((a, b) => a + b, 0);
      return powers.map((power) => power / sum);
    }
    case 'dropout':
    case 'cost':
      return input.values;
  }
}

function convolve(
  { filters, size, strideY, strideX, padding, dilation, groups, normalized, activation }: Convolution,
  input: PlanarMap,
  shape: MapShape,
  take: (count: number) => Float32Array,
): Float64Array {
  const biases = take(filters);
  const [scales, means, variances] = normalized ? [take(filters), take(filters), take(filters)] : [];
  const depth = input.shape[2] / groups;
  const kernel = take(filters * depth * size * size);
  return filled(shape, (filter, row, column) => {
    const group = Math.floor(filter / (filters / groups));
    let sum = 0;
    for (let channel = 0; channel < depth; channel += 1) {
      for (let ky = 0; ky < size; ky += 1) {
        for (let kx = 0; kx < size; kx += 1) {
          const y = row * strideY + ky * dilation - padding;
          const x = column * strideX + kx * dilation - padding;
          const weight = kernel[((filter * depth + channel) * size + ky) * size + kx]!;
          sum += weight * at(input, group * depth + channel, y, x);
        }
      }
    }
    if (scales !== undefined) {
      sum = ((sum - means![filter]!) / Math.sqrt(variances![filter]! + 0.00001)) * scales[filter]!;
    }
    return activate(sum + biases[filter]!, activation);
  });
}

function pool(
  { size, strideY, strideX, padding }: MaxPooling,
  input: PlanarMap,
  shape: MapShape,
): Float64Array {
  const offset = -Math.floor(padding / 2);
  return filled(shape, (channel, row, column) => {
    let most = -Infinity;
    for (let ky = 0; ky < size; ky += 1) {
      for (let kx = 0; kx < size; kx += 1) {
        const y = offset + row * strideY + ky;
        const x = offset + column * strideX + kx;
        most = Math.max(most, at(input, channel, y, x, -Infinity));
      }
    }
    return most;
  });
}

function activate(x: number, activation: Activation): number {
  switch (activation) {
    case 'linear':
      return x;
    case 'leaky':
      return x > 0 ? x : 0.1 * x;
    case 'relu':
      return Math.max(x, 0);
    case 'relu6':
      return Math.min(Math.max(x, 0), 6);
    case 'mish':
      return x * Math.tanh(Math.log(1 + Math.exp(x)));
    case 'swish':
      return x / (1 + Math.exp(-x));
    case 'logistic':
      return 1 / (1 + Math.exp(-x));
    case 'tanh':
      return Math.tanh(x);
  }
}

function at({ shape, values }: PlanarMap, channel: number, y: number, x: number, outside = 0): number {
  const [height, width] = shape;
  if (y < 0 || x < 0 || y >= height || x >= width) return outside;
  return values[(channel * height + y) * width + x]!;
}

function filled(
  [height, width, channels]: MapShape,
  value: (channel: number, y: number, x: number) => number,
): Float64Array {
  const result = new Float64Array(height * width * channels);
  for (let channel = 0; channel < channels; channel += 1) {
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) result[(channel * height + y) * width + x] = value(channel, y, x);
    }
  }
  return result;
}

function planar(values: Float32Array, shape: MapShape): Float64Array {
  const [, width, channels] = shape;
  return filled(shape, (channel, y, x) => values[(y * width + x) * channels + channel]!);
}

function interleaved(values: Float64Array, [height, width, channels]: MapShape): Float64Array {
  return values.map((_, to) => {
    const channel = to % channels;
    const pixel = (to - channel) / channels;
    return values[channel * height * width + pixel]!;
  });
}
