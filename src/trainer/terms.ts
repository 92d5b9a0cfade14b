import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../distill/hardTargets';
import { hintLoss } from '../distill/hints';
import { softTargetLoss } from '../distill/softTargets';
import type { StepInput } from '../engine/engine';
import { hardWeightOf } from '../experiment/stages';
import type { Term } from '../experiment/schema';
import { tapModel } from '../models/table';
import type { Lesson } from './lesson';

/** What the teachers say of a batch. */
export interface Targets {
  /** Of each teacher, `[batch, classes]`; empty where no soft targets are learnt. */
  logits: tf.Tensor2D[];
  /** Of each hint of the lesson, in order; empty where no hints are learnt. */
  hints: tf.Tensor[];
}

/** What the student made of a batch. */
export interface Answer {
  /** Weighted terms by their names in the curves, in a fixed order. */
  terms: Map<string, tf.Scalar>;
  /** `[batch, classes]`; null where only hints are learnt, and the student is run no further than its guided layers. */
  logits: tf.Tensor2D | null;
}

/** Scalars that enter a step as inputs, so that a compiled step need not be compiled again when they change. */
export type Coefficients = Readonly<Record<string, tf.Tensor>>;

/** Runs the teachers on a batch of images, in inference mode: no statistics move, no gradient is recorded. */
export function prepareTeaching(lesson: Lesson, terms: readonly Term[]): (images: tf.Tensor) => Targets {
  const soft = terms.includes('soft');
  const hints = terms.includes('hints') ? lesson.hints : [];
  const members = lesson.teachers.map(({ model }, member) => {
    const layers = hints.filter(({ config }) => config.member === member).map(({ config }) => config.teacher);
    return soft || layers.length > 0 ? tapModel(model, layers) : null;
  });
  return (images) => {
    const outputs = members.map((member) =>
      member ? asList(member.apply(images, { training: false })) : [],
    );
    const unread = outputs.map(([, ...taps]) => taps);
    return {
      logits: soft ? outputs.map(([logits]) => logits as tf.Tensor2D) : [],
      hints: hints.map(({ config }) => unread[config.member]!.shift()!),
    };
  };
}

/** Runs the student in training mode and weighs it against the targets; called under a gradient tape. */
export function prepareLearning(
  lesson: Lesson,
  terms: readonly Term[],
): (images: tf.Tensor, labels: tf.Tensor, targets: Targets, coefficients: Coefficients) => Answer {
  const hints = terms.includes('hints') ? lesson.hints : [];
  const whole = terms.some((term) => term !== 'hints');
  const student = tapModel(
    lesson.student.model,
    hints.map(({ config }) => config.student),
    { logits: whole },
  );
  const { soft } = lesson.experiment.distill ?? {};
  return (images, labels, targets, coefficients) => {
    const outputs = asList(student.apply(images, { training: true }));
    const logits = whole ? (outputs.shift() as tf.Tensor2D) : null;
    const found = new Map<string, tf.Scalar>();
    const add = (name: string, loss: tf.Scalar) =>
      found.set(name, tf.mul(loss, coefficients[name]!.asScalar()));
    if (logits && terms.includes('hard')) add('hard', crossEntropy(logits, labels.as1D()));
    if (logits && soft && terms.includes('soft')) {
      add('soft', softTargetLoss(logits, targets.logits, coefficients['temperature']!.asScalar(), soft));
    }
    hints.forEach(({ adapter, config, term }, index) => {
      const guided = outputs[index]!;
      const adapted = adapter ? asList(adapter.apply(guided, { training: true }))[0]! : guided;
      add(term, hintLoss(adapted, targets.hints[index]!, config.distance));
    });
    const regularization = student.calculateLosses();
    if (regularization.length > 0) found.set('regularization', tf.addN(regularization).asScalar());
    return { terms: found, logits };
  };
}

/** The weights and the temperature of an experiment, named as {@link prepareLearning} looks them up. */
export function coefficientInputs(lesson: Lesson): Record<string, StepInput> {
  const { soft } = lesson.experiment.distill ?? {};
  return {
    hard: scalarInput(hardWeightOf(lesson.experiment)),
    ...(soft ? { soft: scalarInput(soft.weight), temperature: scalarInput(soft.temperature) } : {}),
    ...Object.fromEntries(lesson.hints.map(({ term, config }) => [term, scalarInput(config.weight)])),
  };
}

export function scalarInput(value: number): StepInput {
  return { data: Float32Array.of(value), shape: [] };
}

function asList(output: tf.Tensor | tf.Tensor[] | tf.SymbolicTensor | tf.SymbolicTensor[]): tf.Tensor[] {
  const list = Array.isArray(output) ? output : [output];
  return list.map((tensor) => {
    if (tensor instanceof tf.Tensor) return tensor;
    throw new TypeError('A model was given symbolic tensors where it runs on real ones.');
  });
}
