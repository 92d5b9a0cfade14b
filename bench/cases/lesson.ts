import * as tf from '@tensorflow/tfjs';
import { buildAdapter } from '../../src/distill/adapters';
import { crossEntropy } from '../../src/distill/hardTargets';
import { hintLoss } from '../../src/distill/hints';
import { softTargetLoss } from '../../src/distill/softTargets';
import type { StepFunction, StepInput } from '../../src/engine/engine';
import type { OptimizerConfig } from '../../src/experiment/schema';
import { inBuildScope } from '../../src/models/buildScope';
import { layerTable, tapModel } from '../../src/models/table';
import { modelWeights, trainableWeights } from '../../src/models/weights';
import { keyedRandom } from '../../src/random/keyed';
import { createOptimizer, type Optimizer, type Variables } from '../../src/trainer/optimizers';
import { CLASSES, COEFFICIENTS, type CaseHint, type StepCase } from './case';

/** What a step of a case does, counted; bench/torch counts the same. */
export interface Size {
  /** Learnt weights. */
  parameters: number;
  /** Multiply-adds forward, for one image. */
  multiplyAdds: number;
}

/** A case made ready: its step, and batches to feed it with. */
export interface CaseLesson {
  body: StepFunction;
  /** What the step never changes: the teacher. */
  frozen: readonly tf.Variable[];
  models: Record<'student' | 'adapter' | 'teacher', tf.LayersModel | null>;
  /** Host arrays of a few different batches. */
  batches: readonly Readonly<Record<string, StepInput>>[];
  sizes: { student: Size; adapter: Size; teacher: Size };
  /** Multiply-adds of a whole step for one image: forward, and for what learns twice as many backward. */
  stepMultiplyAdds: number;
}

const BATCHES = 4;

/** How every case learns that is measured. */
const ADAM: OptimizerConfig = {
  name: 'adam',
  lr: COEFFICIENTS.learningRate,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
};

/** Builds the models of a case and joins them, as the trainer does for an experiment. */
export function prepareLesson(stepCase: StepCase, batch: number, config: OptimizerConfig = ADAM): CaseLesson {
  const { hint } = stepCase;
  const student = inBuildScope(keyedRandom('student'), stepCase.student);
  const teacher = stepCase.teacher && inBuildScope(keyedRandom('teacher'), stepCase.teacher);
  if (teacher) pretendTrained(teacher);
  const adapter = hint && inBuildScope(keyedRandom('adapter'), () => adapterOf(student, hint));
  const variables: Variables = new Map([
    ...[...trainableWeights(student)].map(([name, variable]) => [`student/${name}`, variable] as const),
    ...[...(adapter ? trainableWeights(adapter) : [])].map(
      ([name, variable]) => [`adapter/${name}`, variable] as const,
    ),
  ]);
  const sizes = { student: sizeOf(student), adapter: sizeOf(adapter), teacher: sizeOf(teacher) };
  return {
    body: stepBody(hint, student, teacher, adapter, variables, createOptimizer(config, variables)),
    frozen: teacher ? [...modelWeights(teacher).values()] : [],
    models: { student, adapter, teacher },
    batches: Array.from({ length: BATCHES }, (_, index) => makeBatch(stepCase, student, batch, index)),
    sizes,
    stepMultiplyAdds:
      3 * (sizes.student.multiplyAdds + sizes.adapter.multiplyAdds) +
      sizes.teacher.multiplyAdds -
      // Nobody asks for the gradient of the images.
      firstLayer(student),
  };
}

function stepBody(
  hint: CaseHint | null,
  student: tf.LayersModel,
  teacher: tf.LayersModel | null,
  adapter: tf.LayersModel | null,
  variables: Variables,
  optimizer: Optimizer,
): StepFunction {
  const { hard, soft, temperature } = COEFFICIENTS;
  const pupil = tapModel(student, hint ? [hint.student] : []);
  const master = teacher && tapModel(teacher, hint ? [hint.teacher] : []);
  return ({ images, labels, learningRate, teacherLogits, teacherHint }) => {
    const [targets, target] = master
      ? asList(master.apply(images!, { training: false }))
      : [teacherLogits!, teacherHint];
    const { value, grads } = tf.variableGrads(() => {
      const [logits, guided] = asList(pupil.apply(images!, { training: true })) as [tf.Tensor2D, tf.Tensor];
      const terms = [
        tf.mul(crossEntropy(logits, labels!.as1D()), hard),
        tf.mul(
          softTargetLoss(logits, [targets as tf.Tensor2D], tf.scalar(temperature), {
            divergence: 'kl',
            ensemble: 'probabilities',
          }),
          soft,
        ),
      ];
      if (adapter) {
        const adapted = asList(adapter.apply(guided, { training: true }))[0]!;
        terms.push(tf.mul(hintLoss(adapted, target!, 'l2'), COEFFICIENTS.hint));
      }
      return tf.addN(terms).asScalar();
    }, [...variables.values()]);
    const gradients = new Map([...variables].map(([name, variable]) => [name, grads[variable.name]!]));
    optimizer.apply(gradients, learningRate!.asScalar());
    return { loss: value };
  };
}

function adapterOf(student: tf.LayersModel, hint: CaseHint): tf.LayersModel {
  const from = layerTable(student).find(({ name }) => name === hint.student)!.shape;
  return buildAdapter({ kind: 'conv1x1', from, to: hint.shape, reason: '' }, 'adapter')!;
}

/** Between which numbers the weights of a trained batch normalization lie, roughly. */
const RANGES = [
  { of: /variance$/, from: 0.5, to: 1.5 },
  { of: /gamma$/, from: 0.3, to: 0.7 },
  { of: /(?:beta|mean)$/, from: -0.1, to: 0.1 },
] as const;

/**
 * Spreads the scales, shifts and statistics of batch normalizations, which an untrained model has all equal: an engine
 * could fold them into less work than a trained teacher costs.
 */
function pretendTrained(model: tf.LayersModel): void {
  const random = keyedRandom('statistics');
  for (const [name, variable] of modelWeights(model)) {
    const range = RANGES.find(({ of }) => of.test(name));
    if (!range) continue;
    const { from, to } = range;
    const values = Float32Array.from({ length: variable.size }, () => from + (to - from) * random());
    tf.tidy(() => {
      variable.assign(tf.tensor(values, variable.shape));
    });
  }
}

function makeBatch(
  { teacher, hint }: StepCase,
  student: tf.LayersModel,
  batch: number,
  index: number,
): Record<string, StepInput> {
  const random = keyedRandom('batch', index);
  const normal = (shape: readonly number[]): StepInput => {
    const data = new Float32Array([batch, ...shape].reduce((product, size) => product * size, 1));
    for (let place = 0; place < data.length; place += 1) {
      data[place] = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    }
    return { data, shape: [batch, ...shape] };
  };
  const given: Record<string, StepInput> = {
    images: normal(student.inputs[0]!.shape.slice(1).map(Number)),
    labels: {
      data: Int32Array.from({ length: batch }, () => Math.floor(CLASSES * random())),
      shape: [batch],
    },
    learningRate: { data: Float32Array.of(COEFFICIENTS.learningRate), shape: [] },
  };
  if (teacher === null) {
    given['teacherLogits'] = normal([CLASSES]);
    if (hint) given['teacherHint'] = normal(hint.shape);
  }
  return given;
}

function sizeOf(model: tf.LayersModel | null): Size {
  const rows = model ? layerTable(model) : [];
  return {
    parameters: rows.reduce((sum, { parameters }) => sum + parameters, 0),
    multiplyAdds: rows.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
  };
}

function firstLayer(model: tf.LayersModel): number {
  return layerTable(model).find(({ multiplyAdds }) => multiplyAdds > 0)?.multiplyAdds ?? 0;
}

function asList(output: ReturnType<tf.LayersModel['apply']>): tf.Tensor[] {
  return (Array.isArray(output) ? output : [output]) as tf.Tensor[];
}
