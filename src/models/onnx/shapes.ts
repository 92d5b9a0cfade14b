import * as path from 'node:path';
import { InferenceError, InferenceSession } from '../../engine/inference';
import { ModelError } from '../model';
import type { OpenOptions } from '../opened';
import { addOutputs, addShapes, shapeName } from './edit';
import type { ImageInput } from './layout';
import { bodiesOf, type OnnxFile } from './readModel';
import type { Topology } from './topology';

/** Lengths of a tensor, batch and all: −1 for what is not known, null where not even the number of axes is. */
export type Shapes = ReadonlyMap<string, readonly number[] | null>;

/** Numbers of the largest image that is made only to see the shapes that follow from it. */
const LARGEST_TRIAL = 2 ** 26;

/**
 * The shapes of tensors: what onnxruntime infers, and where that leaves something open, what one black image gives,
 * provided that the size of the images is known and the model has no loops, which may not end.
 *
 * @param size `[height, width, channels]` of the images; −1 where unknown.
 * @throws ModelError `bad-model` with what onnxruntime says of a model that it does not take.
 */
export function inferShapes(
  file: OnnxFile,
  { nodes }: Topology,
  input: ImageInput,
  size: readonly number[] | null,
  tensors: readonly string[],
): Shapes {
  const shapes = new Map<string, readonly number[] | null>();
  const session = openModel(file, addOutputs(file.bytes, file.graph, tensors), { optimize: false });
  for (const { name, shape } of session.outputs) {
    // Of tensors whose number of axes it does not know, onnxruntime says what it says of single numbers.
    shapes.set(name, shape === null || shape.length === 0 ? null : shape);
  }
  const tensorNames = new Set(session.outputs.filter(({ shape }) => shape !== null).map(({ name }) => name));
  session.dispose();
  // What was regrouped may have more on its first axis than there are images, which only numbers tell.
  const regroups = nodes.some(({ proto, computes }) => computes && proto.opType === 'Reshape');
  const open = tensors.filter((tensor) => {
    const shape = shapes.get(tensor);
    return tensorNames.has(tensor) && (!shape || shape.slice(regroups ? 0 : 1).includes(-1));
  });
  const hasBodies = nodes.some(({ proto }) => bodiesOf(proto).length > 0);
  if (open.length === 0 || hasBodies || size?.every((length) => length > 0) !== true) return shapes;
  for (const [tensor, shape] of tryOut(file, input, size, open) ?? []) {
    const batch = shapes.get(tensor)?.[0] ?? input.batch;
    shapes.set(tensor, batch === -1 && shape[0] === 1 ? [-1, ...shape.slice(1)] : shape);
  }
  return shapes;
}

/** The shapes that one black image gives; null where the model cannot be run on it, which its first use will tell. */
function tryOut(
  file: OnnxFile,
  { name, type, layout, batch }: ImageInput,
  [height, width, channels]: readonly number[],
  tensors: readonly string[],
): Map<string, number[]> | null {
  const images = Math.max(batch, 1);
  const map = layout === 'channels first' ? [channels!, height!, width!] : [height!, width!, channels!];
  const dims = [images, ...map];
  const count = dims.reduce((product, length) => product * length, 1);
  if (count > LARGEST_TRIAL) return null;
  const data =
    type === 'float32'
      ? new Float32Array(count)
      : type === 'float16'
        ? new Uint16Array(count)
        : new Uint8Array(count);
  let session: InferenceSession | null = null;
  try {
    session = openModel(file, addShapes(file.bytes, tensors), { optimize: false });
    const results = session.run({ name, type, dims, data }, tensors.map(shapeName));
    return new Map(tensors.map((tensor, index) => [tensor, Array.from(results[index]!.data, Number)]));
  } catch (error) {
    if (error instanceof ModelError || error instanceof InferenceError) return null;
    throw error;
  } finally {
    session?.dispose();
  }
}

/** The height, width and channels that a model will be given: its own, or those of the data where it takes any. */
export function imageSize(input: ImageInput, context: OpenOptions['context']): number[] | null {
  if (input.shape === null) return null;
  return input.shape.map((length, axis) => (length > 0 ? length : (context?.inputShape[axis] ?? -1)));
}

/**
 * Opens a model that was read from a file.
 *
 * @param bytes the model, with other outputs than in the file.
 * @throws ModelError `bad-model` with what onnxruntime says.
 */
export function openModel(
  file: OnnxFile,
  bytes: Uint8Array,
  { optimize }: { optimize: boolean },
): InferenceSession {
  try {
    return new InferenceSession(bytes, { folder: path.dirname(file.path), optimize });
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error;
    throw new ModelError(
      'bad-model',
      `onnxruntime does not take ${file.path}: ${error.message}`,
      null,
      null,
      {
        cause: error,
      },
    );
  }
}
