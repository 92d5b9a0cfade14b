import { z } from 'zod';
import type * as tf from '@tensorflow/tfjs';
import type { ModelContext } from '../model';
import { classifier, convolutionAndNorm, halve, imageInput, relu } from './blocks';
import { zooEntry } from './entry';

interface ConvOptions {
  width: number;
  depth: number;
  blocks: number;
}

function optionsWith(width: number, depth: number) {
  return z.strictObject({
    width: z
      .int()
      .min(1)
      .max(4096)
      .default(width)
      .describe('Channels of the first block; each block has twice as many as the one before.'),
    depth: z.int().min(1).max(32).default(depth).describe('Convolutions in a block.'),
    blocks: z.int().min(1).max(6).default(3).describe('Blocks; each but the last ends in 2×2 max pooling.'),
  });
}

/**
 * Blocks of 3×3 convolutions, batch normalizations and ReLUs. The last ReLU of block b is always `blockb/relu`, so
 * that an experiment can name the output of a block whatever its depth.
 */
function build(context: ModelContext, { width, depth, blocks }: ConvOptions): tf.LayersModel {
  const input = imageInput(context);
  let map = input;
  for (let block = 1; block <= blocks; block += 1) {
    const name = `block${block}`;
    for (let number = 1; number <= depth; number += 1) {
      map = convolutionAndNorm(map, {
        convolution: `${name}/conv${number}`,
        norm: `${name}/bn${number}`,
        filters: width * 2 ** (block - 1),
      });
      map = relu(map, number === depth ? `${name}/relu` : `${name}/relu${number}`);
    }
    if (block < blocks) map = halve(map, `${name}/pool`);
  }
  return classifier(context, input, map);
}

const layers =
  'Layers: `block1/conv1`, `block1/bn1`, `block1/relu`, …, `pool`, `logits`; `blockN/relu` is the output of block N.';

export const convThin = zooEntry(
  'conv-thin',
  `Small convolutional net, a student: 8, 16, 32 channels, one convolution a block. ${layers}`,
  optionsWith(8, 1),
  build,
);

export const convWide = zooEntry(
  'conv-wide',
  `Larger convolutional net, a teacher: 32, 64, 128 channels, two convolutions a block. ${layers}`,
  optionsWith(32, 2),
  build,
);
