import type { RunEvent } from './events';

/** The rows of `step` events, column by column; all arrays have the same length. A term absent at a step is null. */
export interface TrainingRows {
  step: number[];
  epoch: number[];
  /** Milliseconds since 1970. */
  at: number[];
  learningRate: number[];
  gradientNorm: number[];
  imagesPerSecond: number[];
  trainAccuracy: (number | null)[];
  /** `total`, `hard`, `soft`, `hint 1`, … weighted as they enter the total. */
  losses: Record<string, (number | null)[]>;
}

/** The rows of `evaluate` events, on the test images. */
export interface EvaluationRows {
  step: number[];
  epoch: number[];
  at: number[];
  accuracy: number[];
  loss: number[];
}

/** What was added to the curves of a run. */
export interface CurveDelta {
  run: string;
  /** Rises whenever earlier rows became void (a resume): the reader drops what it holds and starts from this delta. */
  generation: number;
  /** Number of this delta within its generation, from 0; a gap means: ask for everything again. */
  seq: number;
  training: TrainingRows;
  evaluation: EvaluationRows;
  /** Steps at which an attempt was resumed; drawn as a break. The whole list each time. */
  resumes: number[];
  /** The whole list each time. */
  stages: { name: string; firstStep: number; steps: number }[];
  /** The teacher's test accuracy, for the reference line. */
  teacherAccuracy: number | null;
}

export type StartEvent = Extract<RunEvent, { type: 'start' }>;
