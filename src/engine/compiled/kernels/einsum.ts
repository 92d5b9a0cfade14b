import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph/graph';
import { sizeOf, type Value } from '../graph/value';
import type { KernelCall, Kernels } from './call';

/** A value with a letter for each of its axes. */
interface Labelled {
  value: Value;
  labels: readonly string[];
}

/** Sums along the axes whose letter nobody else needs. */
function sumAlone(graph: Graph, { value, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const alone = labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  if (alone.length === 0) return { value, labels };
  const kept = labels.filter((label) => needed.has(label));
  const shape = value.shape.filter((_, axis) => !alone.includes(axis));
  return { value: graph.reshape(graph.sum(value, alone, value.shape), shape), labels: kept };
}

/** The axes in the order of these letters. */
function arranged(graph: Graph, { value, labels }: Labelled, order: readonly string[]): Value {
  const permutation = order.map((label) => labels.indexOf(label));
  return permutation.every((axis, place) => axis === place)
    ? value
    : graph.make('Transpose', [value], { permutation });
}

/** Σ over letters that the result has not, as one product of matrices: batch × rows × inner times batch × inner × columns. */
function contract(graph: Graph, a: Labelled, b: Labelled, output: readonly string[]): Labelled {
  const [inA, inB, inOutput] = [a.labels, b.labels, output].map((labels) => new Set(labels)) as [
    Set<string>,
    Set<string>,
    Set<string>,
  ];
  const batch = a.labels.filter((label) => inB.has(label) && inOutput.has(label));
  const inner = a.labels.filter((label) => inB.has(label) && !inOutput.has(label));
  const rows = a.labels.filter((label) => !inB.has(label));
  const columns = b.labels.filter((label) => !inA.has(label));
  const lengthOf = (label: string) =>
    inA.has(label) ? a.value.shape[a.labels.indexOf(label)]! : b.value.shape[b.labels.indexOf(label)]!;
  const sizes = [batch, rows, inner, columns].map((labels) => sizeOf(labels.map(lengthOf))) as [
    number,
    number,
    number,
    number,
  ];
  const left = graph.reshape(arranged(graph, a, [...batch, ...rows, ...inner]), [
    sizes[0],
    sizes[1],
    sizes[2],
  ]);
  const right = graph.reshape(arranged(graph, b, [...batch, ...inner, ...columns]), [
    sizes[0],
    sizes[2],
    sizes[3],
  ]);
  const product = graph.make('MatMul', [left, right], { transposeA: false, transposeB: false });
  const labels = [...batch, ...rows, ...columns];
  return { value: graph.reshape(product, labels.map(lengthOf)), labels };
}

function einsum(call: KernelCall): tf.TensorInfo {
  const { graph } = call;
  const equation = call.attribute<string>('equation');
  const tensors = call.list();
  // Checks the equation and the shapes.
  const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, tensors.length);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- it reads the shapes only
  tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as tf.Tensor[]);
  const output = Array.from(equation.replaceAll(/\s/g, '').split('->')[1]!);
  const given = tensors.map((tensor, index): Labelled => ({
    value: graph.cast(call.wholeOf(tensor), 'float32'),
    labels: idDims[index]!.map((place) => allDims[place]!),
  }));
  const terms = given.map((term) => {
    const others = given.filter((other) => other !== term).flatMap(({ labels }) => labels);
    return sumAlone(graph, term, new Set([...output, ...others]));
  });
  const [a, b] = terms as [Labelled, Labelled | undefined];
  const result = arranged(graph, b ? contract(graph, a, b, output) : a, output);
  return call.result(result, result.shape);
}

/** Sums of products by subscripts. */
export const einsumKernels: Kernels = { Einsum: einsum };
