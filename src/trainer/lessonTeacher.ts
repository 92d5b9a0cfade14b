import type { LayerTable } from '../layers/table';
import { unknownLayer } from '../models/graph';
import { ModelError, type BuiltModel } from '../models/model';
import type { OpenedModel } from '../models/opened';
import { outputActivation } from '../models/outputActivation';
import { prepareOutputs } from '../models/outputs';
import { tableOf } from '../models/tableOf';
import type { TeacherArchitecture } from './assemble';
import type { LessonTeacher } from './lesson';

/** A teacher that is made by code, or by the zoo: it was held to be a classifier when it was built. */
export function teacherOfCode({ model }: BuiltModel, architecture: TeacherArchitecture): LessonTeacher {
  const table = tableOf(model, architecture.label);
  return {
    model,
    layers: table.rows,
    table,
    givesLogits: true,
    squashed: null,
    prepare: (wanted) => prepareOutputs(model, wanted),
    label: architecture.label,
    architecture,
  };
}

/** A teacher that comes in a file. */
export function teacherOfNetwork(
  opened: OpenedModel,
  architecture: TeacherArchitecture,
  classes: number,
): LessonTeacher {
  const { layersModel, table } = opened;
  const { rows, outputs } = table;
  const first = rows.find(({ name }) => name === outputs[0]);
  return {
    model: layersModel,
    layers: rows,
    table,
    givesLogits: first?.shape?.length === 1 && first.shape[0] === classes,
    squashed: layersModel === null ? lastActivation(table) : outputActivation(layersModel),
    prepare: (wanted) => (images) => opened.outputs(images.as4D(...fourOf(images.shape)), wanted),
    label: architecture.label,
    architecture,
  };
}

/** Ops that pass on what they take, in another shape at most. */
const passing: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze']);

/** The op at the end of a graph that makes logits something else. */
function lastActivation({ rows, outputs }: LayerTable): string | null {
  const byName = new Map(rows.map((row) => [row.name, row]));
  let row = byName.get(outputs[0] ?? '');
  while (row !== undefined && passing.has(row.kind)) row = byName.get(row.inputs[0] ?? '');
  const kind = row?.kind.toLowerCase();
  return kind === 'softmax' || kind === 'sigmoid' ? kind : null;
}

function fourOf(shape: readonly number[]): [number, number, number, number] {
  const [batch, height, width, channels] = shape;
  if (channels === undefined) throw new RangeError(`Images have four axes, not ${shape.length}.`);
  return [batch!, height!, width!, channels];
}

/**
 * The shape of a layer of a teacher, without the batch.
 *
 * @throws ModelError `unknown-layer` with the nearest names; `bad-model` where the model does not tell its shape.
 */
export function shapeOfHint({ layers, label }: LessonTeacher, name: string): number[] {
  const row = layers.find((layer) => layer.name === name);
  if (row === undefined) {
    throw unknownLayer(
      name,
      layers.map((layer) => layer.name),
    );
  }
  if (row.shape !== null && !row.shape.includes(-1)) return row.shape;
  throw new ModelError(
    'bad-model',
    `${label} does not tell the shape of its layer \`${name}\`, so no adapter can be made for it. Choose another layer.`,
  );
}

/** Parameters and multiply-adds of a teacher, as its layer table counts them. */
export function sizeOfTeacher({ layers }: LessonTeacher): { parameters: number; multiplyAdds: number } {
  return {
    parameters: layers.reduce((sum, { parameters }) => sum + parameters, 0),
    multiplyAdds: layers.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
  };
}
