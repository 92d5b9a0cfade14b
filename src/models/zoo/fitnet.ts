import { z } from 'zod';
import { classifier, convolutionAndNorm, halve, imageInput, relu } from './blocks';
import { zooEntry } from './entry';

const options = z.strictObject({
  channels: z
    .array(z.array(z.int().min(1).max(4096)).min(1).max(100))
    .min(1)
    .max(6)
    .default([
      [32, 32, 32, 48, 48],
      [80, 80, 80, 80, 80, 80],
      [128, 128, 128, 128, 128, 128],
    ])
    .describe(
      'Channels of each convolution, a list for each part; 2×2 max pooling stands between the parts.',
    ),
});

/**
 * Thin and deep nets in the manner of FitNets (Romero et al. 2015, appendix); the default has the convolutions of
 * FitNet 4, whose guided layer is the 11th. ReLUs with batch normalization stand in for the paper's maxout units.
 */
export const fitnet = zooEntry(
  'fitnet',
  'Thin and deep student of FitNets (Romero et al. 2015), 17 convolutions: `conv1`, `bn1`, `relu1`, …, `relu17`, `pool1`, `pool2`, `pool`, `logits`. Its guided layer in the paper is the 11th, `relu11`.',
  options,
  (context, { channels }) => {
    const input = imageInput(context);
    let map = input;
    let number = 0;
    channels.forEach((part, index) => {
      for (const filters of part) {
        number += 1;
        map = convolutionAndNorm(map, { convolution: `conv${number}`, norm: `bn${number}`, filters });
        map = relu(map, `relu${number}`);
      }
      if (index < channels.length - 1) map = halve(map, `pool${index + 1}`);
    });
    return classifier(context, input, map);
  },
);
