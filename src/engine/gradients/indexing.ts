import * as tf from '@tensorflow/tfjs';
import { onlyGradient, replaceGradient } from './replace';

/** The gradients of ops that pick by index: what was picked several times gets the sum. */
export function registerIndexingGradients(): void {
  replaceGradient({
    kernelName: 'GatherV2',
    inputsToSave: ['x', 'indices'],
    gradFunc: (dyOrList, saved, attributes) => {
      const [x, indices] = saved as [tf.Tensor, tf.Tensor];
      const batchDimensions = Number(attributes['batchDims'] ?? 0);
      const axis = tf.util.parseAxisParam(Number(attributes['axis']), x.shape)[0]!;
      return {
        x: () => gatherGradient(onlyGradient(dyOrList), x, indices, axis, batchDimensions),
        indices: () => tf.zeros(indices.shape),
      };
    },
  });
  replaceGradient({
    kernelName: 'GatherNd',
    inputsToSave: ['params', 'indices'],
    gradFunc: (dyOrList, saved) => {
      const [x, indices] = saved as [tf.Tensor, tf.Tensor];
      return {
        params: () => tf.scatterND(indices, onlyGradient(dyOrList), x.shape),
        indices: () => tf.zeros(indices.shape),
      };
    },
  });
  replaceGradient({
    kernelName: 'ScatterNd',
    inputsToSave: ['indices'],
    gradFunc: (dyOrList, saved) => {
      const indices = saved[0]!;
      return {
        updates: () => tf.gatherND(onlyGradient(dyOrList), columnsOf(indices)),
        indices: () => tf.zeros(indices.shape),
      };
    },
  });
  replaceGradient({
    kernelName: 'TensorScatterUpdate',
    inputsToSave: ['indices', 'updates'],
    gradFunc: (dyOrList, saved) => {
      const [indices, updates] = saved as [tf.Tensor, tf.Tensor];
      const dy = onlyGradient(dyOrList);
      return {
        tensor: () => tf.tensorScatterUpdate(dy, indices, tf.zeros(updates.shape)),
        updates: () => tf.gatherND(dy, columnsOf(indices)),
        indices: () => tf.zeros(indices.shape),
      };
    },
  });
  replaceGradient({
    kernelName: 'TopK',
    inputsToSave: ['x'],
    outputsToSave: [false, true],
    gradFunc: (dyOrList, saved) => {
      const [x, indices] = saved as [tf.Tensor, tf.Tensor];
      return { x: () => topKGradient(onlyGradient(dyOrList), x.shape, indices) };
    },
  });
}

/** Indices of one axis may come without an axis for their one coordinate. */
function columnsOf(indices: tf.Tensor): tf.Tensor {
  return indices.rank > 1 ? indices : tf.reshape(indices, [-1, 1]);
}

/**
 * Σ of dy over equal indices. The batch and the gathered axis become the rows of a matrix; an index of the batch b and
 * position p is the row b · length + p.
 */
function gatherGradient(
  dy: tf.Tensor,
  x: tf.Tensor,
  indices: tf.Tensor,
  axis: number,
  batchDimensions: number,
): tf.Tensor {
  const batchAxes = batchDimensions < 0 ? batchDimensions + indices.rank : batchDimensions;
  const size = tf.util.sizeFromShape;
  const batch = size(x.shape.slice(0, batchAxes));
  const outer = size(x.shape.slice(batchAxes, axis));
  const inner = size(x.shape.slice(axis + 1));
  const length = x.shape[axis]!;
  const picked = size(indices.shape.slice(batchAxes));
  const moved = tf.transpose(tf.reshape(dy, [batch, outer, picked, inner]), [0, 2, 1, 3]);
  const rows = tf.reshape(moved, [batch * picked, outer * inner]);
  const offsets = tf.tensor1d(
    Array.from({ length: batch * picked }, (_, place) => Math.floor(place / picked) * length),
    'int32',
  );
  const flat = tf.reshape(indices, [batch * picked]);
  const segments = batch === 1 ? flat : tf.add(flat, offsets);
  const sums = tf.unsortedSegmentSum(rows, segments as tf.Tensor1D, batch * length);
  const back = tf.transpose(tf.reshape(sums, [batch, length, outer, inner]), [0, 2, 1, 3]);
  return tf.reshape(back, x.shape);
}

/** dy goes back to where the values came from. */
function topKGradient(dy: tf.Tensor, shape: number[], indices: tf.Tensor): tf.Tensor {
  const length = shape.at(-1)!;
  const count = dy.shape.at(-1)!;
  const offsets = tf.tensor1d(
    Array.from({ length: dy.size }, (_, place) => Math.floor(place / count) * length),
    'int32',
  );
  const segments: tf.Tensor1D = tf.add(tf.reshape(indices, [dy.size]), offsets);
  const sums = tf.unsortedSegmentSum(tf.reshape(dy, [dy.size]), segments, tf.util.sizeFromShape(shape));
  return tf.reshape(sums, shape);
}
