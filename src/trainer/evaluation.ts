import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../data/dataset';
import { correctCount, crossEntropy } from '../distill/hardTargets';
import { teacherLogProbabilities } from '../distill/softTargets';
import type { Engine } from '../engine/engine';
import type { SoftConfig } from '../experiment/schema';
import { weightsOf } from '../models/weights';

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

/**
 * Prepares the measurement of a model, or of several as an ensemble, in inference mode.
 *
 * @param options.ensemble how several models are combined.
 * @param options.frozen whether the weights stay as they are from now on.
 */
export function prepareEvaluation(
  engine: Engine,
  models: readonly tf.LayersModel[],
  imageShape: readonly [number, number, number],
  options: { ensemble?: SoftConfig['ensemble'] | undefined; frozen?: boolean } = {},
): Evaluation {
  const { ensemble = 'probabilities', frozen = false } = options;
  const step = engine.prepare(
    ({ images, labels }) => {
      const outputs = models.map((model) => model.apply(images!, { training: false }) as tf.Tensor2D);
      const logits = teacherLogProbabilities(outputs, tf.scalar(1), ensemble);
      const targets = labels!.as1D();
      return { measures: tf.stack([correctCount(logits, targets), crossEntropy(logits, targets)]) };
    },
    { frozen: frozen ? weightsOf(models) : [] },
  );
  const measure: Evaluation['measure'] = async (batches, between) => {
    let [images, correct, loss] = [0, 0, 0];
    for (const batch of batches) {
      const { measures } = await step.run({
        images: { data: batch.images, shape: [batch.size, ...imageShape] },
        labels: { data: batch.labels, shape: [batch.size] },
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
