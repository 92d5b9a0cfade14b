import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../distill/hardTargets';
import { hintLoss } from '../distill/hints';
import { softTargetLoss } from '../distill/softTargets';
import type { StepInput } from '../engine/engine';
import { hardWeightOf } from '../experiment/stages';
import type { Term } from '../experiment/schema';
import { listTensors } from '../models/outputs';
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

/** The input of a step that takes the logits of a teacher, `[batch, classes]`, where they are cached. */
export function logitsInput(member: number): string {
  return `target logits ${member}`;
}

/** The input of a step that takes the map of the hint layer of a hint, where it is cached. */
export function hintInput(hint: number): string {
  return `target hint ${hint}`;
}

/**
 * Gives what the teachers say of a batch of images: from the inputs of the step where it is known before, else by
 * running the teachers in inference mode: no statistics move, no gradient is recorded.
 *
 * @param cached names of the inputs that the step gets; those of teachers without a model must be among them.
 */
export function prepareTeaching(
  lesson: Lesson,
  terms: readonly Term[],
  cached: ReadonlySet<string>,
): (images: tf.Tensor, inputs: Readonly<Record<string, tf.Tensor>>) => Targets {
  const soft = terms.includes('soft') ? [...lesson.teachers.keys()] : [];
  const hints = terms.includes('hints') ? [...lesson.hints.entries()] : [];
  const members = lesson.teachers.map(({ prepare }, member) => {
    const asked = hints.filter(
      ([hint, { config }]) => config.member === member && !cached.has(hintInput(hint)),
    );
    const layers = [...new Set<string | null>(asked.map(([, { config }]) => config.teacher))];
    if (soft.includes(member) && !cached.has(logitsInput(member))) layers.unshift(null);
    return { layers, outputsOf: layers.length > 0 ? prepare(layers) : () => [] };
  });
  return (images, inputs) => {
    const said = members.map(({ layers, outputsOf }) => {
      const outputs = outputsOf(images);
      return new Map(layers.map((layer, index) => [layer, outputs[index]!]));
    });
    const target = (name: string, member: number, layer: string | null): tf.Tensor =>
      cached.has(name) ? inputs[name]! : said[member]!.get(layer)!;
    return {
      logits: soft.map((member) => target(logitsInput(member), member, null) as tf.Tensor2D),
      hints: hints.map(([hint, { config }]) => target(hintInput(hint), config.member, config.teacher)),
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
    const outputs = listTensors(student.apply(images, { training: true }));
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
      const adapted = adapter ? listTensors(adapter.apply(guided, { training: true }))[0]! : guided;
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
