import type * as tf from '@tensorflow/tfjs';
import type { LayerTable } from '../layers/table';
import { imageShapeOf, layerTable, outputNames, type ShapedRow } from './table';

/** A layer table whose shapes are all known. */
export interface ShapedTable extends LayerTable {
  rows: ShapedRow[];
}

/**
 * The layer table of a model of code or of the zoo.
 *
 * @param label what it is called: `zoo/NAME`, or the path of a file of code.
 */
export function tableOf(
  model: tf.LayersModel,
  label: string,
  {
    definition = null,
    files = [],
    notes = [],
  }: Partial<Pick<LayerTable, 'definition' | 'files' | 'notes'>> = {},
): ShapedTable {
  return {
    label,
    format: label.startsWith('zoo/') ? 'zoo' : 'code',
    input: imageShapeOf(model),
    rows: layerTable(model),
    outputs: outputNames(model),
    definition,
    files,
    notes,
  };
}
