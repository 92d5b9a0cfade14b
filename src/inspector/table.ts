import type { LayerTable } from '../layers/table';
import type { LoadedModel } from '../models/load';
import { imageShapeOf, layerTable, outputNames } from '../models/table';

/** The layer table of a model that was built. */
export function tableOf({ model, label, definition }: LoadedModel, reference: string, files: string[]): LayerTable {
  return {
    label,
    format: reference.startsWith('zoo/') ? 'zoo' : 'code',
    input: imageShapeOf(model),
    rows: layerTable(model),
    outputs: outputNames(model),
    definition,
    files,
    notes: [],
  };
}
