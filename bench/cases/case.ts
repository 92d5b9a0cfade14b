import type * as tf from '@tensorflow/tfjs';

/** One distillation step that is measured; bench/torch/cases.py builds the same with PyTorch. */
export interface StepCase {
  name: string;
  /** One line: who learns what from whom. */
  summary: string;
  student: () => tf.LayersModel;
  /** Runs forward in every step; null where what it says is given with the batch, as from a cache. */
  teacher: (() => tf.LayersModel) | null;
  hint: CaseHint | null;
}

/** The guided layer, led to its hint by a 1×1 convolution under an L2 loss. */
export interface CaseHint {
  student: string;
  /** Ignored where the hint is given with the batch. */
  teacher: string;
  /** Of the hint, `[height, width, channels]`. */
  shape: [number, number, number];
}

export const CLASSES = 10;

/** Weights of the terms, temperature and learning rate of every case; bench/torch/step.py has the same. */
export const COEFFICIENTS = { hard: 0.3, soft: 0.7, hint: 1, temperature: 4, learningRate: 1e-3 } as const;
