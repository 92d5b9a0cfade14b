import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph/graph';
import { sizeOf, type Value } from '../graph/value';
import type { KernelCall, Kernels } from './call';

/** Channels become blocks of pixels. */
function depthToSpace(call: KernelCall): tf.TensorInfo {
  const { graph } = call;
  const block = call.attribute<number>('blockSize');
  const x = call.whole('x');
  const [batch, height, width, depth] = x.shape as [number, number, number, number];
  const channels = depth / (block * block);
  const split = graph.reshape(x, [batch, height, width, block, block, channels]);
  const moved = graph.make('Transpose', [split], { permutation: [0, 1, 3, 2, 4, 5] });
  const shape = [batch, height * block, width * block, channels];
  return call.result(graph.reshape(moved, shape), shape);
}

function batchToSpace(call: KernelCall): tf.TensorInfo {
  const { graph } = call;
  const block = call.attribute<number[]>('blockShape');
  const crops = call.attribute<number[][]>('crops');
  const x = call.whole('x');
  const blocks = sizeOf(block);
  const split = tf.backend_util.getReshaped([...x.shape], block, blocks);
  const permutation = tf.backend_util.getPermuted(split.length, block.length);
  const joined = tf.backend_util.getReshapedPermuted([...x.shape], block, blocks);
  const moved = graph.make('Transpose', [graph.reshape(x, split)], { permutation });
  const cropOf = (axis: number) => crops[axis - 1] ?? [0, 0];
  const begin = joined.map((_, axis) => cropOf(axis)[0]!);
  const end = joined.map((length, axis) => length - cropOf(axis)[1]!);
  const size = end.map((position, axis) => position - begin[axis]!);
  const attributes = { begin, end, steps: begin.map(() => 1) };
  return call.result(graph.make('Slice', [graph.reshape(moved, joined)], attributes), size);
}

function spaceToBatch(call: KernelCall): tf.TensorInfo {
  const { graph } = call;
  const block = call.attribute<number[]>('blockShape');
  const paddings = call.attribute<[number, number][]>('paddings');
  const x = call.whole('x');
  const rest = x.shape.slice(1 + block.length).map((): [number, number] => [0, 0]);
  const all: [number, number][] = [[0, 0], ...paddings, ...rest];
  const [before, after] = [all.map(([head]) => head), all.map(([, tail]) => tail)];
  const padded = graph.make('Pad', [x], { before, after, value: 0 });
  const blocks = sizeOf(block);
  const split = tf.backend_util.getReshaped([...padded.shape], block, blocks, false);
  const permutation = tf.backend_util.getPermuted(split.length, block.length, false);
  const shape = tf.backend_util.getReshapedPermuted([...padded.shape], block, blocks, false);
  const moved = graph.make('Transpose', [graph.reshape(padded, split)], { permutation });
  return call.result(graph.reshape(moved, shape), shape);
}

/** Pads with what lies next to each border, in reverse: along each axis a choice of positions. */
function mirrorPad(call: KernelCall): tf.TensorInfo {
  const { graph } = call;
  const paddings = call.attribute<[number, number][]>('paddings');
  // `reflect` leaves the outermost element out, `symmetric` repeats it.
  const offset = call.attribute<'reflect' | 'symmetric'>('mode') === 'reflect' ? 1 : 0;
  const padded = paddings.reduce((value, [before, after], axis) => {
    if (before + after === 0) return value;
    const length = value.shape[axis]!;
    const positions = Array.from({ length: before + length + after }, (_, place) => {
      const position = place - before;
      if (position < 0) return -position - 1 + offset;
      return position < length ? position : 2 * length - 1 - position - offset;
    });
    return graph.make('Gather', [value, listOf(graph, positions)], { axis });
  }, call.whole('x'));
  return call.result(padded, padded.shape);
}

function listOf(graph: Graph, numbers: readonly number[]): Value {
  return graph.expand(graph.constant(Int32Array.from(numbers), [numbers.length], 'int32'), [numbers.length]);
}

/** x on the diagonal of zeros, `[…shape, …shape]`. */
function diagonal(call: KernelCall): tf.TensorInfo {
  const { graph } = call;
  const x = call.whole('x');
  const unit = Int32Array.from({ length: x.size ** 2 }, (_, place) => Number(place % (x.size + 1) === 0));
  const type = x.dtype === 'bool' ? 'int32' : x.dtype;
  const identity = graph.cast(graph.constant(unit, [x.size, x.size], 'int32'), type);
  const shape = [...x.shape, ...x.shape];
  const product = graph.binary('Mul', identity, graph.reshape(graph.cast(x, type), [x.size, 1]));
  return call.result(graph.reshape(graph.cast(product, x.dtype), shape), shape);
}

function linearSpace(call: KernelCall): tf.TensorInfo {
  const [start, stop, count] = ['start', 'stop', 'num'].map((name) => call.attribute<number>(name)) as [
    number,
    number,
    number,
  ];
  const step = (stop - start) / Math.max(count - 1, 1);
  const numbers = Float32Array.from({ length: count }, (_, index) => start + index * step);
  const value = call.graph.expand(call.graph.constant(numbers, [count], 'float32'), [count]);
  return call.result(value, [count]);
}

/** Kernels that rearrange pixels and borders, and make patterns. */
export const rearrangingKernels: Kernels = {
  BatchToSpaceND: batchToSpace,
  DepthToSpace: depthToSpace,
  Diag: diagonal,
  LinSpace: linearSpace,
  MirrorPad: mirrorPad,
  SpaceToBatchND: spaceToBatch,
};
