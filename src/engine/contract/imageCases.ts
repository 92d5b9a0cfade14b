import * as tf from '@tensorflow/tfjs';
import type { GradientCase } from './gradientCase';

type Image = tf.Tensor4D;
type Pair = [number, number];

const IMAGE = [2, 5, 6, 3] as const;
/** Batch and channels fill the blocks of onnxruntime. */
const BLOCKED = [16, 4, 5, 16] as const;
const EXPLICIT: [Pair, Pair, Pair, Pair] = [
  [0, 0],
  [1, 2],
  [0, 1],
  [0, 0],
];

type Padding = 'same' | 'valid' | typeof EXPLICIT;

function convolve(strides: number | Pair, pad: Padding, dilations: number | Pair = 1) {
  return (x: tf.Tensor, w: tf.Tensor) => tf.conv2d(x as Image, w as Image, strides, pad, 'NHWC', dilations);
}

function depthwise(strides: number | Pair, pad: Padding, dilations: number | Pair = 1) {
  return (x: tf.Tensor, w: tf.Tensor) =>
    tf.depthwiseConv2d(x as Image, w as Image, strides, pad, 'NHWC', dilations);
}

const convolutions: readonly GradientCase[] = [
  ['conv2d same', [IMAGE, [3, 3, 3, 4]], convolve(1, 'same')],
  ['conv2d valid', [IMAGE, [3, 2, 3, 4]], convolve(1, 'valid')],
  ['conv2d stride 2 same', [IMAGE, [3, 3, 3, 4]], convolve(2, 'same')],
  ['conv2d stride 2 valid', [IMAGE, [2, 2, 3, 4]], convolve(2, 'valid')],
  ['conv2d stride 3,2', [IMAGE, [2, 3, 3, 2]], convolve([3, 2], 'same')],
  ['conv2d 1×1', [IMAGE, [1, 1, 3, 4]], convolve(1, 'same')],
  ['conv2d 1×1 stride 2', [IMAGE, [1, 1, 3, 4]], convolve(2, 'same')],
  ['conv2d explicit padding', [IMAGE, [3, 3, 3, 2]], convolve(1, EXPLICIT)],
  ['conv2d dilated', [IMAGE, [3, 3, 3, 2]], convolve(1, 'same', 2)],
  ['conv2d dilated 2,1 valid', [IMAGE, [2, 3, 3, 2]], convolve(1, 'valid', [2, 1])],
  ['conv2d blocks', [BLOCKED, [3, 3, 16, 16]], convolve(1, 'same')],
  ['conv2d blocks stride 2', [BLOCKED, [3, 3, 16, 32]], convolve(2, 'same')],
  ['conv2d blocks 1×1 stride 2', [BLOCKED, [1, 1, 16, 16]], convolve(2, 'same')],
  ['conv2d blocks dilated', [BLOCKED, [3, 3, 16, 16]], convolve(1, 'same', 2)],
  [
    'conv2d transposed',
    [
      [2, 3, 3, 4],
      [4, 4, 3, 4],
    ],
    (x, w) => tf.conv2dTranspose(x as Image, w as Image, [2, 6, 6, 3], 2, 'same'),
  ],
  [
    'conv2d transposed blocks',
    [
      [16, 2, 3, 16],
      [3, 3, 16, 16],
    ],
    (x, w) => tf.conv2dTranspose(x as Image, w as Image, [16, 4, 6, 16], 2, 'same'),
  ],
  ['depthwise', [IMAGE, [3, 3, 3, 1]], depthwise(1, 'same')],
  ['depthwise valid', [IMAGE, [2, 3, 3, 1]], depthwise(1, 'valid')],
  ['depthwise ×2 stride 2', [IMAGE, [3, 3, 3, 2]], depthwise(2, 'same')],
  ['depthwise dilated', [IMAGE, [3, 3, 3, 2]], depthwise(1, 'same', 2)],
  ['depthwise blocks', [BLOCKED, [3, 3, 16, 1]], depthwise(1, 'same')],
  ['depthwise blocks stride 2', [BLOCKED, [3, 3, 16, 1]], depthwise(2, 'same')],
  [
    'separable',
    [IMAGE, [3, 3, 3, 2], [1, 1, 6, 4]],
    (x, w, p) => tf.separableConv2d(x as Image, w as Image, p as Image, 1, 'same'),
  ],
  [
    'conv2d, bias, tanh, conv2d',
    [BLOCKED, [3, 3, 16, 16], [16], [1, 1, 16, 16]],
    (x, w, b, v) =>
      tf.conv2d(tf.tanh(tf.add(tf.conv2d(x as Image, w as Image, 1, 'same'), b)), v as Image, 1, 'same'),
  ],
  [
    'a residual block',
    [BLOCKED, [3, 3, 16, 16], [16], [16]],
    (x, w, scale, offset) => {
      const y = tf.conv2d(x as Image, w as Image, 1, 'same');
      const { mean, variance } = tf.moments(y, [0, 1, 2]);
      const normal = tf.batchNorm4d(
        y,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        tf.add<tf.Tensor1D>(scale, 2),
        1e-3,
      );
      return tf.softplus(tf.add(normal, x));
    },
  ],
];

function resizeBilinear(size: Pair, alignCorners: boolean, halfPixelCenters: boolean) {
  return (x: tf.Tensor) => tf.image.resizeBilinear(x as Image, size, alignCorners, halfPixelCenters);
}

function resizeNearest(size: Pair, alignCorners: boolean, halfPixelCenters: boolean) {
  return (x: tf.Tensor) => tf.image.resizeNearestNeighbor(x as Image, size, alignCorners, halfPixelCenters);
}

function normalized(x: tf.Tensor, axes: number[]): tf.Tensor {
  const { mean, variance } = tf.moments(x, axes, true);
  return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-3)));
}

const poolsAndNorms: readonly GradientCase[] = [
  ['maxPool 2', [IMAGE], (x) => tf.maxPool(x as Image, 2, 2, 'same')],
  ['maxPool 3/2, overlapping', [IMAGE], (x) => tf.maxPool(x as Image, 3, 2, 'same')],
  ['maxPool 3/1, overlapping', [IMAGE], (x) => tf.maxPool(x as Image, 3, 1, 'valid')],
  ['maxPool of negatives', [IMAGE], (x) => tf.maxPool(tf.sub<Image>(x, 100), 2, 2, 'valid')],
  ['maxPool blocks', [[1, 2, 4, 16]], (x) => tf.maxPool(x as Image, 2, 2, 'valid')],
  ['maxPool padding 1', [IMAGE], (x) => tf.maxPool(x as Image, 3, 2, 1)],
  ['pool dilated', [IMAGE], (x) => tf.pool(x as Image, 2, 'max', 'valid', 2)],
  ['avgPool 2 valid', [IMAGE], (x) => tf.avgPool(x as Image, 2, 2, 'valid')],
  ['avgPool 3/2 same', [IMAGE], (x) => tf.avgPool(x as Image, 3, 2, 'same')],
  ['avgPool 3/1 same', [[2, 4, 4, 16]], (x) => tf.avgPool(x as Image, 3, 1, 'same')],
  ['upsampling', [IMAGE], resizeNearest([10, 12], false, false)],
  ['upsampling blocks', [[2, 2, 3, 16]], resizeNearest([4, 6], false, false)],
  ['resizeNearestNeighbor, other sizes', [IMAGE], resizeNearest([7, 4], false, false)],
  ['resizeNearestNeighbor, alignCorners', [IMAGE], resizeNearest([9, 11], true, false)],
  ['resizeNearestNeighbor, halfPixelCenters', [IMAGE], resizeNearest([7, 11], false, true)],
  ['resizeBilinear', [IMAGE], resizeBilinear([7, 4], false, false)],
  ['resizeBilinear, alignCorners', [IMAGE], resizeBilinear([9, 11], true, false)],
  ['resizeBilinear, halfPixelCenters', [IMAGE], resizeBilinear([8, 9], false, true)],
  [
    'batchNorm',
    [IMAGE, [3], [3], [3], [3]],
    (x, mean, variance, offset, scale) =>
      tf.batchNorm4d(
        x as Image,
        mean as tf.Tensor1D,
        tf.add(tf.square(variance), 0.5),
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
        1e-3,
      ),
  ],
  ['moments', [IMAGE], (x) => tf.moments(x, [0, 1, 2]).variance],
  ['batch norm by hand', [IMAGE], (x) => normalized(x, [0, 1, 2])],
  ['layer norm', [IMAGE, [3], [3]], (x, a, b) => tf.add(tf.mul(normalized(x, [3]), a), b)],
  ['instance norm', [IMAGE], (x) => normalized(x, [1, 2])],
  [
    'group norm',
    [[2, 3, 3, 6], [6]],
    (x, a) => tf.mul(tf.reshape(normalized(tf.reshape(x, [2, 3, 3, 2, 3]), [1, 2, 4]), [2, 3, 3, 6]), a),
  ],
  ['squeeze and excite', [IMAGE], (x) => tf.mul(x, tf.sigmoid(tf.mean(x, [1, 2], true)))],
  ['mirrorPad reflect', [IMAGE], (x) => mirrored(x, 'reflect')],
  ['mirrorPad symmetric', [IMAGE], (x) => mirrored(x, 'symmetric')],
  ['pad', [IMAGE], (x) => tf.pad4d(x as Image, EXPLICIT, 0.5)],
  [
    'spaceToBatchND',
    [[2, 4, 6, 3]],
    (x) =>
      tf.spaceToBatchND(
        x,
        [2, 3],
        [
          [0, 0],
          [1, 2],
        ],
      ),
  ],
  [
    'batchToSpaceND',
    [[6, 2, 3, 2]],
    (x) =>
      tf.batchToSpaceND(
        x,
        [2, 3],
        [
          [0, 1],
          [1, 0],
        ],
      ),
  ],
  ['depthToSpace', [[2, 2, 3, 12]], (x) => tf.depthToSpace(x as Image, 2)],
  ['localResponseNormalization', [[2, 3, 3, 5]], (x) => tf.localResponseNormalization(x as Image, 2)],
];

function mirrored(x: tf.Tensor, mode: 'reflect' | 'symmetric'): tf.Tensor {
  return tf.mirrorPad(
    x,
    [
      [0, 0],
      [2, 1],
      [0, 3],
      [1, 1],
    ],
    mode,
  );
}

/** Convolutions, pools, normalisations and sizes of images. */
export const IMAGE_CASES: readonly GradientCase[] = [...convolutions, ...poolsAndNorms];
