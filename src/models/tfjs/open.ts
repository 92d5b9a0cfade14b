import { resolve } from 'node:path';
import { ModelError } from '../model';
import type { OpenedModel, OpenOptions } from '../opened';
import { openTfjsGraph } from './graphModel';
import { openTfjsLayers } from './layersModel';
import { readModelJson, type ModelJson } from './modelJson';

/**
 * Opens a `model.json` of tfjs: a model of layers, which can be trained further, or a graph, which can only teach.
 *
 * @param file absolute or relative to `options.baseDirectory`.
 * @throws ModelError as `readModelJson`; `bad-model` for what tfjs cannot load.
 */
export async function openTfjs(file: string, options: OpenOptions): Promise<OpenedModel> {
  const json = await readModelJson(resolve(options.baseDirectory, file));
  switch (formatOf(json)) {
    case 'layers-model':
      return openTfjsLayers(json, file, options);
    case 'graph-model':
      return openTfjsGraph(json, file, options);
  }
}

/** Old files don't say their format. */
function formatOf({ fields, topology, file, placeOf }: ModelJson): 'layers-model' | 'graph-model' {
  const { format } = fields;
  if (format === 'layers-model' || format === 'graph-model') return format;
  if (format === undefined || format === null) {
    if (Array.isArray(topology['node'])) return 'graph-model';
    if ('model_config' in topology || 'class_name' in topology) return 'layers-model';
  }
  const said = typeof format === 'string' ? `the format \`${format}\`` : 'no format';
  throw new ModelError(
    'bad-model',
    `${file} has ${said}; formats that can be read are \`layers-model\` and \`graph-model\`.`,
    null,
    placeOf(['format']) ?? { file, line: 1, column: 1 },
  );
}
