import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ModelError } from './model';

/**
 * The safetensors format: an 8-byte little-endian header length, a JSON header, then the bytes of all tensors without
 * gaps. It holds numbers only, so reading a file can never run code. Like every JavaScript typed array here, the
 * numbers are little-endian.
 */

/** The array that holds the numbers of each dtype; 16-bit floats are raw bits. */
interface ArrayOfDtype {
  F64: Float64Array;
  I64: BigInt64Array;
  U64: BigUint64Array;
  F32: Float32Array;
  I32: Int32Array;
  U32: Uint32Array;
  F16: Uint16Array;
  BF16: Uint16Array;
  I16: Int16Array;
  U16: Uint16Array;
  I8: Int8Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
}

export type SafetensorsDtype = keyof ArrayOfDtype;

/** A tensor of a safetensors file; `data` has as many elements as `shape` says, row-major. */
export type StoredTensor = {
  [Dtype in SafetensorsDtype]: { dtype: Dtype; shape: readonly number[]; data: ArrayOfDtype[Dtype] };
}[SafetensorsDtype];

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** In the order of the file. */
  tensors: Map<string, StoredTensor>;
  metadata: Record<string, string>;
}

const bytesPerElement: Readonly<Record<SafetensorsDtype, number>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** The limit of the reference implementation; a longer header is a broken or hostile file. */
const longestHeader = 100_000_000;
const metadataKey = '__metadata__';

const metadataSchema = z.record(z.string(), z.string());
const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

/**
 * The bytes of a safetensors file. Tensors are laid out as the reference implementation does, widest dtype first and
 * then by name, so that each is aligned and equal tensors give equal bytes.
 *
 * @param metadata - goes into `__metadata__`.
 * @throws RangeError when the elements of a tensor are not as many as its shape says, or a name is `__metadata__`.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = [...tensors].sort(
    ([leftName, left], [rightName, right]) =>
      bytesPerElement[right.dtype] - bytesPerElement[left.dtype] || compareText(leftName, rightName),
  );
  const entries: string[] = [];
  if (Object.keys(metadata).length > 0) {
    const sorted = Object.entries(metadata).sort(([left], [right]) => compareText(left, right));
    entries.push(`${JSON.stringify(metadataKey)}:${JSON.stringify(Object.fromEntries(sorted))}`);
  }
  let end = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    if (name === metadataKey) throw new RangeError(`No tensor may be called ${metadataKey}.`);
    const elements = shape.reduce((product, size) => product * size, 1);
    if (elements !== data.length) {
      throw new RangeError(
        `\`${name}\`: ${data.length} elements do not fill the shape [${shape.join(', ')}].`,
      );
    }
    const begin = end;
    end += data.byteLength;
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }
  const header = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerLength = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(header, 8);
  bytes.fill(0x20, 8 + header.length, 8 + headerLength);
  let offset = 8 + headerLength;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file. Everything its header says is held against the real size of the file.
 *
 * @throws ModelError `missing-file` or `bad-weights`, with the file in the message.
 */
export async function readSafetensors(file: string): Promise<SafetensorsFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new ModelError('missing-file', `${file} does not exist.`, null, null, { cause: error });
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError('bad-weights', `${file} cannot be read: ${reason}`, null, null, { cause: error });
  }
  return parseSafetensors(bytes, file);
}

/**
 * Parses the bytes of a safetensors file. The arrays of the result are views of `bytes` where their alignment allows,
 * else copies.
 *
 * @param file - what to call the file in errors.
 * @throws ModelError `bad-weights` for anything that is not exactly as the format asks.
 */
export function parseSafetensors(bytes: Uint8Array, file: string): SafetensorsFile {
  const fail = (reason: string, cause?: unknown): never => {
    const message = `${file} is not a valid safetensors file: ${reason}`;
    throw new ModelError('bad-weights', message, null, null, { cause });
  };
  const { header, dataStart } = readHeader(bytes, fail);
  const dataLength = bytes.length - dataStart;

  let metadata: Record<string, string> = {};
  const located: { name: string; dtype: SafetensorsDtype; shape: number[]; begin: number; end: number }[] =
    [];
  for (const [name, value] of header) {
    if (name === metadataKey) {
      const parsed = metadataSchema.safeParse(value);
      if (!parsed.success) return fail(`${metadataKey} must map text to text.`, parsed.error);
      metadata = parsed.data;
      continue;
    }
    const parsed = entrySchema.safeParse(value);
    if (!parsed.success) {
      return fail(`the entry of \`${name}\` is malformed (${z.prettifyError(parsed.error)}).`, parsed.error);
    }
    const { dtype, shape, data_offsets: offsets } = parsed.data;
    const [begin, end] = offsets;
    if (!isDtype(dtype)) return fail(`\`${name}\` has the unknown dtype \`${dtype}\`.`);
    if (end > dataLength) {
      return fail(`\`${name}\` ends at byte ${end} of ${dataLength}. The file is cut short or damaged.`);
    }
    const needed = shape.reduce((product, size) => product * size, bytesPerElement[dtype]);
    if (needed !== end - begin) {
      return fail(
        `\`${name}\` has ${end - begin} bytes, but ${dtype} [${shape.join(', ')}] needs ${needed}.`,
      );
    }
    located.push({ name, dtype, shape, begin, end });
  }

  located.sort((left, right) => left.begin - right.begin || left.end - right.end);
  let reached = 0;
  for (const { name, begin, end } of located) {
    if (begin < reached) return fail(`\`${name}\` overlaps the tensor before it.`);
    if (begin > reached) return fail(`bytes ${reached} to ${begin} of the data belong to no tensor.`);
    reached = end;
  }
  if (reached !== dataLength) return fail(`${dataLength - reached} bytes at the end belong to no tensor.`);

  const tensors = new Map<string, StoredTensor>();
  for (const { name, dtype, shape, begin } of located) {
    tensors.set(name, storedTensor(dtype, shape, bytes, dataStart + begin));
  }
  return { tensors, metadata };
}

/** The entries of the JSON header, and where the data starts. */
function readHeader(
  bytes: Uint8Array,
  fail: (reason: string, cause?: unknown) => never,
): { header: [string, unknown][]; dataStart: number } {
  if (bytes.length < 8) return fail(`it has only ${bytes.length} bytes.`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(longestHeader)) return fail(`its header would have ${length.toString()} bytes.`);
  const dataStart = 8 + Number(length);
  if (dataStart > bytes.length) {
    return fail(
      `its header would end at byte ${dataStart} of ${bytes.length}. The file is cut short or damaged.`,
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, dataStart)));
  } catch (error) {
    return fail('its header is not JSON.', error);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    return fail('its header is not a JSON object.');
  }
  return { header: Object.entries(header), dataStart };
}

function isDtype(text: string): text is SafetensorsDtype {
  return Object.hasOwn(bytesPerElement, text);
}

function storedTensor(
  dtype: SafetensorsDtype,
  shape: readonly number[],
  bytes: Uint8Array,
  offset: number,
): StoredTensor {
  const length = shape.reduce((product, size) => product * size, 1);
  const width = bytesPerElement[dtype];
  let { buffer } = bytes;
  let start = bytes.byteOffset + offset;
  if (start % width !== 0) {
    buffer = bytes.slice(offset, offset + length * width).buffer;
    start = 0;
  }
  switch (dtype) {
    case 'F64':
      return { dtype, shape, data: new Float64Array(buffer, start, length) };
    case 'I64':
      return { dtype, shape, data: new BigInt64Array(buffer, start, length) };
    case 'U64':
      return { dtype, shape, data: new BigUint64Array(buffer, start, length) };
    case 'F32':
      return { dtype, shape, data: new Float32Array(buffer, start, length) };
    case 'I32':
      return { dtype, shape, data: new Int32Array(buffer, start, length) };
    case 'U32':
      return { dtype, shape, data: new Uint32Array(buffer, start, length) };
    case 'F16':
    case 'BF16':
    case 'U16':
      return { dtype, shape, data: new Uint16Array(buffer, start, length) };
    case 'I16':
      return { dtype, shape, data: new Int16Array(buffer, start, length) };
    case 'I8':
      return { dtype, shape, data: new Int8Array(buffer, start, length) };
    case 'U8':
    case 'BOOL':
      return { dtype, shape, data: new Uint8Array(buffer, start, length) };
  }
}

/** By UTF-16 code unit: the same everywhere, whatever the locale. */
function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
