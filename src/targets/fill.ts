import * as tf from '@tensorflow/tfjs';
import { batchesOf } from '../data/batches';
import type { Batch, ImageSet } from '../data/dataset';
import type { Engine } from '../engine/engine';
import { weightsOf } from '../models/weights';
import type { TargetsWriter } from './file';

/** What is known of a teacher that is asked. */
export interface AskedTeacher {
  /** Null for a network that no engine runs. */
  model: tf.LayersModel | null;
  /** Gives the outputs of layers; null for the logits. */
  prepare: (wanted: readonly (string | null)[]) => (images: tf.Tensor) => tf.Tensor[];
}

/** What is asked of one teacher. */
export interface Questions {
  engine: Engine;
  teacher: AskedTeacher;
  /** Null for the logits; none twice. */
  layers: readonly (string | null)[];
  images: ImageSet;
  /** Images at once. */
  batch: number;
}

/** A teacher that is ready to be asked. */
interface Asking {
  /** @returns the rows of each of the `layers`. */
  ask(batch: Batch): Promise<Float32Array[]>;
  dispose(): void;
}

/** Prepares a teacher to be asked. */
function prepareQuestions({ engine, teacher, layers, images }: Questions): Asking {
  const { height, width, channels } = images;
  const { model } = teacher;
  const outputsOf = teacher.prepare(layers);
  if (model === null) {
    const ask = (batch: Batch): Promise<Float32Array[]> =>
      Promise.resolve(askBeside(outputsOf, batch, [height, width, channels]));
    return { ask, dispose: () => undefined };
  }
  const step = engine.prepare(
    (inputs) => Object.fromEntries(outputsOf(inputs['images']!).map((output, index) => [`${index}`, output])),
    { frozen: weightsOf([model]) },
  );
  return {
    ask: async (batch) => {
      const shape = [batch.size, height, width, channels];
      const outputs = await step.run({ images: { data: batch.images, shape } });
      return layers.map((_, index) => outputs[`${index}`]!);
    },
    dispose: () => {
      step.dispose();
    },
  };
}

/**
 * Asks a teacher that no engine runs about a batch.
 *
 * @param outputsOf as a teacher's `prepare` gives it.
 * @param imageShape `[height, width, channels]`.
 * @returns the rows of each output.
 */
export function askBeside(
  outputsOf: (images: tf.Tensor) => tf.Tensor[],
  { images, size }: Pick<Batch, 'images' | 'size'>,
  imageShape: readonly [number, number, number],
): Float32Array[] {
  const input = tf.tensor4d(images, [size, ...imageShape]);
  const outputs = outputsOf(input);
  try {
    return outputs.map((output) => Float32Array.from(output.dataSync()));
  } finally {
    tf.dispose([input, ...outputs]);
  }
}

/**
 * Asks a teacher about every image and writes down what it says.
 *
 * @param writers one for each layer; they are not finished.
 * @param between told after each batch how far it is, 0 … 1.
 */
export async function askAll(
  questions: Questions,
  writers: readonly TargetsWriter[],
  between: (done: number) => Promise<void>,
): Promise<void> {
  const asking = prepareQuestions(questions);
  const { images, batch: size } = questions;
  try {
    let done = 0;
    for (const batch of batchesOf(images, size)) {
      const rows = await asking.ask(batch);
      for (const [index, writer] of writers.entries()) await writer.append(rows[index]!);
      done += batch.size;
      await between(done / images.count);
    }
  } finally {
    asking.dispose();
  }
}

/**
 * Asks a teacher about the first images, to hold kept targets against it and to see what they save.
 *
 * @returns the rows of the first batch for each layer, and the milliseconds that the teacher took for it.
 */
export async function askFirst(
  questions: Questions,
): Promise<{ rows: Float32Array[]; milliseconds: number }> {
  const asking = prepareQuestions(questions);
  try {
    const [first] = batchesOf(questions.images, questions.batch);
    // The first time, an engine compiles and warms up.
    await asking.ask(first!);
    const startedAt = performance.now();
    const rows = await asking.ask(first!);
    return { rows, milliseconds: performance.now() - startedAt };
  } finally {
    asking.dispose();
  }
}

/** Whether two arrays are equal but for rounding: an engine that runs on many threads may sum in another order. */
export function areClose(one: Float32Array, other: Float32Array): boolean {
  if (one.length !== other.length) return false;
  const scale = one.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return one.every((value, index) => Math.abs(value - other[index]!) <= 1e-3 * scale);
}
