import type * as tf from '@tensorflow/tfjs';
import { loadModel, type LoadOptions } from '../models/load';
import type { BuiltModel, ModelContext } from '../models/model';
import { loadWeightsInto } from '../models/weights';

/** Where the models of an experiment come from. */
export interface ModelSource {
  /** @throws ModelError as `loadModel` does. */
  load(reference: string, context: ModelContext, options: LoadOptions): Promise<BuiltModel>;
  /** @throws ModelError as `loadWeightsInto` does. */
  loadWeights(model: tf.LayersModel, file: string): Promise<void>;
}

/** Builds each model anew: what is trained must not be shared. */
export const freshModels: ModelSource = { load: loadModel, loadWeights: loadWeightsInto };
