import * as tf from '@tensorflow/tfjs';
import { isDarknetModel, type DarknetModel } from '../models/darknet/open';
import { ModelError } from '../models/model';
import type { OpenedModel } from '../models/opened';
import { fitImage, type Resizing } from '../images/fit';
import type { RgbImage } from '../images/image';
import { suppressOverlaps, type Detection } from '../detection/boxes';
import { decodeYolo, toImagePixels } from '../detection/yolo';

/** What a model says of one image: probabilities of all classes, or boxes in pixels of the image, best first. */
export type Prediction =
  { kind: 'classes'; probabilities: Float32Array } | { kind: 'boxes'; boxes: Detection[] };

export interface PredictorOptions {
  /** What objectness and score of a box must exceed, 0 to 1. */
  threshold: number;
  /** Of boxes of one class whose intersection over union is higher, the best stays. */
  overlap: number;
  /** How images are brought to the size of the input. */
  resizing: Resizing;
}

/** A model that is asked about images. */
export interface Predictor {
  readonly classes: number;
  predict(image: RgbImage): Promise<Prediction>;
  dispose(): void;
}

/**
 * Asks a model about images: one of Darknet with [yolo] layers for boxes, any other for the classes of the vector that it
 * gives.
 *
 * @throws ModelError `bad-model` for a model that takes no images of a fixed size, or whose first output is no vector.
 */
export function openPredictor(opened: OpenedModel, options: PredictorOptions): Predictor {
  const { input, label } = opened.table;
  const [height, width, channels] = input ?? [];
  const sizes = [height, width, channels].filter((size) => size !== undefined && size > 0);
  if (sizes.length !== 3 || (channels !== 1 && channels !== 3)) {
    const shown = input === null ? 'something else' : input.join('×');
    throw new ModelError('bad-model', `${label} takes ${shown}, not images of a fixed size.`);
  }
  const size = [height!, width!, channels] as const;
  if (isDarknetModel(opened) && opened.heads.length > 0) return detector(opened, size, options);
  return classifier(opened, size, options);
}

type InputSize = readonly [number, number, 1 | 3];

function detector(model: DarknetModel, size: InputSize, options: PredictorOptions): Predictor {
  const { heads, letterbox } = model;
  const input = [size[0], size[1]] as const;
  return {
    classes: Math.max(...heads.map(({ classes }) => classes)),
    async predict(image) {
      const { values, placement } = fitImage(image, { size, letterbox, resizing: options.resizing });
      const maps = await ask(
        model,
        values,
        size,
        heads.map(({ layer }) => layer),
      );
      const found = maps.flatMap(({ values: map, shape: [rows, columns] }, index) =>
        decodeYolo({ values: map, rows: rows!, columns: columns! }, heads[index]!, input, options.threshold),
      );
      const boxes = suppressOverlaps(toImagePixels(found, image, placement, input), options.overlap);
      return { kind: 'boxes', boxes };
    },
    dispose: () => {
      model.dispose();
    },
  };
}

function classifier(model: OpenedModel, size: InputSize, options: PredictorOptions): Predictor {
  const [first] = model.table.outputs;
  const shape = model.table.rows.find(({ name }) => name === first)?.shape ?? null;
  const classes = shape === null ? NaN : shape.reduce((product, one) => product * one, 1);
  if (classes !== shape?.at(-1) || classes < 1) {
    const gives = shape === null ? 'an unknown shape' : shape.join('×');
    throw new ModelError(
      'bad-model',
      `${model.table.label} gives ${gives}: neither one vector of classes nor boxes of Darknet's [yolo].`,
    );
  }
  return {
    classes,
    async predict(image) {
      const { values } = fitImage(image, { size, letterbox: false, resizing: options.resizing });
      const [output] = await ask(model, values, size, [null]);
      return { kind: 'classes', probabilities: probabilitiesOf(output!.values) };
    },
    dispose: () => {
      model.dispose();
    },
  };
}

/** Runs a model on one image. */
async function ask(
  model: OpenedModel,
  values: Float32Array,
  size: InputSize,
  wanted: readonly (string | null)[],
): Promise<{ values: Float32Array; shape: readonly number[] }[]> {
  const image = tf.tensor4d(values, [1, ...size]);
  const outputs = model.outputs(image, wanted);
  try {
    return await Promise.all(
      outputs.map(async (output) => ({
        values: Float32Array.from(await output.data()),
        shape: output.shape.slice(1),
      })),
    );
  } finally {
    tf.dispose([image, ...outputs]);
  }
}

/** Logits become probabilities by a softmax; what is a distribution already stays. */
export function probabilitiesOf(values: Float32Array): Float32Array {
  const total = values.reduce((sum, value) => sum + value, 0);
  if (values.every((value) => value >= 0) && Math.abs(total - 1) < 1e-3) return values;
  const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = values.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
