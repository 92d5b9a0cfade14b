/** An image in memory. */
export interface RgbImage {
  width: number;
  height: number;
  /** Red, green, blue of each pixel, row after row: `[height, width, 3]`, 0 to 255. */
  pixels: Uint8Array;
}

/** An image cannot be read. The message names the file and says why. */
export class ImageError extends Error {
  override name = 'ImageError';
}
