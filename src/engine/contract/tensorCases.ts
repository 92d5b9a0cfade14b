import * as tf from '@tensorflow/tfjs';
import type { GradientCase } from './gradientCase';

const MATRIX = [4, 5] as const;

function indices(list: number[] | number[][] | number[][][]): tf.Tensor {
  return tf.tensor(list, undefined, 'int32');
}

/** An elementwise function of one matrix. */
function each(name: string, f: (x: tf.Tensor) => tf.Tensor): GradientCase {
  return [name, [MATRIX], f];
}

/** Numbers in [0.5, 2.5], for functions of positive ones. */
function positive(x: tf.Tensor): tf.Tensor {
  return tf.add(x, 1.5);
}

const elementwise: readonly GradientCase[] = [
  each('relu, tanh, sigmoid', (x) => tf.add(tf.relu(x), tf.mul(tf.tanh(x), tf.sigmoid(x)))),
  each('elu, selu, softplus', (x) => tf.add(tf.elu(x), tf.mul(tf.selu(x), tf.softplus(x)))),
  each('leakyRelu', (x) => tf.leakyRelu(x, 0.2)),
  ['prelu', [MATRIX, [5]], (x, a) => tf.prelu(x, tf.broadcastTo(a, [4, 5]))],
  each('relu6, clipByValue', (x) => tf.add(tf.relu6(tf.mul(x, 7.9)), tf.clipByValue(x, -0.52, 0.33))),
  each('GELU', (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1))),
  each('GELU by tanh', (x) => {
    const inner = tf.mul(tf.add(x, tf.mul(tf.pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI));
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
  }),
  each('SiLU', (x) => tf.mul(x, tf.sigmoid(x))),
  each('swish with a factor', (x) => tf.mul(x, tf.sigmoid(tf.mul(x, 1.7)))),
  each('mish', (x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  each('hard swish', (x) => tf.mul(x, tf.div(tf.relu6(tf.add(tf.mul(x, 5), 3)), 6))),
  each('exp, log, sqrt', (x) => tf.add(tf.exp(x), tf.mul(tf.log(positive(x)), tf.sqrt(positive(x))))),
  each('expm1, log1p, rsqrt', (x) =>
    tf.add(tf.expm1(x), tf.mul(tf.log1p(positive(x)), tf.rsqrt(positive(x)))),
  ),
  each('sin, cos, tan', (x) => tf.add(tf.sin(x), tf.mul(tf.cos(x), tf.tan(x)))),
  each('sinh, cosh, erf', (x) => tf.add(tf.sinh(x), tf.mul(tf.cosh(x), tf.erf(x)))),
  each('asin, acos, atan', (x) => {
    const half = tf.div(x, 2);
    return tf.add(tf.asin(half), tf.mul(tf.acos(half), tf.atan(x)));
  }),
  each('asinh, acosh, atanh', (x) =>
    tf.add(tf.asinh(x), tf.mul(tf.acosh(tf.add(x, 2.5)), tf.atanh(tf.div(x, 2)))),
  ),
  each('abs, square, reciprocal', (x) => tf.add(tf.abs(x), tf.mul(tf.square(x), tf.reciprocal(positive(x))))),
  ['pow', [MATRIX, MATRIX], (a, b) => tf.pow(positive(a), b)],
  ['atan2', [MATRIX, MATRIX], (a, b) => tf.atan2(a, b)],
  [
    'maximum, minimum',
    [MATRIX, [4, 5]],
    (a, b) => tf.add(tf.maximum(a, tf.mul(b, 0.7)), tf.minimum(a, tf.mul(b, 0.3))),
  ],
  ['squaredDifference', [MATRIX, [5]], (a, b) => tf.squaredDifference(a, b)],
  [
    'broadcast add, mul',
    [
      [3, 1, 4],
      [2, 1],
    ],
    (a, b) => tf.mul(tf.add(a, b), b),
  ],
  ['broadcast sub, div', [[2, 3, 2, 4], [4]], (a, b) => tf.div(tf.sub(a, b), positive(b))],
  [
    'broadcast to images',
    [
      [2, 1, 1, 4],
      [1, 3, 3, 1],
    ],
    (a, b) => tf.mul(a, tf.add(b, a)),
  ],
  [
    'where',
    [MATRIX, MATRIX],
    (a, b) => tf.where(tf.greater(tf.tensor([1, 0, 1, 0, 1]), 0.5), tf.square(a), b),
  ],
  [
    'where of its own numbers',
    [MATRIX, MATRIX],
    (a, b) => tf.where(tf.greater(a, 0.02), tf.square(a), tf.mul(a, b)),
  ],
  [
    'where of a logical condition',
    [MATRIX],
    (a) => tf.where(tf.logicalAnd(tf.less(a, 0.52), tf.greater(a, -0.52)), tf.square(a), a),
  ],
  ['divNoNan', [MATRIX, MATRIX], (a, b) => tf.divNoNan(a, tf.add(b, 2))],
  ['mod', [MATRIX], (a) => tf.mod(tf.add(a, 3), 0.72)],
];

const products: readonly GradientCase[] = [
  [
    'matMul',
    [
      [3, 4],
      [4, 5],
    ],
    (a, b) => tf.matMul(a, b),
  ],
  [
    'matMul, both transposed',
    [
      [4, 3],
      [5, 4],
    ],
    (a, b) => tf.matMul(a, b, true, true),
  ],
  [
    'matMul of batches, second transposed',
    [
      [2, 3, 4],
      [2, 5, 4],
    ],
    (a, b) => tf.matMul(a, b, false, true),
  ],
  [
    'matMul of a batch with one',
    [
      [2, 3, 4],
      [4, 5],
    ],
    (a, b) => tf.matMul(a, b),
  ],
  ['dense layer', [[3, 4], [4, 5], [5]], (x, w, b) => tf.sigmoid(tf.add(tf.matMul(x, w), b))],
  ['dot', [[4], [4, 3]], (a, b) => tf.dot(a, b)],
  [
    'attention',
    [
      [2, 2, 3, 4],
      [2, 2, 5, 4],
      [2, 2, 5, 3],
    ],
    (q, k, v) => tf.matMul(tf.softmax(tf.div(tf.matMul(q, k, false, true), 2)), v),
  ],
  [
    'attention of heads',
    [
      [2, 3, 8],
      [8, 24],
    ],
    (x, w) => {
      const joined = tf.matMul(x, w);
      const [q, k, v] = tf
        .split(joined, 3, -1)
        .map((part) => tf.transpose(tf.reshape(part, [2, 3, 2, 4]), [0, 2, 1, 3]));
      return tf.matMul(tf.softmax(tf.matMul(q!, k!, false, true)), v!);
    },
  ],
  [
    'einsum ij,jk->ik',
    [
      [3, 4],
      [4, 5],
    ],
    (a, b) => tf.einsum('ij,jk->ik', a, b),
  ],
  [
    'einsum bhqd,bhkd->bhqk',
    [
      [2, 2, 3, 4],
      [2, 2, 5, 4],
    ],
    (a, b) => tf.einsum('bhqd,bhkd->bhqk', a, b),
  ],
  [
    'einsum bij,bj->ib',
    [
      [2, 3, 4],
      [2, 4],
    ],
    (a, b) => tf.einsum('bij,bj->ib', a, b),
  ],
  ['einsum i,j->ij', [[3], [4]], (a, b) => tf.einsum('i,j->ij', a, b)],
  ['einsum ijk->ki', [[2, 3, 4]], (a) => tf.einsum('ijk->ki', a)],
];

const reductions: readonly GradientCase[] = [
  ['sum, mean', [[2, 3, 4]], (x) => tf.add(tf.sum(x, [0, 2]), tf.mean(tf.square(x), [0, 2]))],
  ['max, min', [[3, 4, 2]], (x) => tf.add(tf.max(x, 1), tf.min(x, 1, false))],
  ['prod', [[3, 4]], (x) => tf.prod(x, 1)],
  ['norm', [MATRIX], (x) => tf.norm(x, 'euclidean', 1)],
  ['softmax', [[3, 5]], (x) => tf.softmax(tf.mul(x, 3))],
  ['logSoftmax', [[3, 5]], (x) => tf.logSoftmax(tf.mul(x, 3))],
  ['logSumExp', [[3, 5]], (x) => tf.logSumExp(tf.mul(x, 3), 1)],
  ['logSumExp of the first axis, kept', [[3, 5]], (x) => tf.logSumExp(x, 0, true)],
  [
    'softmax cross entropy',
    [
      [3, 5],
      [3, 5],
    ],
    (t, x) => tf.losses.softmaxCrossEntropy(tf.softmax(t), x),
  ],
  ['sigmoid cross entropy', [[3, 5]], (x) => tf.losses.sigmoidCrossEntropy(tf.ones([3, 5]), x)],
  ['cumsum', [[3, 4, 2]], (x) => tf.cumsum(x, 1)],
  ['cumsum of the first axis, exclusive, reverse', [[3, 4, 2]], (x) => tf.cumsum(x, 0, true, true)],
  ['cumprod', [[2, 5]], (x) => tf.cumprod(x, 1)],
  ['cumprod with a zero', [[2, 5]], (x) => tf.cumprod(tf.mul(x, tf.tensor1d([1, 1, 0, 1, 1])), 1)],
  ['cumprod of the first axis, exclusive', [[4, 3]], (x) => tf.cumprod(x, 0, true)],
  ['cumprod, reverse, exclusive', [[2, 5]], (x) => tf.cumprod(x, 1, true, true)],
  ['topk', [[3, 6]], (x) => tf.topk(x, 2).values],
  ['cosine similarity', [MATRIX, MATRIX], (a, b) => tf.losses.cosineDistance(unit(a), unit(b), 1)],
];

function unit(x: tf.Tensor): tf.Tensor {
  return tf.div(x, tf.add(tf.norm(x, 'euclidean', 1, true), 1e-3));
}

const moving: readonly GradientCase[] = [
  ['gather', [[5, 3]], (x) => tf.gather(x, indices([0, 3, 3, 1]))],
  ['gather of the second axis', [[2, 5, 3]], (x) => tf.gather(x, indices([4, 0, 0]), 1)],
  ['gather of a negative axis', [[2, 5, 3]], (x) => tf.gather(x, indices([2, 0, 0]), -1)],
  [
    'gather, batchDims 1',
    [[2, 5, 3]],
    (x) =>
      tf.gather(
        x,
        indices([
          [0, 0],
          [4, 1],
        ]),
        1,
        1,
      ),
  ],
  [
    'gather of the third axis, batchDims 1',
    [[2, 3, 4]],
    (x) =>
      tf.gather(
        x,
        indices([
          [0, 0],
          [3, 1],
        ]),
        2,
        1,
      ),
  ],
  [
    'embedding',
    [[6, 3]],
    (w) =>
      tf.gather(
        w,
        indices([
          [5, 5, 0],
          [2, 5, 1],
        ]),
      ),
  ],
  [
    'gatherND',
    [[3, 4, 2]],
    (x) =>
      tf.gatherND(
        x,
        indices([
          [0, 1],
          [2, 3],
          [2, 3],
        ]),
      ),
  ],
  ['scatterND with equal indices', [[3, 2]], (x) => tf.scatterND(indices([[4], [1], [4]]), x, [5, 2])],
  [
    'tensorScatterUpdate',
    [
      [5, 2],
      [2, 2],
    ],
    (x, u) => tf.tensorScatterUpdate(x, indices([[4], [1]]), u),
  ],
  ['unsortedSegmentSum', [[4, 3]], (x) => tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2, 1], 'int32'), 4)],
  ['one-hot product', [[6, 3]], (w) => tf.matMul(tf.oneHot(tf.tensor1d([5, 0, 5], 'int32'), 6), w)],
  ['slice', [[4, 5]], (x) => tf.slice(x, [1, 2], [2, 3])],
  ['stridedSlice', [[6, 5]], (x) => tf.stridedSlice(x, [1, 0], [6, 5], [2, 3])],
  ['stridedSlice backwards', [[6, 5]], (x) => tf.stridedSlice(x, [5, 4], [0, 0], [-2, -1])],
  [
    'stridedSlice with masks',
    [[3, 4, 2]],
    (x) => tf.stridedSlice(x, [0, 1, 0], [0, 3, 2], [1, 1, 1], 1, 1, 0, 0, 4),
  ],
  [
    'concat',
    [
      [2, 3],
      [2, 2],
    ],
    (a, b) => tf.concat([a, b, tf.square(a)], 1),
  ],
  [
    'concat of channels',
    [
      [2, 3, 2, 16],
      [2, 3, 2, 3],
    ],
    (a, b) => tf.concat([tf.square(a), b], 3),
  ],
  ['stack, unstack', [[3, 4]], (x) => tf.stack(tf.unstack(x, 1).toReversed())],
  ['split', [[3, 6]], (x) => tf.mul(tf.split(x, 3, 1)[0]!, tf.split(x, [1, 2, 3], 1)[1]!)],
  ['tile', [[2, 3]], (x) => tf.tile(x, [2, 3])],
  ['broadcastTo', [[2, 1]], (x) => tf.broadcastTo(x, [3, 2, 4])],
  ['reverse', [[3, 4]], (x) => tf.reverse(x, 1)],
  ['transpose, reshape', [[2, 3, 4]], (x) => tf.reshape(tf.transpose(x, [2, 0, 1]), [4, 6])],
  ['expandDims, squeeze', [[3, 1, 4]], (x) => tf.expandDims(tf.squeeze(x, [1]), 2)],
];

/** Everything that is no matter of images alone. */
export const TENSOR_CASES: readonly GradientCase[] = [...elementwise, ...products, ...reductions, ...moving];
