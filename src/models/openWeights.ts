import { basename, resolve } from 'node:path';
import type { LayerRow, LayerTable } from '../layers/table';
import { ModelError } from './model';
import type { OpenedModel, OpenOptions } from './opened';
import { readSafetensors, type StoredTensor } from './safetensors';

/** Statistics that training moves along, but does not learn. */
const statistics = /(?:^|[./])(?:moving_mean|moving_variance|running_mean|running_var|num_batches_tracked)$/;

/**
 * Opens a safetensors file: the layers that its weights belong to. It holds no network, so nothing can be computed.
 *
 * @param file absolute or relative to `options.baseDirectory`.
 * @throws ModelError `missing-file`, `bad-weights`.
 */
export async function openWeights(file: string, options: OpenOptions): Promise<OpenedModel> {
  const path = resolve(options.baseDirectory, file);
  const { tensors, metadata } = await readSafetensors(path);
  const told = Object.entries(metadata).map(([key, value]) => `${key}: ${value}`);
  const table: LayerTable = {
    label: file,
    format: 'weights',
    input: null,
    rows: rowsOf(tensors),
    outputs: [],
    definition: { file: path, line: 1, column: 1 },
    files: [path],
    notes: ['Weights alone: shapes and what feeds what are not in the file; kinds are guessed.', ...told],
  };
  return {
    table,
    layersModel: null,
    outputs() {
      throw new ModelError(
        'bad-model',
        `${basename(path)} holds weights alone, no network. Name the model that they belong to, and this file as its weights.`,
      );
    },
    dispose: () => undefined,
  };
}

/** One row for each group of tensors whose names are the same before the last `/` or `.`, in the order of the names. */
function rowsOf(tensors: ReadonlyMap<string, StoredTensor>): LayerRow[] {
  const groups = new Map<string, { name: string; shape: readonly number[] }[]>();
  for (const [name, { shape }] of tensors) {
    const layer = /^(.+)[/.][^/.]*$/.exec(name)?.[1] ?? name;
    groups.set(layer, [...(groups.get(layer) ?? []), { name, shape }]);
  }
  return [...groups].sort(byName).map(([name, group]) => {
    const learnt = group.filter((tensor) => !statistics.test(tensor.name));
    return {
      name,
      kind: kindOf(group),
      shape: null,
      parameters: learnt.reduce((sum, { shape }) => sum + shape.reduce((size, axis) => size * axis, 1), 0),
      multiplyAdds: 0,
      receptiveField: null,
      inputs: [],
      uses: 1,
      source: null,
    };
  });
}

/** `conv2` before `conv10`. */
function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left.localeCompare(right, 'en', { numeric: true });
}

function kindOf(group: readonly { name: string; shape: readonly number[] }[]): string {
  if (group.some(({ name }) => statistics.test(name))) return 'BatchNormalization';
  const rank = Math.max(...group.map(({ shape }) => shape.length));
  if (rank === 4) return 'Conv2D';
  return rank === 2 ? 'Dense' : 'weights';
}
