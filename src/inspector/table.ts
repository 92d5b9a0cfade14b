import type { LayerTable } from '../layers/table';
import { modelGraph } from '../models/graph';
import type { BuiltModel } from '../models/model';
import { layerTable } from '../models/table';

/** The layer table of a model that was built. */
export function tableOf({ model, label }: BuiltModel, reference: string, files: string[]): LayerTable {
  const graph = modelGraph(model);
  const rows = layerTable(model).map((row) => {
    const uses = graph.uses.filter(({ name }) => name === row.name);
    const inputs = uses.flatMap((use) => use.inputs.flatMap((input) => input.use?.name ?? []));
    return { ...row, receptiveField: null, inputs: [...new Set(inputs)], uses: uses.length, source: null };
  });
  return {
    label,
    format: reference.startsWith('zoo/') ? 'zoo' : 'code',
    input: model.inputs[0]!.shape.slice(1).map((size) => size ?? -1),
    rows,
    outputs: graph.outputs.flatMap(({ use }) => use?.name ?? []),
    definition: null,
    files,
    notes: [],
  };
}
