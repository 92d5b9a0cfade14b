import * as tf from '@tensorflow/tfjs';
import type { ModelContext } from '../../src/models/model';
import { applyLayer, classifier, convolutionAndNorm, imageInput, relu } from '../../src/models/zoo/blocks';

/**
 * A residual net like the zoo's, with a free number of blocks a stage. `stageN/blockM/relu` is the output of a block.
 *
 * @param stages channels and number of blocks of each stage.
 */
export function residualNet(
  context: ModelContext,
  stages: readonly { channels: number; blocks: number }[],
): tf.LayersModel {
  const input = imageInput(context);
  let map = relu(
    convolutionAndNorm(input, { convolution: 'conv1', norm: 'bn1', filters: stages[0]!.channels }),
    'relu1',
  );
  stages.forEach(({ channels, blocks }, stage) => {
    for (let block = 0; block < blocks; block += 1) {
      const strides = stage > 0 && block === 0 ? 2 : 1;
      map = residualBlock(map, `stage${stage + 1}/block${block + 1}`, channels, strides);
    }
  });
  return classifier(context, input, map);
}

function residualBlock(
  input: tf.SymbolicTensor,
  name: string,
  filters: number,
  strides: number,
): tf.SymbolicTensor {
  const norm = (map: tf.SymbolicTensor, part: string, options: { kernelSize?: number; strides?: number }) =>
    convolutionAndNorm(map, {
      convolution: `${name}/conv${part}`,
      norm: `${name}/bn${part}`,
      filters,
      ...options,
    });
  const inner = norm(relu(norm(input, '1', { strides }), `${name}/relu1`), '2', {});
  const shortcut = strides === 1 ? input : norm(input, 'Shortcut', { kernelSize: 1, strides });
  return relu(applyLayer(tf.layers.add({ name: `${name}/add` }), [inner, shortcut]), `${name}/relu`);
}

/**
 * A small net in the manner of MobileNet (Howard et al. 2017): a 3×3 stem, then depthwise separable blocks, with batch
 * normalization and ReLU after each of their two convolutions.
 */
export function separableNet(
  context: ModelContext,
  stem: number,
  blocks: readonly { channels: number; strides: number }[],
): tf.LayersModel {
  const input = imageInput(context);
  let map = relu(
    convolutionAndNorm(input, { convolution: 'stem/conv', norm: 'stem/bn', filters: stem }),
    'stem/relu',
  );
  blocks.forEach(({ channels, strides }, index) => {
    const name = `block${index + 1}`;
    const depthwise = tf.layers.depthwiseConv2d({
      name: `${name}/depthwise`,
      kernelSize: 3,
      strides,
      padding: 'same',
      useBias: false,
      depthwiseInitializer: 'heNormal',
    });
    const norm = tf.layers.batchNormalization({ name: `${name}/bn1`, momentum: 0.9, epsilon: 1e-5 });
    map = relu(applyLayer(norm, applyLayer(depthwise, map)), `${name}/relu1`);
    const pointwise = {
      convolution: `${name}/pointwise`,
      norm: `${name}/bn2`,
      filters: channels,
      kernelSize: 1,
    };
    map = relu(convolutionAndNorm(map, pointwise), `${name}/relu`);
  });
  return classifier(context, input, map);
}
