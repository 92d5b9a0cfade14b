import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage, readImage } from './decode';
import { ImageError } from './image';

const width = 48;
const height = 32;

/** Red grows to the right, green downwards; blue is 128. */
function gradient(): Uint8Array {
  const pixels = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) pixels.set([5 * x, 7 * y, 128], 3 * (y * width + x));
  }
  return pixels;
}

function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** The checksum of PNG chunks (PNG specification, annex D); that of node:zlib is younger than the oldest Node we run on. */
function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/** A PNG of 8 bits; `samples` are those of all pixels, as many as the colour type has. */
function png(samples: Uint8Array, colorType: 0 | 2 | 3 | 6, [across, down] = [width, height]): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(across, 0);
  head.writeUInt32BE(down, 4);
  head.set([8, colorType, 0, 0, 0], 8);
  const row = samples.length / down;
  const rows = Buffer.concat(
    Array.from({ length: down }, (_, y) => Buffer.from([0, ...samples.subarray(y * row, (y + 1) * row)])),
  );
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    ...(colorType === 3 ? [chunk('PLTE', Buffer.from([10, 20, 30, 200, 100, 50]))] : []),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

let jpeg: Uint8Array;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distillery images '));
  const { default: encode, init } = await import('@jsquash/jpeg/encode.js');
  const wasm = createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm');
  await init({ wasmBinary: Uint8Array.from(await readFile(wasm)).buffer });
  const rgb = gradient();
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    data.set(rgb.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
  }
  const image = { data, width, height, colorSpace: 'srgb' };
  jpeg = new Uint8Array(await encode(image, { quality: 95 }));
});
afterAll(() => rm(folder, { recursive: true }));

/** The JPEG with an EXIF segment that says how it is to be turned. */
function turned(orientation: number): Uint8Array {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]; // prettier-ignore
  const body = [...Buffer.from('Exif\0\0', 'latin1'), ...tiff];
  return Uint8Array.from([0xff, 0xd8, 0xff, 0xe1, 0, body.length + 2, ...body, ...jpeg.subarray(2)]);
}

describe('images', () => {
  it('are read from a PNG exactly', async () => {
    const image = await decodeImage(png(gradient(), 2), 'a.png');
    expect(image).toEqual({ width, height, pixels: gradient() });
  });

  it('are read from PNGs that are grey, have a palette or are transparent', async () => {
    const grey = await decodeImage(png(Uint8Array.of(0, 100, 200, 255), 0, [2, 2]), 'a.png');
    expect([...grey.pixels]).toEqual([0, 0, 0, 100, 100, 100, 200, 200, 200, 255, 255, 255]);
    const coloured = await decodeImage(png(Uint8Array.of(0, 1), 3, [2, 1]), 'a.png');
    expect([...coloured.pixels]).toEqual([10, 20, 30, 200, 100, 50]);
    const clear = await decodeImage(png(Uint8Array.of(1, 2, 3, 0, 4, 5, 6, 255), 6, [2, 1]), 'a.png');
    expect([...clear.pixels]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('are read from a JPEG, nearly', async () => {
    const file = join(folder, 'a photo.jpg');
    await writeFile(file, jpeg);
    const image = await readImage(file);
    expect(image).toMatchObject({ width, height });
    const wanted = gradient();
    const errors = image.pixels.map((value, at) => Math.abs(value - wanted[at]!));
    expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(3);
  });

  it('are turned as their EXIF says', async () => {
    // 6: to be turned by a quarter clockwise; what was on the left comes up.
    const image = await decodeImage(turned(6), 'a.jpg');
    expect(image).toMatchObject({ width: height, height: width });
    const [first, last] = [3 * 2, 3 * ((width - 1) * height + 2)];
    expect(image.pixels[first]).toBeLessThan(40);
    expect(image.pixels[last]).toBeGreaterThan(200);
    expect(await decodeImage(turned(1), 'a.jpg')).toMatchObject({ width, height });
  });
});

describe('files that are no images', () => {
  it.each<[name: string, bytes: () => Uint8Array, message: RegExp]>([
    ['nothing', () => new Uint8Array(0), /^x is empty/],
    ['a GIF', () => Buffer.from('GIF89a..'), /^x is neither a JPEG nor a PNG/],
    ['a JPEG cut in its head', () => jpeg.subarray(0, 30), /^x is cut off: a JPEG/],
    ['a JPEG cut in its pixels', () => jpeg.subarray(0, jpeg.length - 40), /^x is cut off: a JPEG/],
    ['a PNG cut in its pixels', () => png(gradient(), 2).subarray(0, 100), /^x is cut off: a PNG/],
    ['a PNG without its end', () => png(gradient(), 2).subarray(0, -12), /^x is cut off: a PNG/],
    ['a JPEG whose segments are broken', () => changed(jpeg, 2, [0, 0, 0]), /^x is neither/],
    [
      'a PNG whose pixels are broken',
      () => changed(png(gradient(), 2), 60, [1, 2, 3, 4, 5, 6]),
      /^x is broken: its PNG decoder says/,
    ],
    [
      'a PNG that says it is huge',
      () => changed(png(gradient(), 2), 16, [0, 1, 0, 0, 0, 1, 0, 0]),
      /^x says it is 65536×65536 pixels/,
    ],
    ['a PNG of no width', () => changed(png(gradient(), 2), 16, [0, 0, 0, 0]), /^x says it is 0×32 pixels/],
  ])('%s', async (_, bytes, message) => {
    const refused = decodeImage(bytes(), 'x');
    await expect(refused).rejects.toThrow(ImageError);
    await expect(refused).rejects.toThrow(message);
    // A decoder that has failed still reads the next image.
    expect(await decodeImage(png(gradient(), 2), 'a.png')).toMatchObject({ width, height });
    expect(await decodeImage(jpeg, 'a.jpg')).toMatchObject({ width, height });
  });

  it('are told by their path', async () => {
    await expect(readImage(join(folder, 'none.jpg'))).rejects.toThrow(/none\.jpg does not exist/);
    await expect(readImage(folder)).rejects.toThrow(/is a folder/);
  });
});

function changed(bytes: Uint8Array, offset: number, other: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(other, offset);
  return copy;
}
