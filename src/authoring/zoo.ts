/** A model of the zoo as people are told of it. */
export interface ZooModel {
  /** Without `zoo/`. */
  name: string;
  description: string;
  options: readonly ZooModelOption[];
}

export interface ZooModelOption {
  name: string;
  description: string;
  /** As it is written in an experiment; null for an option that does nothing when it is left out. */
  default: string | null;
}

const networkOptions = (width: number, depth: number): readonly ZooModelOption[] => [
  {
    name: 'width',
    description: 'Channels of the first block; each block has twice as many as the one before.',
    default: String(width),
  },
  { name: 'depth', description: 'Convolutions in a block.', default: String(depth) },
  { name: 'blocks', description: 'Blocks; each but the last ends in 2×2 max pooling.', default: '3' },
];

const blockLayers =
  'Layers: `block1/conv1`, `block1/bn1`, `block1/relu`, …, `pool`, `logits`; `blockN/relu` is the output of block N.';

const resnet = (depth: number): ZooModel => ({
  name: `resnet${depth}`,
  description: `ResNet-${depth} for small images (He et al. 2016). Layers: \`conv1\`, \`stage1/block1/conv1\`, …, \`pool\`, \`logits\`; \`stageN/blockM/relu\` is the output of a block.`,
  options: [
    {
      name: 'width',
      description: 'Channels of the first stage; the second has twice, the third four times as many.',
      default: '16',
    },
  ],
});

/**
 * The built-in models, told without TensorFlow.js, which the editor never loads; a test holds that this is what
 * `src/models/zoo` says.
 */
export const zooModels: readonly ZooModel[] = [
  {
    name: 'mlp',
    description:
      'Fully connected ReLU net, as on MNIST in Hinton et al. 2015: `hidden1/dense`, `hidden1/relu`, `hidden1/dropout`, …, `logits`.',
    options: [
      { name: 'hidden', description: 'Units of each hidden layer.', default: '[800, 800]' },
      { name: 'dropout', description: 'Share of hidden units dropped in training.', default: '0' },
      { name: 'inputDropout', description: 'Share of pixels dropped in training.', default: '0' },
      {
        name: 'maxNorm',
        description: 'Largest L2 norm of the weights that enter a hidden unit.',
        default: null,
      },
    ],
  },
  {
    name: 'conv-thin',
    description: `Small convolutional net, a student: 8, 16, 32 channels, one convolution a block. ${blockLayers}`,
    options: networkOptions(8, 1),
  },
  {
    name: 'conv-wide',
    description: `Larger convolutional net, a teacher: 32, 64, 128 channels, two convolutions a block. ${blockLayers}`,
    options: networkOptions(32, 2),
  },
  resnet(20),
  resnet(32),
  resnet(56),
  {
    name: 'fitnet',
    description:
      'Thin and deep student of FitNets (Romero et al. 2015), 17 convolutions: `conv1`, `bn1`, `relu1`, …, `relu17`, `pool1`, `pool2`, `pool`, `logits`. Its guided layer in the paper is the 11th, `relu11`.',
    options: [
      {
        name: 'channels',
        description:
          'Channels of each convolution, a list for each part; 2×2 max pooling stands between the parts.',
        default: '[[32, 32, 32, 48, 48], [80, 80, 80, 80, 80, 80], [128, 128, 128, 128, 128, 128]]',
      },
    ],
  },
];
