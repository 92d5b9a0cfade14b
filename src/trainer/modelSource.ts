import type * as tf from '@tensorflow/tfjs';
import { loadModel, type LoadedModel, type LoadOptions } from '../models/load';
import type { ModelContext } from '../models/model';
import { openModel } from '../models/open';
import type { OpenedModel, OpenOptions } from '../models/opened';
import { loadWeightsInto } from '../models/weights';

/** Where the models of an experiment come from. */
export interface ModelSource {
  /** @throws ModelError as `loadModel` does. */
  load(reference: string, context: ModelContext, options: LoadOptions): Promise<LoadedModel>;
  /** Opens a network in a file. @throws ModelError as `openModel` does. */
  open(reference: string, options: OpenOptions): Promise<OpenedModel>;
  /** @throws ModelError as `loadWeightsInto` does. */
  loadWeights(model: tf.LayersModel, file: string): Promise<void>;
}

/** Builds each model anew: what is trained must not be shared. */
export const freshModels: ModelSource = { load: loadModel, open: openModel, loadWeights: loadWeightsInto };
