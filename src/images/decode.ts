import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readHeader, type ImageHeader } from './header';
import { ImageError, type RgbImage } from './image';

/** What the decoders give: red, green, blue, opacity of each pixel. */
interface Pixels {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

type Decoder = (bytes: ArrayBuffer) => Promise<unknown>;

/** Larger files are no photos; they are refused before they are read. */
const mostBytes = 512 * 1024 * 1024;

/**
 * Reads a JPEG or PNG. A JPEG is turned as its EXIF orientation says; what is transparent in a PNG keeps its colour.
 *
 * @param file its path.
 * @throws ImageError with the path, for what cannot be read, is cut off, broken, of another format or absurdly large.
 */
export async function readImage(file: string): Promise<RgbImage> {
  const found = await stat(file).catch(() => null);
  if (found === null) throw new ImageError(`The image ${file} does not exist.`);
  if (found.isDirectory()) throw new ImageError(`${file} is a folder; name the images in it.`);
  if (found.size > mostBytes) throw new ImageError(`${file} has ${found.size} bytes; that is no photo.`);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new ImageError(`The image ${file} cannot be read: ${reasonOf(error)}.`);
  });
  return decodeImage(bytes, file);
}

/**
 * Decodes the bytes of a JPEG or PNG file.
 *
 * @param name for messages.
 * @throws ImageError as {@link readImage}.
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<RgbImage> {
  const header = readHeader(bytes, name);
  const decode = await decoderOf(header.format);
  const decoded = await decode(Uint8Array.from(bytes).buffer).catch((error: unknown) => {
    throw new ImageError(
      `${name} is broken: its ${header.format.toUpperCase()} decoder says ${reasonOf(error)}.`,
    );
  });
  if (!isPixels(decoded)) throw new ImageError(`${name} is broken: its decoder gives no pixels.`);
  return withoutOpacity(decoded);
}

const decoders = new Map<ImageHeader['format'], Promise<Decoder>>();

/** Decoders are WebAssembly, compiled once when the first image of their format comes. */
function decoderOf(format: ImageHeader['format']): Promise<Decoder> {
  const known = decoders.get(format);
  if (known !== undefined) return known;
  const made = format === 'jpeg' ? jpegDecoder() : pngDecoder();
  decoders.set(format, made);
  return made;
}

async function jpegDecoder(): Promise<Decoder> {
  const { default: decode, init } = await import('@jsquash/jpeg/decode.js');
  await init({
    wasmBinary: await wasmOf('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'),
    // It tells its warnings on standard output, which belongs to results.
    print: () => undefined,
    printErr: () => undefined,
  });
  return (bytes) => decode(bytes, { preserveOrientation: true });
}

async function pngDecoder(): Promise<Decoder> {
  const { decode, init } = await import('@jsquash/png/decode.js');
  await init(await wasmOf('@jsquash/png/codec/pkg/squoosh_png_bg.wasm'));
  return (bytes) => decode(bytes);
}

/** The bytes of a decoder: beside the bundle that this code is in, else in its package. */
async function wasmOf(name: string): Promise<ArrayBuffer> {
  const beside = path.join(path.dirname(fileURLToPath(import.meta.url)), path.posix.basename(name));
  const file = existsSync(beside) ? beside : createRequire(import.meta.url).resolve(name);
  return Uint8Array.from(await readFile(file)).buffer;
}

function isPixels(value: unknown): value is Pixels {
  if (typeof value !== 'object' || value === null) return false;
  const { data, width, height } = value as Record<string, unknown>;
  if (!(data instanceof Uint8ClampedArray) || typeof width !== 'number' || typeof height !== 'number')
    return false;
  return data.length === 4 * width * height;
}

function withoutOpacity({ data, width, height }: Pixels): RgbImage {
  const pixels = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; to < pixels.length; from += 4, to += 3) {
    pixels[to] = data[from]!;
    pixels[to + 1] = data[from + 1]!;
    pixels[to + 2] = data[from + 2]!;
  }
  return { width, height, pixels };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
