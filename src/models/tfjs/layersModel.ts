import * as tf from '@tensorflow/tfjs';
import type { LayerTable } from '../../layers/table';
import { ModelError } from '../model';
import { mendBatchNormalizations } from '../normalization';
import { OpenedLayers } from '../openedLayers';
import type { OpenedModel, OpenOptions } from '../opened';
import { noteSource } from '../provenance';
import { imageShapeOf, layerTable, outputNames } from '../table';
import { loadWeightsInto } from '../weights';
import { isObject, type ModelJson } from './modelJson';
import { originNotes } from './notes';

type Keys = readonly (string | number)[];

/**
 * Opens a tfjs model of layers. The source of a layer is where its configuration begins in `model.json`.
 *
 * @param label what to call it in the table.
 * @throws ModelError `bad-model` for kinds of layers that tfjs does not have, `bad-weights` for weights that do not fit.
 */
export async function openTfjsLayers(
  json: ModelJson,
  label: string,
  { normalize, weights }: OpenOptions,
): Promise<OpenedModel> {
  const model = await load(json);
  mendBatchNormalizations(model);
  noteSources(model, json, configKeys(json));
  if (weights !== null) await loadWeightsInto(model, weights);
  const hasWeights = json.weights.length > 0 || weights !== null;
  const table: LayerTable = {
    label,
    format: 'tfjs-layers',
    input: imageShapeOf(model),
    rows: layerTable(model),
    outputs: outputNames(model),
    definition: { file: json.file, line: 1, column: 1 },
    files: weights === null ? json.files : [...json.files, weights],
    notes: [...originNotes(json), ...(hasWeights ? [] : ['The file holds no weights: they are random.'])],
  };
  return new OpenedLayers(table, model, normalize);
}

async function load({ file, topology, weights, weightData }: ModelJson): Promise<tf.LayersModel> {
  const stored = weights.length > 0 ? { weightSpecs: weights, weightData } : {};
  try {
    return await tf.loadLayersModel({ load: () => Promise.resolve({ modelTopology: topology, ...stored }) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const unknown = /^Unknown (?:layer|object)?:? ?(\w+)/.exec(reason)?.[1];
    if (unknown !== undefined) {
      const message = `${file} has a layer of the kind \`${unknown}\`, which TensorFlow.js does not know: its code is not in the file. Build the model in model code, and load its weights there.`;
      throw new ModelError('bad-model', message, null, null, { cause: error });
    }
    const code = /weight|shape/i.test(reason) ? 'bad-weights' : 'bad-model';
    throw new ModelError(code, `${file} cannot be loaded: ${reason}`, null, null, { cause: error });
  }
}

/** What leads to the configuration of the model: Keras wraps it once more. */
function configKeys({ topology }: ModelJson): Keys {
  return isObject(topology['model_config'])
    ? ['modelTopology', 'model_config', 'config']
    : ['modelTopology', 'config'];
}

/** Notes for each layer where its configuration stands, also in nested models. */
function noteSources(model: tf.LayersModel, json: ModelJson, keys: Keys): void {
  const config = valueAt(json.fields, keys);
  // In old files the configuration of a tf.sequential is the list of its layers.
  const listKeys = Array.isArray(config) ? keys : [...keys, 'layers'];
  const list = valueAt(json.fields, listKeys);
  if (!Array.isArray(list)) return;
  const byName = new Map(model.layers.map((layer) => [layer.name, layer]));
  for (const [index, entry] of list.entries()) {
    const name = valueAt(entry, ['config', 'name']) ?? valueAt(entry, ['name']);
    const layer = typeof name === 'string' ? byName.get(name) : undefined;
    if (layer === undefined) continue;
    noteSource(layer, () => json.placeOf([...listKeys, index]));
    if (layer instanceof tf.LayersModel) noteSources(layer, json, [...listKeys, index, 'config']);
  }
}

function valueAt(value: unknown, keys: Keys): unknown {
  let found = value;
  for (const key of keys) {
    if (Array.isArray(found)) found = found[Number(key)];
    else found = isObject(found) ? found[String(key)] : undefined;
  }
  return found;
}
