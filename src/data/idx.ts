import { constants as bufferLimits } from 'node:buffer';
import { open, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync } from 'node:zlib';
import { DataError } from './dataset';
import { errorCode, errorText } from './failure';

/**
 * IDX, the format of MNIST (http://yann.lecun.com/exdb/mnist/): two zero bytes, a byte for the type, a byte for the
 * number of dimensions, each dimension as a big-endian 32-bit integer, then the values in row-major order. Whether a
 * file is gzipped is seen from its content, not from its name.
 */
export interface IdxArray {
  shape: number[];
  /** One byte a value, row-major. */
  data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const OTHER_TYPES: Readonly<Record<number, string>> = {
  0x09: 'signed bytes',
  0x0b: '16-bit integers',
  0x0c: '32-bit integers',
  0x0d: '32-bit floats',
  0x0e: '64-bit floats',
};
/** How much of a file is read to see its header; far more than a gzip header with a long name takes. */
const HEAD_BYTES = 16_384;
/** Deflate cannot pack more than this many bytes into one. */
const LARGEST_GZIP_RATIO = 1032;

const unzip = promisify(gunzip);

/**
 * Reads an IDX file of unsigned bytes, gzipped or not. What the header claims is checked against the size of the file
 * before memory is taken for it.
 *
 * @throws DataError, naming the file, when it is missing or unreadable, not IDX, of another type than unsigned bytes,
 *   damaged, too short or too long.
 */
export async function readIdx(file: string): Promise<IdxArray> {
  const head = await readHead(file);
  const size = head.headerBytes + head.valueBytes;
  const stored = await readFile(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  const bytes = head.gzipped ? await unzipAll(file, stored, size) : stored;
  checkSize(file, bytes.length, size);
  return { shape: head.shape, data: bytes.subarray(head.headerBytes) };
}

/**
 * Reads only the header of an IDX file, and checks it as far as that is possible without unpacking the file.
 *
 * @returns the shape.
 * @throws DataError as `readIdx`.
 */
export async function readIdxShape(file: string): Promise<number[]> {
  const { shape } = await readHead(file);
  return shape;
}

/** Whether a file starts like a gzip file. @throws DataError when it cannot be read. */
export async function isGzipped(file: string): Promise<boolean> {
  return hasGzipMagic((await readStart(file)).start);
}

/** The bytes that stand before the values of an IDX file of unsigned bytes with this shape. */
export function encodeIdxHeader(shape: readonly number[]): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = UNSIGNED_BYTE;
  header[3] = shape.length;
  shape.forEach((length, axis) => header.writeUInt32BE(length, 4 + 4 * axis));
  return header;
}

interface Head {
  shape: number[];
  headerBytes: number;
  valueBytes: number;
  gzipped: boolean;
}

async function readHead(file: string): Promise<Head> {
  const { start, fileBytes } = await readStart(file);
  const gzipped = hasGzipMagic(start);
  const shape = parseHeader(file, gzipped ? unzipStart(file, start) : start);
  const headerBytes = 4 + 4 * shape.length;
  const valueBytes = shape.reduce((product, length) => product * length, 1);
  const head = { shape, headerBytes, valueBytes, gzipped };
  if (!gzipped) {
    checkSize(file, fileBytes, headerBytes + valueBytes);
  } else if (valueBytes > fileBytes * LARGEST_GZIP_RATIO) {
    throw new DataError(
      `${file}: the header claims ${describeShape(shape)} = ${valueBytes} bytes, which a gzip file of ${fileBytes} bytes cannot hold. The file is damaged or cut short; get it again.`,
      file,
    );
  }
  return head;
}

async function readStart(file: string): Promise<{ start: Buffer; fileBytes: number }> {
  try {
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return { start: buffer.subarray(0, bytesRead), fileBytes: size };
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): DataError {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new DataError(`${file}: there is no such file.`, file, { cause: error, code: 'missing-file' });
  }
  if (code === 'EISDIR') {
    return new DataError(`${file}: this is a folder; an IDX file is needed.`, file, { cause: error });
  }
  return new DataError(`${file}: cannot be read (${errorText(error)}).`, file, { cause: error });
}

function hasGzipMagic(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Unpacks what it can of the first bytes of a gzip file. */
function unzipStart(file: string, start: Buffer): Buffer {
  try {
    return gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    throw damagedGzip(file, error);
  }
}

async function unzipAll(file: string, stored: Buffer, size: number): Promise<Buffer> {
  try {
    return await unzip(stored, { maxOutputLength: Math.min(size, bufferLimits.MAX_LENGTH) });
  } catch (error) {
    if (errorCode(error) !== 'ERR_BUFFER_TOO_LARGE') throw damagedGzip(file, error);
    throw new DataError(
      `${file}: more than the ${size} bytes that its header announces are in it. The file is damaged or not what its header says; get it again.`,
      file,
      { cause: error },
    );
  }
}

function damagedGzip(file: string, error: unknown): DataError {
  return new DataError(
    `${file}: the gzip data is damaged or cut short (${errorText(error)}). Get the file again.`,
    file,
    { cause: error },
  );
}

/** @returns the shape. */
function parseHeader(file: string, bytes: Buffer): number[] {
  const [zero0, zero1, type, dimensions] = bytes;
  if (zero0 === undefined || zero1 === undefined || type === undefined || dimensions === undefined) {
    throw new DataError(
      `${file}: it holds ${bytes.length} bytes; an IDX file starts with a header of at least 8. Get the file again.`,
      file,
    );
  }
  const magic = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (zero0 !== 0 || zero1 !== 0 || (type !== UNSIGNED_BYTE && OTHER_TYPES[type] === undefined)) {
    throw new DataError(
      `${file}: it starts with the bytes ${magic}${guessFormat(bytes)}; an IDX file of images starts with 00 00 08 03, one of labels with 00 00 08 01.`,
      file,
    );
  }
  if (type !== UNSIGNED_BYTE) {
    throw new DataError(
      `${file}: it starts with the bytes ${magic}: an IDX file of ${OTHER_TYPES[type]}. Only unsigned bytes are read (00 00 08 …); convert the values to 0–255.`,
      file,
    );
  }
  const headerBytes = 4 + 4 * dimensions;
  if (dimensions === 0 || bytes.length < headerBytes) {
    throw new DataError(
      `${file}: its header announces ${dimensions} dimensions, for which it ${dimensions === 0 ? 'would hold nothing' : `needs ${headerBytes} bytes; it holds ${bytes.length}`}. Get the file again.`,
      file,
    );
  }
  return Array.from({ length: dimensions }, (_, axis) => bytes.readUInt32BE(4 + 4 * axis));
}

/** What people often have instead of an IDX file. */
function guessFormat(bytes: Buffer): string {
  const text = bytes.subarray(0, 256).toString('latin1').trimStart().toLowerCase();
  if (text.startsWith('pk\u0003\u0004')) return ' (a ZIP archive: unpack it)';
  if (text.startsWith('<!doctype') || text.startsWith('<html')) {
    return ' (a web page: the download gave a message, not the file)';
  }
  if (hasGzipMagic(bytes)) return ' (gzipped twice: unpack it once)';
  return '';
}

function checkSize(file: string, found: number, expected: number): void {
  if (found === expected) return;
  const what = found < expected ? 'The file is cut short' : `${found - expected} bytes follow the last value`;
  throw new DataError(
    `${file}: by its header it holds ${expected} bytes, but ${found} were found. ${what}; get it again.`,
    file,
  );
}

/** `60000×28×28` */
export function describeShape(shape: readonly number[]): string {
  return shape.join('×');
}
