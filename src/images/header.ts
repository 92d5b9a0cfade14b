import { ImageError } from './image';

/** What the head of an image file tells. */
export interface ImageHeader {
  format: 'jpeg' | 'png';
  width: number;
  height: number;
}

/** Above this an image is refused before anything is decoded: 100 million pixels are 400 MB as RGBA. */
const mostPixels = 100_000_000;

/**
 * Reads format and size of an image, and whether the file is all there.
 *
 * @param name for messages.
 * @throws ImageError for other formats, sizes that are absurd, and files that are cut off.
 */
export function readHeader(bytes: Uint8Array, name: string): ImageHeader {
  const header = isJpeg(bytes) ? jpegHeader(bytes, name) : isPng(bytes) ? pngHeader(bytes, name) : null;
  if (header === null) {
    if (bytes.length === 0) throw new ImageError(`${name} is empty.`);
    throw new ImageError(`${name} is neither a JPEG nor a PNG; other formats cannot be read. Convert it.`);
  }
  const { width, height } = header;
  if (width < 1 || height < 1 || width * height > mostPixels) {
    const most = mostPixels.toLocaleString('en-US');
    throw new ImageError(`${name} says it is ${width}×${height} pixels; read are 1 to ${most} pixels.`);
  }
  return header;
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

function isPng(bytes: Uint8Array): boolean {
  return pngSignature.every((byte, index) => bytes[index] === byte);
}

/** Walks the segments up to the first scan (ITU T.81, annex B). */
function jpegHeader(bytes: Uint8Array, name: string): ImageHeader {
  const cut = new ImageError(`${name} is cut off: a JPEG goes on after its ${bytes.length} bytes.`);
  let size: { width: number; height: number } | null = null;
  let offset = 2;
  for (;;) {
    if (offset + 4 > bytes.length) throw cut;
    if (bytes[offset] !== 0xff) {
      throw new ImageError(`${name} is broken: byte ${offset} of the JPEG begins no segment.`);
    }
    const marker = bytes[offset + 1]!;
    if (marker === 0xff) {
      offset += 1;
      continue;
    }
    const length = bytes[offset + 2]! * 256 + bytes[offset + 3]!;
    if (isFrame(marker)) {
      if (offset + 10 > bytes.length) throw cut;
      const at = (index: number): number => bytes[offset + index]!;
      if (at(9) !== 1 && at(9) !== 3) {
        throw new ImageError(
          `${name} has ${at(9)} colour components (CMYK?); only grey and colour can be read. Convert it.`,
        );
      }
      size = { height: at(5) * 256 + at(6), width: at(7) * 256 + at(8) };
    }
    offset += 2 + length;
    if (marker === 0xda) break;
  }
  if (size === null) throw new ImageError(`${name} is broken: a JPEG without a frame.`);
  if (!hasEnd(bytes, offset)) throw cut;
  return { format: 'jpeg', ...size };
}

/** SOF0 to SOF15, without the markers for tables that lie among them. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Whether an end-of-image marker follows; some writers add bytes after it. */
function hasEnd(bytes: Uint8Array, from: number): boolean {
  for (let index = bytes.length - 2; index >= from; index -= 1) {
    if (bytes[index] === 0xff && bytes[index + 1] === 0xd9) return true;
  }
  return false;
}

/** Walks the chunks (PNG specification, third edition, §5). */
function pngHeader(bytes: Uint8Array, name: string): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cut = new ImageError(`${name} is cut off: a PNG goes on after its ${bytes.length} bytes.`);
  let size: { width: number; height: number } | null = null;
  for (let offset = pngSignature.length; ;) {
    if (offset + 12 > bytes.length) throw cut;
    const length = view.getUint32(offset);
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    if (offset + 12 + length > bytes.length) throw cut;
    if (type === 'IHDR' && length >= 8) {
      size = { width: view.getUint32(offset + 8), height: view.getUint32(offset + 12) };
    }
    offset += 12 + length;
    if (type === 'IEND') break;
  }
  if (size === null) throw new ImageError(`${name} is broken: a PNG without IHDR.`);
  return { format: 'png', ...size };
}
