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

/**
 * onnxruntime gives the next numbers in new arrays, and the old ones are freed at once. Arrays of our own for it to write
 * into would be written to besides: what it returns are copies in any case.
 */
function runOnHost(
  backend: GraphBackend,
  session: NativeSession,
  feeds: Feeds,
  results: readonly ProgramOutput[],
  assignments: readonly Assignment[],
): HostArray[] {
  const arrays = results.map(({ name, dtype, shape }) => [name, emptyTensor(dtype, shape)] as const);
  const state = assignments.map(({ name }) => [name, null] as const);
  const outputs = session.run(feeds, Object.fromEntries([...arrays, ...state]), {});
  const replaced = assignments.map(({ name, variable }) => {
    const next = shownAs(outputs[name]!, variable.shape, variable.dtype as DataType);
    return assign(backend, variable, next);
  });
  releaseTensors([
    ...replaced.filter((tensor) => tensor !== null),
    ...arrays.map(([name]) => outputs[name]!),
  ]);
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

export function emptyTensor(dtype: DataType, shape: readonly number[]): HostTensor {
  return makeTensor(dtype, allocate(dtype, sizeOf(shape)), shape);
}
