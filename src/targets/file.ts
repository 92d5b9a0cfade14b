import { createHash, type Hash } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { isMissing, putInPlace, temporaryName } from '../runs/files';

/**
 * A file of targets is a safetensors file with one tensor, `targets`, `[images, ...shape]` of float32: row i is what a
 * teacher says of image i. Its metadata hold the key (identity.ts) and the sha256 of the numbers. Here it is written
 * and checked piece by piece: it may be larger than the memory.
 */
const headerSchema = z.object({
  __metadata__: z.object({
    format: z.literal('distillery-targets-1'),
    key: z.string(),
    /** Of the bytes of the tensor, in hex. */
    sha256: z.string().length(64),
    /** What it is, for people. */
    about: z.string(),
  }),
  targets: z.object({
    dtype: z.literal('F32'),
    shape: z.array(z.int().min(1)).min(2),
    data_offsets: z.tuple([z.literal(0), z.int()]),
  }),
});

/** What a file of targets must be. */
export interface TargetsForm {
  key: string;
  /** `[images, ...shape]`. */
  shape: readonly number[];
}

/** A file of targets that was found to be whole. Keep `handle` open as long as its descriptor is read from. */
export interface OpenTargets {
  handle: FileHandle;
  /** Bytes before the first row. */
  offset: number;
  /** Of all rows. */
  bytes: number;
}

const lengthBytes = 8;
/** The rows begin at a multiple of this. */
const alignment = 4096;
const longestHeader = 1 << 20;
const chunkBytes = 4 << 20;
const noSha256 = '0'.repeat(64);

/** Bytes of float32 numbers of a shape. */
export function bytesOfShape(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, Float32Array.BYTES_PER_ELEMENT);
}

/** Writes a file of targets under a temporary name; it gets its own when it is whole and on the disk. */
export class TargetsWriter {
  private readonly hash: Hash = createHash('sha256');
  private written = 0;

  private constructor(
    private readonly file: string,
    private readonly temporary: string,
    private readonly handle: FileHandle,
    private readonly form: TargetsForm,
    private readonly about: string,
  ) {}

  /**
   * @param about what it is, for people.
   * @throws The error of the file system.
   */
  static async create(file: string, form: TargetsForm, about: string): Promise<TargetsWriter> {
    const temporary = temporaryName(file);
    const handle = await open(temporary, 'wx');
    const writer = new TargetsWriter(file, temporary, handle, form, about);
    try {
      // Its length is final, the checksum in it follows.
      await handle.write(encodeHeader(form, about, noSha256));
    } catch (error) {
      await writer.discard();
      throw error;
    }
    return writer;
  }

  /** Adds the rows of the next images. @throws The error of the file system. */
  async append(rows: Float32Array): Promise<void> {
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    this.hash.update(bytes);
    this.written += bytes.length;
    for (let from = 0; from < bytes.length;) {
      from += (await this.handle.write(bytes, from, bytes.length - from)).bytesWritten;
    }
  }

  /** @throws RangeError when rows are missing or too many; the error of the file system. Nothing is left then. */
  async finish(): Promise<void> {
    try {
      const expected = bytesOfShape(this.form.shape);
      if (this.written !== expected) {
        throw new RangeError(`${this.about}: ${this.written} bytes were written instead of ${expected}.`);
      }
      const header = encodeHeader(this.form, this.about, this.hash.digest('hex'));
      await this.handle.write(header, 0, header.length, 0);
      await this.handle.sync();
      await this.handle.close();
      await putInPlace(this.temporary, this.file);
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Gives up: nothing is left of it. */
  async discard(): Promise<void> {
    await this.handle.close();
    await rm(this.temporary, { force: true });
  }
}

/**
 * Opens a file of targets and reads it once from end to end, so that what is torn, cut short or has a flipped bit is
 * never used.
 *
 * @param between called after each piece of a few megabytes.
 * @returns null when there is no such file; a problem, a sentence, when it is not whole or not what it should be.
 * @throws The error of the file system when it is there but cannot be read, and what `between` throws.
 */
export async function openTargets(
  file: string,
  form: TargetsForm,
  between: () => Promise<void>,
): Promise<OpenTargets | { problem: string } | null> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    const checked = await check(handle, form, between);
    if (typeof checked !== 'string') return { handle, ...checked };
    await handle.close();
    return { problem: `${file} ${checked}` };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function check(
  handle: FileHandle,
  form: TargetsForm,
  between: () => Promise<void>,
): Promise<string | { offset: number; bytes: number }> {
  const { size } = await handle.stat();
  const header = await readHeader(handle, size);
  if (header === null) return 'is damaged: its header cannot be read.';
  const { key, sha256 } = header.parsed.__metadata__;
  const { shape } = header.parsed.targets;
  if (key !== form.key || shape.join() !== form.shape.join())
    return 'holds other targets than its name says.';
  const bytes = bytesOfShape(shape);
  if (size !== header.offset + bytes) return `has ${size} bytes instead of ${header.offset + bytes}.`;
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(Math.min(chunkBytes, bytes));
  for (let position = header.offset; position < size;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return 'became shorter while it was read.';
    hash.update(chunk.subarray(0, bytesRead));
    position += bytesRead;
    await between();
  }
  if (hash.digest('hex') !== sha256) return 'is damaged: its numbers do not have the checksum that it names.';
  return { offset: header.offset, bytes };
}

async function readHeader(
  handle: FileHandle,
  size: number,
): Promise<{ parsed: z.infer<typeof headerSchema>; offset: number } | null> {
  const start = Buffer.alloc(lengthBytes);
  if ((await handle.read(start, 0, lengthBytes, 0)).bytesRead < lengthBytes) return null;
  const length = Number(start.readBigUInt64LE());
  if (length > longestHeader || lengthBytes + length > size) return null;
  const text = Buffer.alloc(length);
  if ((await handle.read(text, 0, length, lengthBytes)).bytesRead < length) return null;
  try {
    const parsed = headerSchema.safeParse(JSON.parse(text.toString('utf8')));
    return parsed.success ? { parsed: parsed.data, offset: lengthBytes + length } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function encodeHeader({ key, shape }: TargetsForm, about: string, sha256: string): Buffer {
  const header: z.infer<typeof headerSchema> = {
    __metadata__: { format: 'distillery-targets-1', key, sha256, about },
    targets: { dtype: 'F32', shape: [...shape], data_offsets: [0, bytesOfShape(shape)] },
  };
  const text = Buffer.from(JSON.stringify(header), 'utf8');
  // The format lets a header end in spaces.
  const total = Math.ceil((lengthBytes + text.length) / alignment) * alignment;
  const encoded = Buffer.alloc(total, ' ');
  encoded.writeBigUInt64LE(BigInt(total - lengthBytes));
  text.copy(encoded, lengthBytes);
  return encoded;
}
