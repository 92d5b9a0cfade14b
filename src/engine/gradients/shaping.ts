import * as tf from '@tensorflow/tfjs';
import { onlyGradient, replaceGradient } from './replace';

/** The gradients of ops that cut, mirror and rearrange, where tfjs-core has none or a wrong one. */
export function registerShapingGradients(): void {
  replaceGradient({
    kernelName: 'StridedSlice',
    inputsToSave: ['x'],
    gradFunc: (dyOrList, saved, attributes) => ({
      x: () => stridedSliceGradient(onlyGradient(dyOrList), saved[0]!.shape, attributes),
    }),
  });
  replaceGradient({
    kernelName: 'MirrorPad',
    inputsToSave: ['x'],
    gradFunc: (dyOrList, saved, attributes) => {
      const offset = attributes['mode'] === 'reflect' ? 1 : 0;
      const paddings = attributes['paddings'] as unknown as [number, number][];
      return {
        x: () =>
          paddings.reduce(
            (dy, [before, after], axis) =>
              foldBorders(dy, axis, saved[0]!.shape[axis]!, before, after, offset),
            onlyGradient(dyOrList),
          ),
      };
    },
  });
  replaceGradient({
    kernelName: 'DepthToSpace',
    gradFunc: (dyOrList, _, attributes) => ({
      x: () =>
        spaceToDepth(onlyGradient(dyOrList), Number(attributes['blockSize']), attributes['dataFormat']),
    }),
  });
}

/** Zeros between the rows that were picked, and around them. */
function stridedSliceGradient(
  dy: tf.Tensor,
  shape: number[],
  attributes: Readonly<Record<string, unknown>>,
): tf.Tensor {
  const list = (name: string) => attributes[name] as number[];
  const masks = ['beginMask', 'endMask', 'ellipsisMask', 'newAxisMask', 'shrinkAxisMask'].map((name) =>
    Number(attributes[name] ?? 0),
  ) as [number, number, number, number, number];
  const { begin, end, strides } = tf.slice_util.sliceInfo(
    shape,
    list('begin'),
    list('end'),
    list('strides'),
    ...masks,
  );
  const counts = shape.map((_, axis) => Math.ceil((end[axis]! - begin[axis]!) / strides[axis]!));
  const picked = tf.reshape(dy, counts);
  return shape.reduce((gradient, length, axis) => {
    const [step, count] = [strides[axis]!, counts[axis]!];
    const first = step > 0 ? begin[axis]! : begin[axis]! + (count - 1) * step;
    const ordered = step > 0 ? gradient : tf.reverse(gradient, axis);
    return spread(ordered, axis, Math.abs(step), first, length);
  }, picked);
}

/** Puts the elements of an axis at `first`, `first + step`, … of an axis of zeros. */
function spread(x: tf.Tensor, axis: number, step: number, first: number, length: number): tf.Tensor {
  const count = x.shape[axis]!;
  if (count === length) return x;
  const outer = tf.util.sizeFromShape(x.shape.slice(0, axis));
  const inner = tf.util.sizeFromShape(x.shape.slice(axis + 1));
  const cells = tf.pad(tf.reshape(x, [outer, count, 1, inner]), [
    [0, 0],
    [0, 0],
    [0, step - 1],
    [0, 0],
  ]);
  const reach = (count - 1) * step + 1;
  const rows = tf.slice(tf.reshape(cells, [outer, count * step, inner]), [0, 0, 0], [outer, reach, inner]);
  const padded = tf.pad(rows, [
    [0, 0],
    [first, length - first - reach],
    [0, 0],
  ]);
  return tf.reshape(padded, [...x.shape.slice(0, axis), length, ...x.shape.slice(axis + 1)]);
}

/** Adds the borders that a mirrored padding made to the elements that they repeat. */
function foldBorders(
  dy: tf.Tensor,
  axis: number,
  length: number,
  before: number,
  after: number,
  offset: number,
): tf.Tensor {
  if (before + after === 0) return dy;
  const part = (start: number, count: number) => {
    const begin = dy.shape.map((_, index) => (index === axis ? start : 0));
    return tf.slice(dy, begin, dy.shape.with(axis, count));
  };
  const placed = (start: number, count: number, at: number) => {
    const paddings = dy.shape.map((_, index): [number, number] =>
      index === axis ? [at, length - at - count] : [0, 0],
    );
    return tf.pad(tf.reverse(part(start, count), axis), paddings);
  };
  const terms = [part(before, length)];
  if (before > 0) terms.push(placed(0, before, offset));
  if (after > 0) terms.push(placed(before + length, after, length - offset - after));
  return terms.length === 1 ? terms[0]! : tf.addN(terms);
}

function spaceToDepth(dy: tf.Tensor, block: number, dataFormat: unknown): tf.Tensor {
  const first = dataFormat === 'NCHW';
  const [batch, height, width, channels] = (
    first ? [dy.shape[0], dy.shape[2], dy.shape[3], dy.shape[1]] : dy.shape
  ) as [number, number, number, number];
  const [rows, columns] = [height / block, width / block];
  if (first) {
    const cells = tf.reshape(dy, [batch, channels, rows, block, columns, block]);
    return tf.reshape(tf.transpose(cells, [0, 3, 5, 1, 2, 4]), [
      batch,
      channels * block * block,
      rows,
      columns,
    ]);
  }
  const cells = tf.reshape(dy, [batch, rows, block, columns, block, channels]);
  return tf.reshape(tf.transpose(cells, [0, 1, 3, 2, 4, 5]), [
    batch,
    rows,
    columns,
    channels * block * block,
  ]);
}
