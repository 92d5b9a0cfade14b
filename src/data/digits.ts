import { keyedRandom } from '../random/keyed';
import { DataError, type ImageSet } from './dataset';
import { DIGIT_GLYPHS, GLYPH_HEIGHT, GLYPH_WIDTH } from './glyphs';
import type { Split } from './select';
import { drawStrokes, flatten } from './strokes';

/** Side of the square images of the `digits` dataset, in pixels. */
export const DIGITS_SIZE = 16;
export const DIGITS_CLASSES = 10;
/** More would be a slip of the keyboard: a million images are 256 MB. */
const MAXIMUM_COUNT = 1_000_000;

/**
 * Generates `count` images of one split, `[16, 16, 1]`. Image i follows from the split and i alone, neither from the
 * seed of an experiment nor from `count`: all runs see the same data, and a larger set begins with the smaller one.
 *
 * Only + − × ÷ √ and rounding are used, which IEEE 754 fixes to the last bit, so the bytes are the same on every
 * machine and JavaScript engine.
 *
 * @throws DataError when `count` is over a million.
 */
export function generateDigits(split: Split, count: number): ImageSet {
  checkDigitsSize(split, count);
  const pixels = DIGITS_SIZE * DIGITS_SIZE;
  const images = new Uint8Array(count * pixels);
  const labels = new Uint8Array(count);
  const pen = new Pen();
  for (let index = 0; index < count; index += 1) {
    // The classes take turns, so every prefix is balanced.
    labels[index] = index % DIGITS_CLASSES;
    const image = images.subarray(index * pixels, (index + 1) * pixels);
    drawDigit(image, labels[index]!, pen, keyedRandom('digits', split, index));
  }
  return { count, height: DIGITS_SIZE, width: DIGITS_SIZE, channels: 1, images, labels };
}

/** How many images of each class are among the first `count`. */
export function countDigits(count: number): number[] {
  return Array.from({ length: DIGITS_CLASSES }, (_, digit) =>
    Math.floor((count + DIGITS_CLASSES - 1 - digit) / DIGITS_CLASSES),
  );
}

/** @throws DataError when `count` images of `digits` would be too many. */
export function checkDigitsSize(split: Split, count: number): void {
  if (count <= MAXIMUM_COUNT) return;
  throw new DataError(
    `data.${split}Size is ${count}; digits generates at most ${MAXIMUM_COUNT} images a split.`,
    null,
    { at: ['data', `${split}Size`], code: 'wrong-value' },
  );
}

/** The canvas of one image, 0 … 1, and the coverage of the stroke that is being drawn. */
class Pen {
  readonly canvas = new Float64Array(DIGITS_SIZE * DIGITS_SIZE);
  private readonly coverage = new Float64Array(DIGITS_SIZE * DIGITS_SIZE);

  /** Draws strokes of brightness `ink` over the canvas; an ink of 0 erases. */
  draw(segments: readonly number[], radius: number, softness: number, ink: number): void {
    drawStrokes(this.coverage, DIGITS_SIZE, segments, radius, softness);
    for (let pixel = 0; pixel < this.canvas.length; pixel += 1) {
      this.canvas[pixel]! += (ink - this.canvas[pixel]!) * this.coverage[pixel]!;
    }
  }
}

/** Draws one digit with everything that makes it hard: hand, position, clutter, occlusion, light and noise. */
function drawDigit(image: Uint8Array, label: number, pen: Pen, random: () => number): void {
  const between = (low: number, high: number): number => low + (high - low) * random();
  pen.canvas.fill(0);
  const ink = between(0.6, 1);
  drawClutter(pen, between, ink);
  pen.draw(writeDigit(label, between), between(0.45, 1.15), between(1, 1.8), ink);
  if (random() < 0.25) occlude(pen, between);
  exposeImage(image, pen.canvas, between);
}

type Between = (low: number, high: number) => number;

/** The strokes of a digit in a random hand: style, wobble, size, slant, rotation and position. */
function writeDigit(label: number, between: Between): number[] {
  const styles = DIGIT_GLYPHS[label]!;
  const glyph = styles[Math.floor(between(0, styles.length))]!;
  const height = between(8.2, 12.6);
  const scaleY = height / GLYPH_HEIGHT;
  const scaleX = scaleY * between(0.8, 1.25);
  const slant = between(-0.35, 0.35);
  const { sine, cosine } = rotation(between(-0.17, 0.17));
  const centreX = (DIGITS_SIZE - 1) / 2 + between(-2.2, 2.2);
  const centreY = (DIGITS_SIZE - 1) / 2 + between(-1.6, 1.6);
  const wobble = 5;
  return flatten(glyph, (glyphX, glyphY) => {
    const y = (glyphY - GLYPH_HEIGHT / 2 + between(-wobble, wobble)) * scaleY;
    const x = (glyphX - GLYPH_WIDTH / 2 + between(-wobble, wobble)) * scaleX - slant * y;
    return [centreX + cosine * x - sine * y, centreY + sine * x + cosine * y];
  });
}

/** A rotation by 2 arctan(t), written without trigonometric functions. */
function rotation(t: number): { sine: number; cosine: number } {
  return { sine: (2 * t) / (1 + t * t), cosine: (1 - t * t) / (1 + t * t) };
}

/** Up to two short strokes anywhere in the image, as from neighbouring digits. */
function drawClutter(pen: Pen, between: Between, ink: number): void {
  const strokes = Math.floor(between(0, 3));
  for (let stroke = 0; stroke < strokes; stroke += 1) {
    const x = between(-1, DIGITS_SIZE);
    const y = between(-1, DIGITS_SIZE);
    const segment = [x, y, x + between(-5, 5), y + between(-5, 5)];
    pen.draw(segment, between(0.3, 0.9), between(1, 1.8), ink * between(0.4, 0.9));
  }
}

/** Wipes out a bar across the image. */
function occlude(pen: Pen, between: Between): void {
  const x = between(3, 12);
  const y = between(3, 12);
  const [dx, dy] = [between(-8, 8), between(-8, 8)];
  pen.draw([x - dx, y - dy, x + dx, y + dy], between(0.3, 1.1), 1, 0);
}

/** Uneven light and sensor noise, then bytes. */
function exposeImage(image: Uint8Array, canvas: Float64Array, between: Between): void {
  const background = between(0, 0.2);
  const [gradientX, gradientY] = [between(-0.2, 0.2), between(-0.2, 0.2)];
  const noise = between(0.02, 0.08);
  for (let pixel = 0; pixel < canvas.length; pixel += 1) {
    const x = (pixel % DIGITS_SIZE) / (DIGITS_SIZE - 1) - 0.5;
    const y = Math.floor(pixel / DIGITS_SIZE) / (DIGITS_SIZE - 1) - 0.5;
    const light = background + gradientX * x + gradientY * y;
    // The sum of three uniform numbers: bell-shaped, with a standard deviation of 1 after doubling.
    const grain = 2 * (between(-0.5, 0.5) + between(-0.5, 0.5) + between(-0.5, 0.5));
    const value = light + canvas[pixel]! * (1 - light) + noise * grain;
    image[pixel] = Math.round(255 * Math.min(1, Math.max(0, value)));
  }
}
