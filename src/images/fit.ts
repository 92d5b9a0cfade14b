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
 * Brings an image to the size of a network's input by bilinear interpolation between the centres of pixels, as
 * OpenCV's `INTER_LINEAR` does.
 *
 * @param size `[height, width, channels]` of the input; 3 channels are red, green, blue, 1 channel is their luma
 * (ITU-R BT.601).
 * @param letterbox keeps the aspect, between grey bars; else both sides are stretched to fit.
 * @throws RangeError for another number of channels.
 */
export function fitImage(
  image: RgbImage,
  size: readonly [number, number, number],
  letterbox: boolean,
): FittedImage {
  const [height, width, channels] = size;
  if (channels !== 1 && channels !== 3) throw new RangeError(`An image has no ${channels} channels.`);
  const placement = letterbox ? place(image, width, height) : { left: 0, top: 0, width, height };
  const values = new Float32Array(height * width * channels);
  if (letterbox) values.fill(0.5);
  const columns = samples(image.width, placement.width);
  const rows = samples(image.height, placement.height);
  const colour = new Float32Array(3);
  for (const [y, row] of rows.entries()) {
    let to = ((placement.top + y) * width + placement.left) * channels;
    for (const column of columns) {
      blend(image, row, column, colour);
      if (channels === 3) values.set(colour, to);
      else values[to] = 0.299 * colour[0]! + 0.587 * colour[1]! + 0.114 * colour[2]!;
      to += channels;
    }
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

/** Between which two pixels a sample lies, and how near it is to the second. */
interface Sample {
  low: number;
  high: number;
  share: number;
}

/** Where the centres of `count` pixels lie among `length` others. */
function samples(length: number, count: number): Sample[] {
  return Array.from({ length: count }, (_, index) => {
    const position = Math.min(Math.max(((index + 0.5) * length) / count - 0.5, 0), length - 1);
    const low = Math.floor(position);
    return { low, high: Math.min(low + 1, length - 1), share: position - low };
  });
}

function blend({ pixels, width }: RgbImage, row: Sample, column: Sample, colour: Float32Array): void {
  const upper = row.low * width;
  const lower = row.high * width;
  for (let channel = 0; channel < 3; channel += 1) {
    const at = (start: number, x: number): number => pixels[3 * (start + x) + channel]!;
    const above = at(upper, column.low) * (1 - column.share) + at(upper, column.high) * column.share;
    const below = at(lower, column.low) * (1 - column.share) + at(lower, column.high) * column.share;
    colour[channel] = (above * (1 - row.share) + below * row.share) / 255;
  }
}
