import type { InferenceInput, InferenceResult } from '../../engine/inference';
import { halfTable, toHalf } from './half';
import type { ImageInput, Layout } from './layout';

/** What is done to the values of an image: (image − mean) / std, one for each channel. */
export interface Normalization {
  mean: readonly number[];
  std: readonly number[];
}

/**
 * What a model is fed.
 *
 * @param images `[count, height, width, channels]`, values from 0 to 1.
 * @param first the first of `taken` images that are fed; what is missing of `dims[0]` images is black.
 * @param dims lengths in the order of the model, with the channels and sizes of the images.
 */
export function feedImages(
  { name, type, layout }: ImageInput,
  images: Float32Array,
  [first, taken]: readonly [number, number],
  dims: readonly [number, number, number, number],
  normalize: Normalization | null,
): InferenceInput {
  const channels = layout === 'channels first' ? dims[1] : dims[3];
  const perImage = layout === 'channels first' ? dims[2] * dims[3] : dims[1] * dims[2];
  const pixels = perImage * taken;
  const data = newArray(type, dims[0] * perImage * channels);
  const encode = encoder(type);
  for (let channel = 0; channel < channels; channel++) {
    const mean = normalize?.mean[channel] ?? 0;
    const std = normalize?.std[channel] ?? 1;
    let from = first * perImage * channels + channel;
    for (let pixel = 0; pixel < pixels; pixel++, from += channels) {
      const to =
        layout === 'channels last'
          ? pixel * channels + channel
          : (Math.floor(pixel / perImage) * channels + channel) * perImage + (pixel % perImage);
      data[to] = encode((images[from]! - mean) / std);
    }
  }
  return { name, type, dims, data };
}

function newArray(type: ImageInput['type'], length: number): Float32Array | Uint16Array | Uint8Array {
  switch (type) {
    case 'float32':
      return new Float32Array(length);
    case 'float16':
      return new Uint16Array(length);
    case 'uint8':
      return new Uint8Array(length);
  }
}

function encoder(type: ImageInput['type']): (value: number) => number {
  switch (type) {
    case 'float32':
      return (value) => value;
    case 'float16':
      return toHalf;
    case 'uint8':
      return (value) => Math.min(255, Math.max(0, Math.round(value * 255)));
  }
}

/** The numbers of a result, whatever their type, in the order of the model. */
function numbersOf({ type, data }: InferenceResult): Float32Array {
  if (data instanceof Float32Array) return data;
  if (type === 'float16') {
    const values = halfTable();
    return Float32Array.from(data as Uint16Array, (half) => values[half]!);
  }
  return Float32Array.from<number | bigint>(data, Number);
}

/**
 * Writes what a model gave for some images behind what it gave for others.
 *
 * @param into room for all images.
 * @param offset where the numbers of these begin.
 * @param taken how many of the images of the result count.
 */
export function collectResult(
  result: InferenceResult,
  layout: Layout,
  taken: number,
  into: Float32Array,
  offset: number,
): void {
  const numbers = numbersOf(result);
  const [images = 1] = result.dims;
  const perImage = numbers.length / images;
  if (result.dims.length !== 4 || layout === 'channels last') {
    into.set(numbers.subarray(0, taken * perImage), offset);
    return;
  }
  const channels = result.dims[1]!;
  const pixels = perImage / channels;
  let from = 0;
  for (let image = 0; image < taken; image++) {
    for (let channel = 0; channel < channels; channel++) {
      let to = offset + image * perImage + channel;
      for (let pixel = 0; pixel < pixels; pixel++, from++, to += channels) into[to] = numbers[from]!;
    }
  }
}
