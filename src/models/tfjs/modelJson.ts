import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, resolve } from 'node:path';
import { z } from 'zod';
import type { LayerSource, SourcePosition } from '../../layers/table';
import { ModelError } from '../model';
import { findPlace, jsonPlaces, positionsIn, type JsonPlace } from './jsonPlaces';

/** A `model.json` of tfjs with the weights beside it. It holds data only: reading it never runs code. */
export interface ModelJson {
  /** Absolute path. */
  file: string;
  /** Absolute paths of all files, `model.json` first. */
  files: string[];
  topology: Record<string, unknown>;
  /** Everything that `model.json` says. */
  fields: Record<string, unknown>;
  /** In the order in which they lie in `weightData`. */
  weights: WeightEntry[];
  weightData: ArrayBuffer;
  /** Where a value stands, e.g. `['modelTopology', 'node', 3]`; null when it is not there. */
  placeOf: (keys: readonly (string | number)[]) => LayerSource | null;
}

const weightSchema = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)),
  dtype: z.enum(['float32', 'int32', 'bool', 'complex64']),
  quantization: z
    .object({
      dtype: z.enum(['uint8', 'uint16', 'float16']),
      scale: z.number().exactOptional(),
      min: z.number().exactOptional(),
    })
    .exactOptional(),
});
const manifestSchema = z.array(
  z.object({ paths: z.array(z.string()).min(1), weights: z.array(weightSchema) }),
);

/** A tensor among the weights. */
export type WeightEntry = z.infer<typeof weightSchema>;

const bytesOf = { float32: 4, int32: 4, bool: 1, complex64: 8, uint8: 1, uint16: 2, float16: 2 } as const;

/**
 * Reads a `model.json` and its weights.
 *
 * @param file absolute path.
 * @throws ModelError `missing-file`; `bad-model` for what is no model, with the place; `bad-weights` for weights that are
 *   missing, too short, too long or outside the folder of the file.
 */
export async function readModelJson(file: string): Promise<ModelJson> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ModelError('missing-file', `${file} cannot be read: ${reasonOf(error)}`, null, null, {
      cause: error,
    });
  });
  const fields = parseObject(text, file);
  const topology = fields['modelTopology'];
  if (!isObject(topology)) {
    throw new ModelError(
      'bad-model',
      `${file} is no model of TensorFlow.js: it has no \`modelTopology\`. Name the model.json that \`model.save\` or tensorflowjs_converter wrote.`,
      null,
      { file, line: 1, column: 1 },
    );
  }
  const { weights, weightData, files } = await readWeights(fields['weightsManifest'], file);
  const positionOf = positionsIn(file, text);
  let places: JsonPlace | undefined;
  return {
    file,
    files: [file, ...files],
    topology,
    fields,
    weights,
    weightData,
    placeOf(keys) {
      const found = findPlace((places ??= jsonPlaces(text)), keys);
      if (found === undefined) return null;
      const position = positionOf(found.offset);
      return { ...position, chain: [{ ...position, function: null }] };
    },
  };
}

/** Elements of a tensor. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, axis) => size * axis, 1);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = reasonOf(error);
    throw new ModelError('bad-model', `${file} is not JSON: ${reason}`, null, mistakeIn(text, file, reason), {
      cause: error,
    });
  }
  if (isObject(value)) return value;
  const start = { file, line: 1, column: 1 };
  throw new ModelError(
    'bad-model',
    `${file} is no model of TensorFlow.js, which is a JSON object.`,
    null,
    start,
  );
}

/** Where V8 found the mistake; a text that ends too early has it at its end. */
function mistakeIn(text: string, file: string, reason: string): SourcePosition {
  const offset = /at position (\d+)/.exec(reason)?.[1];
  return positionsIn(file, text)(offset === undefined ? text.length : Number(offset));
}

async function readWeights(
  given: unknown,
  file: string,
): Promise<{ weights: WeightEntry[]; weightData: ArrayBuffer; files: string[] }> {
  const parsed = manifestSchema.safeParse(given ?? []);
  if (!parsed.success) {
    const message = `The \`weightsManifest\` of ${file} is malformed: ${z.prettifyError(parsed.error)}`;
    throw new ModelError('bad-weights', message, null, null, { cause: parsed.error });
  }
  const files: string[] = [];
  const parts: Uint8Array[] = [];
  for (const { paths, weights } of parsed.data) {
    const shards = paths.map((path) => shardPath(path, file));
    const expected = weights.reduce((sum, weight) => sum + byteLength(weight), 0);
    const contents: Buffer[] = [];
    for (const shard of shards) contents.push(await readShard(shard, shards, expected));
    const found = contents.reduce((sum, { length }) => sum + length, 0);
    if (found !== expected) {
      const listed = shards.map((shard, index) => `${shard} (${bytes(contents[index]!.length)})`).join(', ');
      const rest = found < expected ? 'cut short or damaged' : 'too long, or belongs to another model';
      throw new ModelError(
        'bad-weights',
        `${listed}: the ${weights.length} weights that ${file} lists need ${bytes(expected)}${shards.length > 1 ? ' together' : ''}, not ${bytes(found)}. A file is ${rest}.`,
      );
    }
    parts.push(...contents);
    files.push(...shards);
  }
  const whole = Buffer.concat(parts);
  const weightData = new ArrayBuffer(whole.length);
  new Uint8Array(weightData).set(whole);
  return { weights: parsed.data.flatMap(({ weights }) => weights), weightData, files };
}

/** The absolute path of a shard, which must lie beside `model.json` or below. */
function shardPath(path: string, file: string): string {
  const inside = normalize(path.replaceAll('\\', '/'));
  if (path === '' || isAbsolute(inside) || /^[a-z]+:/i.test(path) || /^\.\.(?:[\\/]|$)/.test(inside)) {
    throw new ModelError(
      'bad-weights',
      `${file} names weights outside its own folder, \`${path}\`, which are not read. Put them beside it.`,
    );
  }
  return join(resolve(dirname(file)), inside);
}

async function readShard(shard: string, all: readonly string[], expected: number): Promise<Buffer> {
  return readFile(shard).catch((error: unknown) => {
    const share =
      all.length > 1
        ? `, one of the ${all.length} files with ${bytes(expected)} of weights,`
        : `, ${bytes(expected)} of weights,`;
    const message = `${shard}${share} cannot be read: ${reasonOf(error)}`;
    throw new ModelError('bad-weights', message, null, null, { cause: error });
  });
}

function byteLength({ shape, dtype, quantization }: WeightEntry): number {
  return sizeOf(shape) * bytesOf[quantization?.dtype ?? dtype];
}

function bytes(count: number): string {
  return `${count.toLocaleString('en-US')} bytes`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
