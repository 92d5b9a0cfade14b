import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../data/dataset';
import { correctCount, crossEntropy } from '../distill/hardTargets';
import { teacherLogProbabilities } from '../distill/softTargets';
import type { Engine } from '../engine/engine';
import type { SoftConfig } from '../experiment/schema';

/** Measured over a whole split. */
export interface Metrics {
  /** Share of images classified right, 0–1. */
  accuracy: number;
  /** Mean cross-entropy with the labels. */
  loss: number;
}

/**
 * Prepares the measurement of a model, or of several as an ensemble, in inference mode.
 *
 * @param between called after each batch, so that a heartbeat goes on.
 */
export function prepareEvaluation(
  engine: Engine,
  models: readonly tf.LayersModel[],
  imageShape: readonly [number, number, number],
  ensemble: SoftConfig['ensemble'] = 'probabilities',
): (batches: Iterable<Batch>, between: () => Promise<void>) => Promise<Metrics> {
  const step = engine.prepare(({ images, labels }) => {
    const outputs = models.map((model) => model.apply(images!, { training: false }) as tf.Tensor2D);
    const logits = teacherLogProbabilities(outputs, tf.scalar(1), ensemble);
    const targets = labels!.as1D();
    return { measures: tf.stack([correctCount(logits, targets), crossEntropy(logits, targets)]) };
  });
  return async (batches, between) => {
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
}
