import type * as tf from '@tensorflow/tfjs';
import type { AdapterPlan } from '../layers/adapters';
import type { Experiment, HintConfig } from '../experiment/schema';
import type { LayerRow, LayerTable } from '../layers/table';
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

/** What is asked about a layer of a teacher. */
export type TeacherLayer = Pick<LayerRow, 'name' | 'kind' | 'shape' | 'parameters' | 'multiplyAdds'>;

/** A teacher: a model that is only ever run in inference mode, outside any gradient. */
export interface LessonTeacher {
  /** Null for a network that only another program runs: it is asked before each step, not within. */
  model: tf.LayersModel | null;
  layers: readonly TeacherLayer[];
  /** All that is known of them. */
  table: LayerTable;
  /** Whether it gives one logit for each class of the data; one that does not can give hints only. */
  givesLogits: boolean;
  /** The activation that these went through, e.g. `softmax`, so that they are none any more; null for none. */
  squashed: string | null;
  /**
   * @param wanted names of layers; null for the logits. At least one, none twice.
   * @returns a function from `[batch, height, width, channels]` to the outputs in the order of `wanted`.
   */
  prepare: (wanted: readonly (string | null)[]) => (images: tf.Tensor) => tf.Tensor[];
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
