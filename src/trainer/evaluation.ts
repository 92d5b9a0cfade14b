import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../data/dataset';
import { correctCount, crossEntropy } from '../distill/hardTargets';
import { teacherLogProbabilities } from '../distill/softTargets';
import type { Engine, StepInput } from '../engine/engine';
import type { SoftConfig } from '../experiment/schema';
import { weightsOf } from '../models/weights';
import { askBeside } from '../targets/fill';

/** Measured over a whole split. */
export interface Metrics {
  /** Share of images classified right, 0–1. */
  accuracy: number;
  /** Mean cross-entropy with the labels. */
  loss: number;
}

/** A measurement that is ready to be made, as often as wanted. */
export interface Evaluation {
  /** @param between called after each batch, so that a heartbeat goes on. */
  measure(batches: Iterable<Batch>, between: () => Promise<void>): Promise<Metrics>;
  dispose(): void;
}

/** A model that is measured, in inference mode. */
export interface Measured {
  /** Null for a network that no engine runs; it is asked about each batch beforehand. */
  model: tf.LayersModel | null;
  /** From `[batch, height, width, channels]` to `[batch, classes]`. */
  logitsOf: (images: tf.Tensor) => tf.Tensor2D;
}

/** A model of ours as it is measured. */
export function measuredModel(model: tf.LayersModel): Measured {
  return { model, logitsOf: (images) => model.apply(images, { training: false }) as tf.Tensor2D };
}

/**
 * Prepares the measurement of a model, or of several as an ensemble.
 *
 * @param options.ensemble how several models are combined.
 * @param options.frozen whether the weights stay as they are from now on.
 */
export function prepareEvaluation(
  engine: Engine,
  measured: readonly Measured[],
  imageShape: readonly [number, number, number],
  options: { ensemble?: SoftConfig['ensemble'] | undefined; frozen?: boolean } = {},
): Evaluation {
  const { ensemble = 'probabilities', frozen = false } = options;
  const step = engine.prepare(
    (inputs) => {
      const { images, labels } = inputs;
      const outputs = measured.map(({ model, logitsOf }, index) =>
        model === null ? (inputs[`logits ${index}`] as tf.Tensor2D) : logitsOf(images!),
      );
      const logits = teacherLogProbabilities(outputs, tf.scalar(1), ensemble);
      const targets = labels!.as1D();
      return { measures: tf.stack([correctCount(logits, targets), crossEntropy(logits, targets)]) };
    },
    { frozen: frozen ? weightsOf(measured.flatMap(({ model }) => model ?? [])) : [] },
  );
  const askedBeside = (batch: Batch): Record<string, StepInput> => {
    const inputs: Record<string, StepInput> = {};
    for (const [index, { model, logitsOf }] of measured.entries()) {
      if (model !== null) continue;
      const [data] = askBeside((images) => [logitsOf(images)], batch, imageShape);
      inputs[`logits ${index}`] = { data: data!, shape: [batch.size, data!.length / batch.size] };
    }
    return inputs;
  };
  const measure: Evaluation['measure'] = async (batches, between) => {
    let [images, correct, loss] = [0, 0, 0];
    for (const batch of batches) {
      const { measures } = await step.run({
        images: { data: batch.images, shape: [batch.size, ...imageShape] },
        labels: { data: batch.labels, shape: [batch.size] },
        ...askedBeside(batch),
      });
      images += batch.size;
      correct += measures![0]!;
      loss += measures![1]! * batch.size;
      await between();
    }
    return { accuracy: correct / images, loss: loss / images };
  };
  return {
    measure,
    dispose: () => {
      step.dispose();
    },
  };
}
