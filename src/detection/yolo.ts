import type { YoloHead } from '../models/darknet/open';
import type { Detection } from './boxes';

/** The output of a [yolo] for one image. */
export interface YoloMap {
  /** `[rows, columns, anchors · (5 + classes)]` */
  values: Float32Array;
  rows: number;
  columns: number;
}

/** Where an image lies in the input of a network, in pixels of that input. */
export interface ImagePlace {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * What a [yolo] has found, as Darknet's `get_yolo_detections` reads it (YOLOv3 §2.1): the centre is the cell plus x and
 * y, the size the anchor times e^w and e^h (with `new_coords` times (2w)² and (2h)²), the score of a class objectness
 * times its probability. One box may have several classes. Nothing is suppressed yet.
 *
 * @param map output of the layer `head.layer`; x, y, objectness and probabilities are sigmoids already.
 * @param input `[height, width]` of the network's input in pixels, which anchors are measured in.
 * @param threshold objectness and score must exceed it.
 * @returns boxes in shares of the network's input, 0 to 1 where they lie within.
 */
export function decodeYolo(
  { values, rows, columns }: YoloMap,
  head: YoloHead,
  input: readonly [number, number],
  threshold: number,
): Detection[] {
  const entries = 5 + head.classes;
  const found: Detection[] = [];
  for (let cell = 0; cell < rows * columns; cell += 1) {
    for (const [index, anchor] of head.anchors.entries()) {
      const start = (cell * head.anchors.length + index) * entries;
      const objectness = values[start + 4]!;
      if (!(objectness > threshold)) continue;
      const x = ((cell % columns) + values[start]!) / columns;
      const y = (Math.floor(cell / columns) + values[start + 1]!) / rows;
      const width = (stretch(values[start + 2]!, head) * anchor[0]) / input[1];
      const height = (stretch(values[start + 3]!, head) * anchor[1]) / input[0];
      for (let id = 0; id < head.classes; id += 1) {
        const score = objectness * values[start + 5 + id]!;
        if (score > threshold) {
          found.push({ class: id, score, box: [x - width / 2, y - height / 2, width, height] });
        }
      }
    }
  }
  return found;
}

function stretch(value: number, { newCoordinates }: YoloHead): number {
  return newCoordinates ? 4 * value * value : Math.exp(value);
}

/**
 * Boxes in pixels of the image, which may reach over its borders.
 *
 * @param detections in shares of the network's input.
 * @param input `[height, width]` of the network's input.
 */
export function toImagePixels(
  detections: readonly Detection[],
  image: { width: number; height: number },
  place: ImagePlace,
  input: readonly [number, number],
): Detection[] {
  const across = image.width / place.width;
  const down = image.height / place.height;
  return detections.map(({ box: [x, y, width, height], ...rest }) => ({
    ...rest,
    box: [
      (x * input[1] - place.left) * across,
      (y * input[0] - place.top) * down,
      width * input[1] * across,
      height * input[0] * down,
    ],
  }));
}
