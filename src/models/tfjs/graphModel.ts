import * as tf from '@tensorflow/tfjs';
import type { LayerTable } from '../../layers/table';
import { unknownLayer } from '../graph';
import { ModelError } from '../model';
import { normalizeImages, refuseOtherImages, type Normalization } from '../openedLayers';
import type { OpenedModel, OpenOptions } from '../opened';
import { planGraph, type GraphPlan } from './graphNodes';
import { graphRows } from './graphRows';
import type { ModelJson } from './modelJson';
import { originNotes } from './notes';

/**
 * Opens a tfjs graph model, which can teach, but not be trained. Its layers are its nodes; their shapes are measured by
 * running it once on an image of zeros, of the size that it takes or, where it takes any, of `options.context`.
 *
 * @param label what to call it in the table.
 * @throws ModelError `bad-model` for graphs that tfjs cannot load, `bad-weights` when other weights are asked for.
 */
export async function openTfjsGraph(
  json: ModelJson,
  label: string,
  { normalize, weights, context }: OpenOptions,
): Promise<OpenedModel> {
  if (weights !== null) {
    throw new ModelError(
      'bad-weights',
      `${json.file} is a graph, which brings its own weights; ${weights} cannot be loaded into it.`,
    );
  }
  const plan = planGraph(json);
  const model = await load(json);
  const input = imageInput(plan, context?.inputShape ?? null);
  const notes = [...originNotes(json), 'A graph model: it can teach, but not be trained.'];
  const shapes = new Map<string, number[] | null>();
  if (input === null) {
    notes.push('Shapes are unknown: the model does not take one image.');
  } else if (input.shape.includes(-1)) {
    notes.push('Shapes are unknown: the model takes images of any size, and none was named.');
  } else {
    const failure = measure(model, plan, input, shapes);
    if (failure !== null) notes.push(`Shapes are unknown: the model cannot be run at once (${failure}).`);
  }
  const [height = -1, width = -1] = input?.shape ?? [];
  const table: LayerTable = {
    label,
    format: 'tfjs-graph',
    input: input?.shape ?? null,
    rows: graphRows(json, plan, shapes, height > 0 && width > 0 ? [height, width] : null),
    outputs: plan.outputs.filter((name) => plan.nodes.some((node) => node.name === name)),
    definition: { file: json.file, line: 1, column: 1 },
    files: json.files,
    notes,
  };
  return new OpenedGraph(table, model, input?.name ?? '', normalize);
}

async function load({ file, topology, fields, weights, weightData }: ModelJson): Promise<tf.GraphModel> {
  const signature = fields['signature'];
  try {
    return await tf.loadGraphModel({
      load: () =>
        Promise.resolve({
          modelTopology: { versions: {}, ...topology },
          weightSpecs: weights,
          weightData,
          ...(typeof signature === 'object' && signature !== null && { signature }),
        }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError('bad-model', `${file} cannot be loaded: ${reason}`, null, null, { cause: error });
  }
}

/** The input of a graph that takes one image. */
interface ImageInput {
  name: string;
  /** `[height, width, channels]`, −1 where any size will do and none was named. */
  shape: number[];
  batch: number;
}

function imageInput({ images }: GraphPlan, named: readonly number[] | null): ImageInput | null {
  const [image] = images;
  if (image === undefined || images.length !== 1) return null;
  if (image.shape !== null && image.shape.length !== 4) return null;
  const [batch = -1, ...sizes] = image.shape ?? [-1, -1, -1, -1];
  const shape = sizes.map((size, axis) => (size > 0 ? size : (named?.[axis] ?? -1)));
  return { name: image.name, shape, batch: batch > 0 ? batch : 1 };
}

/** Runs the graph once and fills in the shapes without the batch. @returns why it cannot be run; null when it was. */
function measure(
  model: tf.GraphModel,
  { nodes }: GraphPlan,
  { name, shape, batch }: ImageInput,
  shapes: Map<string, number[] | null>,
): string | null {
  const names = nodes.map((node) => node.name);
  try {
    tf.tidy(() => {
      const zeros = tf.zeros([batch, ...shape]);
      for (const [index, { shape: found }] of listOf(model.execute({ [name]: zeros }, names)).entries()) {
        // What does not begin with the batch is no layer's output, but a size or an index.
        shapes.set(names[index]!, found.length > 1 && found[0] === batch ? found.slice(1) : null);
      }
    });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function listOf(output: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
  return Array.isArray(output) ? output : [output];
}

class OpenedGraph implements OpenedModel {
  readonly layersModel = null;

  constructor(
    readonly table: LayerTable,
    private readonly model: tf.GraphModel,
    private readonly input: string,
    private readonly normalization: Normalization,
  ) {}

  outputs(images: tf.Tensor4D, wanted: readonly (string | null)[]): tf.Tensor[] {
    refuseOtherImages(images, this.table);
    const { rows, outputs, label } = this.table;
    const names = wanted.map((name) => name ?? outputs[0] ?? '');
    const known = new Set(rows.map(({ name }) => name));
    const unknown = names.find((name) => !known.has(name));
    if (unknown !== undefined) throw unknownLayer(unknown, [...known]);
    const distinct = [...new Set(names)];
    return tf.tidy(() => {
      const given = { [this.input]: normalizeImages(images, this.normalization) };
      let found: tf.Tensor[];
      try {
        found = listOf(this.model.execute(given, distinct));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new ModelError('bad-model', `${label} cannot be run: ${reason}`, null, null, { cause: error });
      }
      return names.map((name, index) => {
        const tensor = found[distinct.indexOf(name)]!;
        return names.indexOf(name) === index ? tensor : tf.clone(tensor);
      });
    });
  }

  dispose(): void {
    this.model.dispose();
  }
}
