import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import { ModelError } from '../model';
import type { BuiltNetwork, ConvolutionWeights } from './build';
import { floatsOf, kernelSize, type DarknetLayer, type Network } from './layers';

/** The numbers of a `.weights` file. */
export interface WeightsFile {
  /** `[major, minor, revision]` of the Darknet that wrote it. */
  version: readonly [number, number, number];
  /** Images that it had been trained on. */
  seen: number;
  /** In the order of the file; a view of what was read. */
  floats: Float32Array;
}

/**
 * Reads a `.weights` file: three 32-bit numbers (version), the count of images seen (64 bits from version 0.2 on, else
 * 32), then 32-bit floats, all little-endian. Whether they are as many as the network needs is checked.
 *
 * @throws ModelError `missing-file`; `bad-weights` that says how many floats there are, how many are needed, and at which layer
 * they end.
 */
export async function readWeights(file: string, network: Network): Promise<WeightsFile> {
  const bytes = await readFile(file).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError('missing-file', `The weights ${file} cannot be read: ${reason}.`);
  });
  const head = bytes.length < 16 ? null : [0, 4, 8].map((offset) => bytes.readInt32LE(offset));
  const [major = 0, minor = 0, revision = 0] = head ?? [];
  const isWide = major * 10 + minor >= 2;
  const start = isWide ? 20 : 16;
  const needed = network.layers.reduce((sum, layer) => sum + floatsOf(layer), 0);
  if (head === null || bytes.length < start) {
    throw new ModelError(
      'bad-weights',
      `${file} holds no Darknet weights: it is ${bytes.length} bytes long, less than the head of such a file. Expected are ${count(start + 4 * needed)} bytes.`,
    );
  }
  const found = (bytes.length - start) / 4;
  if (found !== needed) throw wrongSize(file, network, found, needed);
  const seen = isWide ? Number(bytes.readBigUInt64LE(12)) : bytes.readUInt32LE(12);
  // Floats lie at multiples of 4; a buffer that does not is copied.
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  const floats = new Float32Array(aligned.buffer, aligned.byteOffset + start, needed);
  return { version: [major, minor, revision], seen, floats };
}

function wrongSize(file: string, network: Network, found: number, needed: number): ModelError {
  const [first] = network.layers;
  const cfg = first!.section.position.file;
  const amount = `${file} holds ${count(found)} floats, and ${cfg} needs ${count(needed)}`;
  if (found > needed) {
    return new ModelError('bad-weights', `${amount}. It belongs to a bigger network: name its own cfg.`);
  }
  const { layer, isWhole } = lastReached(network, found);
  const { line } = layer.section.position;
  const where = isWhole
    ? `They end after the layer ${layer.name} (${cfg}:${line}), as those of the first layers of a network do (such as \`.conv.29\`)`
    : `They end within the layer ${layer.name} (${cfg}:${line}): the file is cut off, or belongs to another cfg`;
  return new ModelError('bad-weights', `${amount}. ${where}. Name the whole .weights file of this cfg.`);
}

/** The layer at which so many floats end, and whether they end with it. */
function lastReached({ layers }: Network, found: number): { layer: DarknetLayer; isWhole: boolean } {
  let rest = found;
  let last = layers[0]!;
  for (const layer of layers) {
    const floats = floatsOf(layer);
    if (floats === 0) continue;
    if (rest === 0) break;
    last = layer;
    if (rest < floats) return { layer, isWhole: false };
    rest -= floats;
  }
  return { layer: last, isWhole: found > 0 };
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}

/**
 * Puts the floats of a `.weights` file into a model. Darknet's order is, for each [convolutional]: biases, then with
 * `batch_normalize` scales, running means and running variances, then the kernel as
 * `[filters, channels / groups, size, size]`.
 */
export function assignWeights({ convolutions }: BuiltNetwork, floats: Float32Array): void {
  let offset = 0;
  const take = (length: number): Float32Array => floats.subarray(offset, (offset += length));
  for (const weights of convolutions) {
    const { operation, inputShapes } = weights.layer;
    if (operation.kind !== 'convolutional') continue;
    const { filters, size } = operation;
    const biases = take(filters);
    const scales = operation.normalized ? [take(filters), take(filters), take(filters)] : [];
    const kernelLength = kernelSize(operation, inputShapes[0]!);
    const kernel = channelsLast(
      take(kernelLength),
      filters,
      kernelLength / (filters * size * size),
      size * size,
    );
    write(weights.convolution, 'ernel', kernel);
    const [gamma, mean, variance] = scales;
    if (weights.normalization === null) {
      write(weights.convolution, 'bias', biases);
      continue;
    }
    write(weights.normalization, 'beta', biases);
    write(weights.normalization, 'gamma', gamma!);
    write(weights.normalization, 'moving_mean', mean!);
    write(weights.normalization, 'moving_variance', variance!);
  }
}

/** `[filters, channels, positions]` → `[positions, channels, filters]` */
function channelsLast(
  given: Float32Array,
  filters: number,
  channels: number,
  positions: number,
): Float32Array {
  const result = new Float32Array(given.length);
  let from = 0;
  for (let filter = 0; filter < filters; filter += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      for (let position = 0; position < positions; position += 1) {
        result[(position * channels + channel) * filters + filter] = given[from]!;
        from += 1;
      }
    }
  }
  return result;
}

/**
 * Fills the kernels of a model at random: uniform with the variance 2 / fan-in (He et al. 2015, "Delving Deep into
 * Rectifiers", eq. 10). Biases stay 0; normalizations pass everything on.
 *
 * @param random gives floats in [0, 1).
 */
export function randomizeWeights({ convolutions }: BuiltNetwork, random: () => number): void {
  for (const { layer, convolution } of convolutions) {
    if (layer.operation.kind !== 'convolutional') continue;
    const { filters } = layer.operation;
    const length = kernelSize(layer.operation, layer.inputShapes[0]!);
    const limit = Math.sqrt((6 * filters) / length);
    write(
      convolution,
      'ernel',
      Float32Array.from({ length }, () => limit * (2 * random() - 1)),
    );
  }
}

/** Gives one weight of a layer, known by how its name ends, its numbers. */
function write(layer: ConvolutionWeights['convolution'], ending: string, numbers: Float32Array): void {
  const variable = layer.weights.find(({ originalName }) => originalName.endsWith(ending));
  if (variable === undefined) throw new Error(`The layer ${layer.name} has no weight ${ending}.`);
  const value = tf.tensor(numbers, variable.shape as number[]);
  variable.write(value);
  value.dispose();
}
