import type * as tf from '@tensorflow/tfjs';
import type { Term } from '../experiment/schema';
import { modelWeights, trainableWeights, upstreamWeights } from '../models/weights';
import type { RunTensors } from './checkpoint';
import type { Lesson } from './lesson';
import type { Optimizer, Variables } from './optimizers';

/**
 * What moves in a stage, by the names of checkpoints. Where only hints are learnt it is the student up to its guided
 * layers, and the adapters (FitNets, stage 1); where no hints are learnt, the adapters rest.
 */
export function trainableTensors(lesson: Lesson, terms: readonly Term[]): Variables {
  const hints = terms.includes('hints') ? lesson.hints : [];
  const { model } = lesson.student;
  const whole = terms.some((term) => term !== 'hints');
  const guided = hints.map(({ config }) => config.student);
  const students = whole ? trainableWeights(model) : upstreamWeights(model, guided);
  const adapters = hints.map(({ adapter, term }) =>
    prefixed(adapterPrefix(term), adapter && trainableWeights(adapter)),
  );
  return new Map([...prefixed('student', students), ...adapters.flatMap((entries) => entries)]);
}

/** Everything a checkpoint holds: the student, all adapters, and the state of the stage's optimizer. */
export function runTensors(lesson: Lesson, optimizer: Optimizer): RunTensors {
  const adapters = lesson.hints.flatMap(({ adapter, term }) =>
    prefixed(adapterPrefix(term), adapter && modelWeights(adapter)),
  );
  return new Map([
    ...prefixed('student', modelWeights(lesson.student.model)),
    ...adapters,
    ...prefixed('optimizer', optimizer.state),
  ]);
}

function adapterPrefix(term: string): string {
  return term.replace('hint ', 'adapter-');
}

function prefixed(
  prefix: string,
  tensors: ReadonlyMap<string, tf.Variable> | null,
): [name: string, variable: tf.Variable][] {
  return [...(tensors ?? [])].map(([name, variable]) => [`${prefix}/${name}`, variable]);
}
