import type * as tf from '@tensorflow/tfjs';
import type { LayerTable } from '../layers/table';
import type { ModelContext } from './model';

/** What a model is told when it is opened. */
export interface OpenOptions {
  /** The folder that paths are relative to: the one of the experiment, or where a command was typed. */
  baseDirectory: string;
  /** What images and classes the data has; null where there is no data, and the model decides or takes a usual size. */
  context: ModelContext | null;
  /**
   * Whether a model of code or of the zoo must be a classifier of the images in `context`, as training asks; by default
   * where there is a context.
   */
  classifier?: boolean | undefined;
  /** A file of weights, absolute; null for the ones of the model file itself, or random ones. */
  weights: string | null;
  /** What a network that comes in a file sees of an image whose values lie from 0 to 1: (image − mean) / std. */
  normalize?: { mean: readonly number[]; std: readonly number[] } | undefined;
  /** Where initial weights come from. */
  random?: () => number;
}

/** A model of any format: what it is made of, and what its layers give. */
export interface OpenedModel {
  readonly table: LayerTable;
  /** Null for formats that can only answer, and so can only teach: ONNX, and tfjs graph models. */
  readonly layersModel: tf.LayersModel | null;
  /**
   * Runs the model in inference mode.
   *
   * @param images `[batch, height, width, channels]`, values from 0 to 1.
   * @param wanted names of layers of the table; null for the first output of the model. At least one, none twice.
   * @returns one tensor for each: maps as `[batch, height, width, channels]`, whatever the format keeps them in.
   * @throws ModelError `unknown-layer` with the nearest name; `bad-model` for a layer that cannot be tapped.
   */
  outputs(images: tf.Tensor4D, wanted: readonly (string | null)[]): tf.Tensor[];
  dispose(): void;
}
