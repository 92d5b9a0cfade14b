import type * as tf from '@tensorflow/tfjs';
import { batchesOf } from '../data/batches';
import type { Batch, ImageSet } from '../data/dataset';
import type { Engine } from '../engine/engine';
import { prepareOutputs } from '../models/outputs';
import type { TargetsWriter } from './file';

/** What is asked of one teacher. */
export interface Questions {
  engine: Engine;
  model: tf.LayersModel;
  /** Null for the logits; none twice. */
  layers: readonly (string | null)[];
  images: ImageSet;
  /** Images at once. */
  batch: number;
}

/** Runs a teacher over a batch. @returns the rows of each of its `layers`. */
export type Ask = (batch: Batch) => Promise<Float32Array[]>;

/** Prepares a teacher to be asked. */
export function prepareQuestions({ engine, model, layers, images }: Questions): Ask {
  const { height, width, channels } = images;
  const outputsOf = prepareOutputs(model, layers);
  const step = engine.prepare((inputs) =>
    Object.fromEntries(outputsOf(inputs['images']!).map((output, index) => [`${index}`, output])),
  );
  return async (batch) => {
    const shape = [batch.size, height, width, channels];
    const outputs = await step.run({ images: { data: batch.images, shape } });
    return layers.map((_, index) => outputs[`${index}`]!);
  };
}

/**
 * Asks a teacher about every image and writes down what it says.
 *
 * @param writers one for each layer; they are not finished.
 * @param between told after each batch how far it is, 0 … 1.
 * @returns milliseconds that the teacher took for a batch, on average.
 */
export async function askAll(
  questions: Questions,
  writers: readonly TargetsWriter[],
  between: (done: number) => Promise<void>,
): Promise<number> {
  const ask = prepareQuestions(questions);
  const { images, batch: size } = questions;
  let [done, batches, milliseconds] = [0, 0, 0];
  for (const batch of batchesOf(images, size)) {
    const startedAt = performance.now();
    const rows = await ask(batch);
    milliseconds += performance.now() - startedAt;
    for (const [index, writer] of writers.entries()) await writer.append(rows[index]!);
    done += batch.size;
    batches += 1;
    await between(done / images.count);
  }
  return milliseconds / batches;
}

/**
 * Asks a teacher about the first images, to hold kept targets against it and to see what they save.
 *
 * @returns the rows of the first batch for each layer, and the milliseconds that the teacher took for it.
 */
export async function askFirst(
  questions: Questions,
): Promise<{ rows: Float32Array[]; milliseconds: number }> {
  const ask = prepareQuestions(questions);
  const [first] = batchesOf(questions.images, questions.batch);
  // The first time, an engine compiles and warms up.
  await ask(first!);
  const startedAt = performance.now();
  const rows = await ask(first!);
  return { rows, milliseconds: performance.now() - startedAt };
}

/** Whether two arrays are equal but for rounding: an engine that runs on many threads may sum in another order. */
export function areClose(one: Float32Array, other: Float32Array): boolean {
  if (one.length !== other.length) return false;
  const scale = one.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return one.every((value, index) => Math.abs(value - other[index]!) <= 1e-3 * scale);
}
