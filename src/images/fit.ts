import type { RgbImage } from './image';

/** Where an image lies in the input of a network, in pixels of that input. */
export interface Placement {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** An image as a network takes it. */
export interface FittedImage {
  /** `[height, width, channels]`, values from 0 to 1. */
  values: Float32Array;
  placement: Placement;
}

/**
 * `bilinear` looks between the centres of the four nearest pixels, as OpenCV's `INTER_LINEAR` and Darknet do. `smooth`
 * weighs all pixels that a smaller one covers, as Pillow's `BILINEAR` and so torchvision do.
 */
export const resizings = ['bilinear', 'smooth'] as const;
export type Resizing = (typeof resizings)[number];

export interface FitOptions {
  /** `[height, width, channels]`; 3 channels are red, green, blue, 1 channel is their luma (ITU-R BT.601). */
  size: readonly [number, number, number];
  /** Keeps the aspect, between grey bars; else both sides are stretched to fit. */
  letterbox: boolean;
  resizing: Resizing;
}

/**
 * Brings an image to the size of a network's input.
 *
 * @throws RangeError for another number of channels.
 */
export function fitImage(image: RgbImage, { size, letterbox, resizing }: FitOptions): FittedImage {
  const [height, width, channels] = size;
  if (channels !== 1 && channels !== 3) throw new RangeError(`An image has no ${channels} channels.`);
  const placement = letterbox ? place(image, width, height) : { left: 0, top: 0, width, height };
  const columns = tapsOf(image.width, placement.width, resizing);
  const rows = tapsOf(image.height, placement.height, resizing);
  const resized = alongRows(alongColumns(image, columns), placement.width, rows);
  const values = new Float32Array(height * width * channels).fill(0.5);
  for (let y = 0; y < placement.height; y += 1) {
    const row = resized.subarray(3 * placement.width * y, 3 * placement.width * (y + 1));
    const start = ((placement.top + y) * width + placement.left) * channels;
    if (channels === 3) values.set(row, start);
    else values.set(lumaOf(row), start);
  }
  return { values, placement };
}

/** The largest place of an image's aspect in the middle, whole pixels (`letterbox_image` of Darknet). */
function place(image: RgbImage, width: number, height: number): Placement {
  const isWide = width / image.width < height / image.height;
  const across = isWide ? width : Math.max(1, Math.floor((image.width * height) / image.height));
  const down = isWide ? Math.max(1, Math.floor((image.height * width) / image.width)) : height;
  return {
    left: Math.floor((width - across) / 2),
    top: Math.floor((height - down) / 2),
    width: across,
    height: down,
  };
}

/** What one new pixel is made of along one axis: so many old ones from `first` on, and how much each counts. */
interface Taps {
  first: number;
  /** They sum to 1. */
  shares: number[];
}

function tapsOf(length: number, count: number, resizing: Resizing): Taps[] {
  const scale = length / count;
  // The half-width of a triangle over old pixels.
  const reach = resizing === 'smooth' ? Math.max(scale, 1) : 1;
  return Array.from({ length: count }, (_, index) => {
    const center = Math.min(Math.max((index + 0.5) * scale - 0.5, 0), length - 1);
    const first = Math.max(0, Math.floor(center - reach) + 1);
    const last = Math.min(length - 1, Math.ceil(center + reach) - 1);
    const heights = Array.from({ length: last - first + 1 }, (__, tap) => {
      return 1 - Math.abs(first + tap - center) / reach;
    });
    const sum = heights.reduce((total, one) => total + one, 0);
    return { first, shares: heights.map((one) => one / sum) };
  });
}

/** `[image.height, columns, 3]`, values from 0 to 1. */
function alongColumns({ pixels, width, height }: RgbImage, columns: readonly Taps[]): Float32Array {
  const result = new Float32Array(3 * columns.length * height);
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    for (const { first, shares } of columns) {
      let from = 3 * (y * width + first);
      for (const share of shares) {
        const part = share / 255;
        result[to]! += pixels[from]! * part;
        result[to + 1]! += pixels[from + 1]! * part;
        result[to + 2]! += pixels[from + 2]! * part;
        from += 3;
      }
      to += 3;
    }
  }
  return result;
}

/** `[rows, width, 3]` of `[any, width, 3]` */
function alongRows(values: Float32Array, width: number, rows: readonly Taps[]): Float32Array {
  const length = 3 * width;
  const result = new Float32Array(length * rows.length);
  for (const [y, { first, shares }] of rows.entries()) {
    for (const [tap, share] of shares.entries()) {
      const from = (first + tap) * length;
      for (let index = 0; index < length; index += 1) {
        result[y * length + index]! += values[from + index]! * share;
      }
    }
  }
  return result;
}

function lumaOf(colours: Float32Array): Float32Array {
  return Float32Array.from({ length: colours.length / 3 }, (_, index) => {
    const [red, green, blue] = colours.subarray(3 * index, 3 * index + 3);
    return 0.299 * red! + 0.587 * green! + 0.114 * blue!;
  });
}
