import { realpath, stat } from 'node:fs/promises';
import * as path from 'node:path';
import {
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as TensorType,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from '../../onnx/onnx_pb';
import { ModelError } from '../model';
import { propertiesOf } from './properties';

/** Bits of one element; texts have no fixed size. */
const BITS: Readonly<Partial<Record<number, number>>> = {
  [TensorType.FLOAT]: 32,
  [TensorType.UINT8]: 8,
  [TensorType.INT8]: 8,
  [TensorType.UINT16]: 16,
  [TensorType.INT16]: 16,
  [TensorType.INT32]: 32,
  [TensorType.INT64]: 64,
  [TensorType.BOOL]: 8,
  [TensorType.FLOAT16]: 16,
  [TensorType.DOUBLE]: 64,
  [TensorType.UINT32]: 32,
  [TensorType.UINT64]: 64,
  [TensorType.COMPLEX64]: 64,
  [TensorType.COMPLEX128]: 128,
  [TensorType.BFLOAT16]: 16,
  [TensorType.FLOAT8E4M3FN]: 8,
  [TensorType.FLOAT8E4M3FNUZ]: 8,
  [TensorType.FLOAT8E5M2]: 8,
  [TensorType.FLOAT8E5M2FNUZ]: 8,
  [TensorType.UINT4]: 4,
  [TensorType.INT4]: 4,
};

/** Numbers of a tensor: the product of its lengths. */
export function elementsOf({ dims }: TensorProto): number {
  return dims.reduce((product, length) => product * Number(length), 1);
}

/** The numbers of a tensor of integers within the file; null for others. */
export function integersIn({ dataType, rawData, int32Data, int64Data }: TensorProto): number[] | null {
  const types: readonly number[] = [TensorType.INT32, TensorType.INT64];
  if (!types.includes(dataType)) return null;
  const bytes = (BITS[dataType] ?? 64) / 8;
  if (rawData.byteLength === 0) return bytes === 8 ? int64Data.map(Number) : int32Data;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return Array.from({ length: rawData.byteLength / bytes }, (_, index) =>
    bytes === 8 ? Number(view.getBigInt64(8 * index, true)) : view.getInt32(4 * index, true),
  );
}

/**
 * Checks that every tensor of a model holds as many numbers as it says, so that nobody reserves memory for what a short
 * file only claims.
 *
 * @param file absolute, of the model.
 * @returns absolute paths of the files of external data.
 * @throws ModelError `bad-weights` naming the tensor, the file and the bytes; `missing-file` for external data.
 */
export async function checkTensors(model: ModelProto, file: string): Promise<string[]> {
  const external = new Map<string, number>();
  for (const tensor of allTensors(model)) {
    if (tensor.dims.some((length) => length < 0n)) {
      throw bad(file, `the tensor ${named(tensor)} says that it is [${tensor.dims.join(', ')}]`);
    }
    if (tensor.dataLocation === DataLocation.EXTERNAL) {
      await checkExternal(tensor, file, external);
    } else {
      checkInside(tensor, file);
    }
  }
  return [...external.keys()];
}

function checkInside(tensor: TensorProto, file: string): void {
  const bits = BITS[tensor.dataType];
  if (bits === undefined || tensor.segment !== undefined) return;
  const elements = elementsOf(tensor);
  const typed =
    tensor.floatData.length +
    tensor.int32Data.length +
    tensor.int64Data.length +
    tensor.doubleData.length +
    tensor.uint64Data.length;
  const held = tensor.rawData.byteLength;
  const needed = Math.ceil((elements * bits) / 8);
  if (typed > 0 || (held === 0 && elements > 0)) {
    // Packed types share words, complex numbers take two.
    const shortest = bits === 4 ? Math.floor(elements / 8) : elements;
    if (typed < shortest) {
      throw bad(file, `the tensor ${named(tensor)} needs ${elements} numbers and holds ${typed}`);
    }
  } else if (held !== needed) {
    throw bad(file, `the tensor ${named(tensor)} needs ${needed} bytes and holds ${held}`);
  }
}

/** @param sizes the bytes of the files that were looked at, by their absolute paths. */
async function checkExternal(tensor: TensorProto, file: string, sizes: Map<string, number>): Promise<void> {
  const properties = propertiesOf(tensor.externalData);
  const location = properties.get('location') ?? '';
  const parts = location.split(/[\\/]/);
  const folder = path.dirname(file);
  if (location === '' || path.posix.isAbsolute(location) || path.win32.isAbsolute(location)) {
    throw bad(
      file,
      `the weights ${named(tensor)} say that they lie in "${location}", which is no path in its folder`,
    );
  }
  const target = path.join(folder, ...parts);
  if (parts.includes('..') || !(await liesWithin(target, folder))) {
    throw bad(
      file,
      `the weights ${named(tensor)} say that they lie in "${location}", which leaves its folder`,
    );
  }
  let size = sizes.get(target);
  if (size === undefined) {
    const found = await stat(target).catch(() => null);
    if (found?.isFile() !== true) {
      throw new ModelError(
        'missing-file',
        `${file} keeps its weights in "${location}", and ${target} is not there. Put the file beside the model, under the name it was exported with.`,
      );
    }
    size = found.size;
    sizes.set(target, size);
  }
  const offset = Number(properties.get('offset') ?? '0');
  const bits = BITS[tensor.dataType];
  const needed = bits === undefined ? 0 : Math.ceil((elementsOf(tensor) * bits) / 8);
  const length = Number(properties.get('length') ?? String(needed));
  if (![offset, length].every((value) => Number.isSafeInteger(value) && value >= 0)) {
    throw bad(file, `the weights ${named(tensor)} have no sensible place in "${location}"`);
  }
  if (bits !== undefined && length !== needed) {
    throw bad(file, `the weights ${named(tensor)} need ${needed} bytes and have ${length} in "${location}"`);
  }
  if (offset + length > size) {
    throw new ModelError(
      'bad-weights',
      `${target} has ${size} bytes, and the weights ${named(tensor)} of ${file} end at byte ${offset + length}. The file is cut off or belongs to another model; export the model again.`,
    );
  }
}

/** Links are followed, so that none leads out of the folder. */
async function liesWithin(target: string, folder: string): Promise<boolean> {
  const real = await realpath(target).catch(() => null);
  if (real === null) return true;
  const relative = path.relative(await realpath(folder), real);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}

/** All tensors of a model, those in attributes and in the bodies of loops too. */
function* allTensors(model: ModelProto): Generator<TensorProto> {
  const graphs: GraphProto[] = model.graph === undefined ? [] : [model.graph];
  const nodes: NodeProto[] = model.functions.flatMap(({ node }) => node);
  for (;;) {
    const node = nodes.pop();
    if (node !== undefined) {
      for (const { t, tensors, g, graphs: bodies } of node.attribute) {
        if (t !== undefined) yield t;
        yield* tensors;
        if (g !== undefined) graphs.push(g);
        graphs.push(...bodies);
      }
      continue;
    }
    const graph = graphs.pop();
    if (graph === undefined) return;
    yield* graph.initializer;
    nodes.push(...graph.node);
  }
}

function named({ name }: TensorProto): string {
  return name === '' ? 'of a constant' : `\`${name}\``;
}

function bad(file: string, what: string): ModelError {
  return new ModelError('bad-weights', `${file} is damaged: ${what}. Export the model again.`);
}
