import type * as tf from '@tensorflow/tfjs';
import type { AdapterPlan } from '../layers/adapters';
import type { Experiment, HintConfig } from '../experiment/schema';
import type { TeacherArchitecture } from './assemble';

/** A hint with its two layers found and its adapter made. */
export interface LessonHint {
  config: HintConfig;
  /** Name of its term in the curves: `hint 1`, `hint 2`, … */
  term: string;
  plan: AdapterPlan;
  /** Null where shapes are equal and none was asked for. */
  adapter: tf.LayersModel | null;
}

/** A teacher: a model that is only ever run in inference mode, outside any gradient. */
export interface LessonTeacher {
  model: tf.LayersModel;
  /** For people. */
  label: string;
  architecture: TeacherArchitecture;
}

/** Everything that is taught: who learns, from whom, through which layers. Made once per run (assemble.ts). */
export interface Lesson {
  experiment: Experiment;
  /** `[height, width, channels]`. */
  imageShape: [number, number, number];
  classes: number;
  student: { model: tf.LayersModel; label: string };
  teachers: readonly LessonTeacher[];
  hints: readonly LessonHint[];
}
