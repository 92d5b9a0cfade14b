import type * as tf from '@tensorflow/tfjs';
import type { SourcePosition } from '../layers/table';
import type { UnreadOption } from './watchedOptions';

/** What a model function is told: `export function student(context: ModelContext): tf.LayersModel`. */
export interface ModelContext {
  /** `[height, width, channels]` of an image. */
  inputShape: [number, number, number];
  classes: number;
  /** `options` of the experiment. */
  options: Readonly<Record<string, unknown>>;
}

/** A model that is ready to use; its last layer gives logits `[batch, classes]`, no softmax. */
export interface BuiltModel {
  model: tf.LayersModel;
  /** `zoo/conv-thin` or `models/student.ts#student`, for people. */
  label: string;
  /** Options that its code was given and never looked at; none for models of the zoo, which refuse what they don't know. */
  unreadOptions: readonly UnreadOption[];
}

/** An option that a model does not take. */
export interface WrongOption {
  /** Where it stands in the options, e.g. `['hidden', 0]`. */
  path: (string | number)[];
  /** Whether the option itself is unknown, and not only its value wrong. */
  isUnknown: boolean;
  message: string;
  /** The nearest right name. */
  suggestion: string | undefined;
}

/** Why a model could not be made or loaded. */
export class ModelError extends Error {
  override name = 'ModelError';
  /** Options that the code had not looked at when it failed; a misspelt one of them may be why. */
  unreadOptions: readonly UnreadOption[] = [];
  /** Which options are wrong, one by one, where that is what is wrong. */
  wrongOptions: readonly WrongOption[] = [];
  constructor(
    readonly code:
      'unknown-model' | 'unknown-export' | 'unknown-layer' | 'bad-model' | 'missing-file' | 'bad-weights',
    message: string,
    /** The nearest right word, when there is one. */
    readonly suggestion: string | null = null,
    /** Where in the model code it happened. */
    readonly source: SourcePosition | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
