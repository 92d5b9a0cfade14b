import * as tf from '@tensorflow/tfjs';
import type { GraphBackend } from './backend';
import { takeFrom } from './deviceMemory';
import { allocate, sameShape, sizeOf, type DataType, type HostArray } from './graph/value';
import type { ProgramOutput } from './lowering/lowering';
import {
  makeTensor,
  releaseTensors,
  type HostTensor,
  type NativeSession,
  type RuntimeTensor,
} from './runtime';

/** A variable that a step assigns. */
export interface Assignment {
  name: string;
  variable: tf.Variable;
  /** In which the program gives its next numbers; of the same size. */
  shape: readonly number[];
}

type Feeds = Readonly<Record<string, RuntimeTensor>>;

/**
 * Runs a program and hands the next numbers of the variables over to the backend, wherever it keeps them.
 *
 * @returns the arrays of the results, which belong to the caller.
 */
export function runOnce(
  backend: GraphBackend,
  session: NativeSession,
  feeds: Feeds,
  results: readonly ProgramOutput[],
  assignments: readonly Assignment[],
): HostArray[] {
  return backend.device
    ? runOnDevice(backend, session, feeds, results, assignments)
    : runOnHost(backend, session, feeds, results, assignments);
}

/** The outputs of a program that stay on the device. */
export function namesOnDevice(
  { device }: GraphBackend,
  assignments: readonly { name: string; variable: tf.Variable }[],
): string[] {
  return assignments
    .filter(({ variable }) => device?.keeps(variable.dtype as DataType) ?? false)
    .map(({ name }) => name);
}

/** The program writes into spare arrays, which then change places with the variables'. */
function runOnHost(
  backend: GraphBackend,
  session: NativeSession,
  feeds: Feeds,
  results: readonly ProgramOutput[],
  assignments: readonly Assignment[],
): HostArray[] {
  const arrays = results.map(({ name, dtype, shape }) => [name, emptyTensor(dtype, shape)] as const);
  const nexts = assignments.map(({ variable }) => spareOf(variable));
  const state = assignments.map(({ name, shape, variable }, index): [string, HostTensor] => {
    const next = nexts[index]!;
    const isView = !sameShape(shape, variable.shape);
    return [name, isView ? makeTensor(variable.dtype as DataType, next.data, shape) : next];
  });
  releaseTensors(session.run(feeds, Object.fromEntries([...arrays, ...state]), {}));
  assignments.forEach(({ variable }, index) => {
    const old = assign(backend, variable, nexts[index]!);
    if (old?.location === 'cpu') spares.set(variable, old);
    else spares.delete(variable);
  });
  return arrays.map(([, { data }]) => data);
}

/** The program makes its outputs itself; the memory of the old numbers goes back to the device at once. */
function runOnDevice(
  backend: GraphBackend,
  session: NativeSession,
  feeds: Feeds,
  results: readonly ProgramOutput[],
  assignments: readonly Assignment[],
): HostArray[] {
  const fetches = Object.fromEntries([...results, ...assignments].map(({ name }) => [name, null]));
  const outputs = session.run(feeds, fetches, {});
  for (const { name, variable } of assignments) {
    const output = outputs[name]!;
    const next =
      output.location === 'cpu'
        ? makeTensor(variable.dtype as DataType, output.data, variable.shape)
        : takeFrom(session, output, variable.shape);
    const old = assign(backend, variable, next);
    if (old?.location === 'gpu-buffer') old.dispose();
  }
  return results.map(({ name }) => {
    const output = outputs[name]!;
    if (output.location !== 'cpu') throw new Error(`onnxruntime left the result ${name} on the device.`);
    return output.data;
  });
}

/** Gives a variable its next numbers. @returns the tensor it had, if nobody else holds it. */
function assign(backend: GraphBackend, variable: tf.Variable, next: RuntimeTensor): RuntimeTensor | null {
  if (backend.refCount(variable.dataId) === 1) return backend.exchange(variable.dataId, next);
  // Somebody else holds the old numbers, under another tensor: they must stay.
  const info = backend.adopt(next, variable.shape, variable.dtype as DataType);
  const tensor = tf.engine().makeTensorFromTensorInfo(info, backend);
  variable.assign(tensor);
  tensor.dispose();
  return null;
}

/** A tensor in the shape that a program declares; a tensor of tfjs may show numbers that were made in another one. */
export function shownAs(tensor: RuntimeTensor, shape: readonly number[], dtype: DataType): RuntimeTensor {
  if (sameShape(tensor.dims, shape)) return tensor;
  return tensor.location === 'cpu' ? makeTensor(dtype, tensor.data, shape) : { ...tensor, dims: shape };
}

/** Arrays that programs write the next values of variables into. */
const spares = new WeakMap<tf.Variable, HostTensor>();

function spareOf(variable: tf.Variable): HostTensor {
  const spare = spares.get(variable) ?? emptyTensor(variable.dtype as DataType, variable.shape);
  spares.set(variable, spare);
  return spare;
}

export function emptyTensor(dtype: DataType, shape: readonly number[]): HostTensor {
  return makeTensor(dtype, allocate(dtype, sizeOf(shape)), shape);
}
