import * as tf from '@tensorflow/tfjs';
import type { SuppliedBatch } from '../data/supply';
import { correctCount } from '../distill/hardTargets';
import type { Engine, StepFunction, StepInput } from '../engine/engine';
import type { Term } from '../experiment/schema';
import { weightsOf } from '../models/weights';
import type { Lesson } from './lesson';
import { clipByGlobalNorm, globalNorm, type Optimizer, type Variables } from './optimizers';
import { coefficientInputs, prepareLearning, prepareTeaching, scalarInput } from './terms';

/** What a step measured, of the student as it was before the step. */
export interface StepMeasures {
  /** Every weighted term by its name, and `total`. */
  losses: Record<string, number>;
  /** Global norm over all variables of the stage, before clipping. */
  gradientNorm: number;
  /** How many images of the batch it classified right; null where it gave no logits. */
  correct: number | null;
}

/** A step of a stage, ready to be taken. */
export interface TrainingStep {
  take(batch: SuppliedBatch, learningRate: number): Promise<StepMeasures>;
  /** Frees the engine's part; the variables stay. */
  dispose(): void;
}

/**
 * Prepares the training step of a stage: teachers forward, student forward, losses, backward, optimizer.
 *
 * @param variables what moves: the student's (or its part up to the guided layers) and the adapters'.
 * @param cached shapes, for one image, of the targets that come with the batch instead of from the teachers within the
 *   step, by the names of their inputs.
 * @param hooks.constrain puts the weights back within their constraints, after each step.
 * @param hooks.onRefused told why the engine could not compile the step.
 */
export function prepareTrainingStep(
  engine: Engine,
  lesson: Lesson,
  terms: readonly Term[],
  variables: Variables,
  optimizer: Optimizer,
  cached: ReadonlyMap<string, readonly number[]>,
  hooks: { constrain: () => void; onRefused: (reason: string) => void },
): TrainingStep {
  const teach = prepareTeaching(lesson, terms, new Set(cached.keys()));
  const learn = prepareLearning(lesson, terms);
  const { clip } = lesson.experiment.train;
  const coefficients = coefficientInputs(lesson);
  let names: string[] = [];

  const body: StepFunction = (inputs) => {
    const { images, labels, learningRate } = inputs as Record<
      'images' | 'labels' | 'learningRate',
      tf.Tensor
    >;
    const targets = teach(images, inputs);
    const sideResults: [name: string, value: tf.Scalar][] = [];
    const { value: total, grads } = tf.variableGrads(() => {
      const { terms: found, logits } = learn(images, labels, targets, inputs);
      sideResults.push(...found);
      if (logits) sideResults.push(['correct', correctCount(logits, labels.as1D())]);
      // The tape frees everything but the total when this function returns.
      for (const [, value] of sideResults) tf.keep(value);
      return tf.addN([...found.values()]).asScalar();
    }, [...variables.values()]);
    const gradients = gradientsByName(variables, grads);
    const norm = globalNorm(gradients);
    const applied = clip === undefined ? gradients : clipByGlobalNorm(gradients, norm, clip);
    optimizer.apply(applied, learningRate.asScalar());
    hooks.constrain();
    names = ['total', 'gradient', ...sideResults.map(([name]) => name)];
    const measures = tf.stack([total, norm, ...sideResults.map(([, value]) => value)]);
    tf.dispose(sideResults.map(([, value]) => value));
    return { measures };
  };
  const frozen = weightsOf(lesson.teachers.flatMap(({ model }) => model ?? []));
  const step = engine.prepare(body, { frozen, onRefused: hooks.onRefused });

  const take: TrainingStep['take'] = async (batch, learningRate) => {
    const targets = [...cached].map(([name, shape]): [string, StepInput] => [
      name,
      { data: batch.rows[name]!, shape: [batch.size, ...shape] },
    ]);
    const { measures } = await step.run({
      images: { data: batch.images, shape: [batch.size, ...lesson.imageShape] },
      labels: { data: batch.labels, shape: [batch.size] },
      learningRate: scalarInput(learningRate),
      ...coefficients,
      ...Object.fromEntries(targets),
    });
    const values = new Map(names.map((name, index) => [name, measures![index]!]));
    const gradientNorm = values.get('gradient')!;
    const correct = values.get('correct') ?? null;
    values.delete('gradient');
    values.delete('correct');
    return { losses: Object.fromEntries(values), gradientNorm, correct };
  };
  return {
    take,
    dispose: () => {
      step.dispose();
    },
  };
}

/** tfjs names gradients by the variables' own unique names; here they get ours. */
function gradientsByName(variables: Variables, gradients: tf.NamedTensorMap): Map<string, tf.Tensor> {
  const named = new Map<string, tf.Tensor>();
  for (const [name, variable] of variables) {
    const gradient = gradients[variable.name];
    if (gradient) named.set(name, gradient);
  }
  return named;
}
