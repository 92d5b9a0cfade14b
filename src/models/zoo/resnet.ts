import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import type { ModelContext } from '../model';
import { applyLayer, classifier, convolutionAndNorm, imageInput, relu } from './blocks';
import { zooEntry } from './entry';

const options = z.strictObject({
  width: z
    .int()
    .min(1)
    .max(1024)
    .default(16)
    .describe('Channels of the first stage; the second has twice, the third four times as many.'),
});

/**
 * The CIFAR ResNets of He et al. 2016, section 4.2: three stages of `blocks` two-convolution blocks. Where a block
 * changes the shape, its shortcut is a 1×1 convolution with batch normalization (option B of the paper).
 */
function build(context: ModelContext, width: number, blocks: number): tf.LayersModel {
  const input = imageInput(context);
  let map = relu(convolutionAndNorm(input, { convolution: 'conv1', norm: 'bn1', filters: width }), 'relu1');
  for (let stage = 1; stage <= 3; stage += 1) {
    for (let block = 1; block <= blocks; block += 1) {
      map = residualBlock(map, {
        name: `stage${stage}/block${block}`,
        filters: width * 2 ** (stage - 1),
        strides: stage > 1 && block === 1 ? 2 : 1,
      });
    }
  }
  return classifier(context, input, map);
}

function residualBlock(
  input: tf.SymbolicTensor,
  { name, filters, strides }: { name: string; filters: number; strides: number },
): tf.SymbolicTensor {
  const first = convolutionAndNorm(input, {
    convolution: `${name}/conv1`,
    norm: `${name}/bn1`,
    filters,
    strides,
  });
  const second = convolutionAndNorm(relu(first, `${name}/relu1`), {
    convolution: `${name}/conv2`,
    norm: `${name}/bn2`,
    filters,
  });
  const shortcut =
    strides === 1 && input.shape[3] === filters
      ? input
      : convolutionAndNorm(input, {
          convolution: `${name}/shortcut/conv`,
          norm: `${name}/shortcut/bn`,
          filters,
          strides,
          kernelSize: 1,
        });
  const sum = applyLayer(tf.layers.add({ name: `${name}/add` }), [second, shortcut]);
  return relu(sum, `${name}/relu`);
}

function resnet(layers: number) {
  return zooEntry(
    `resnet${layers}`,
    `ResNet-${layers} for small images (He et al. 2016). Layers: \`conv1\`, \`stage1/block1/conv1\`, …, \`pool\`, \`logits\`; \`stageN/blockM/relu\` is the output of a block.`,
    options,
    (context, { width }) => build(context, width, (layers - 2) / 6),
  );
}

export const resnet20 = resnet(20);
export const resnet32 = resnet(32);
export const resnet56 = resnet(56);
