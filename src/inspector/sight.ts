import * as tf from '@tensorflow/tfjs';
import type { Engine, StepInput } from '../engine/engine';
import type { LayerRow, LayerTable } from '../layers/table';
import type { OpenedModel } from '../models/opened';
import { weightsOf } from '../models/weights';
import type { LayerGram } from '../similarity/cka';
import { gramOf } from '../similarity/features';

/** All layers of a model, ready to be compared. */
export interface Sight {
  table: LayerTable;
  /** Names of the layers that are looked at. */
  layers: string[];
  /** Names of those that have no one output, or none that is known to be. */
  untapped: string[];
  /** Numbers that all of them give for one image. */
  values: number;
  /** Shows a batch, `[batch, height, width, channels]`, and gives what is kept of each layer. */
  see(images: StepInput): Promise<LayerGram[]>;
  dispose(): void;
}

/** Prepares what runs a model once and keeps of all its layers what CKA needs. */
export function prepareSight(engine: Engine, opened: OpenedModel): Sight {
  const { table, layersModel } = opened;
  const tapped = table.rows.filter(isTappable);
  const layers = tapped.map(({ name }) => name);
  const look = (images: tf.Tensor): Record<string, tf.Tensor> => {
    const named = opened
      .outputs(images as tf.Tensor4D, layers)
      .flatMap((output, index): [string, tf.Tensor][] => {
        const { gram, energy } = gramOf(output);
        return [
          [`gram${index}`, gram],
          [`energy${index}`, energy],
        ];
      });
    return Object.fromEntries(named);
  };
  const step =
    layersModel && engine.prepare(({ images }) => look(images!), { frozen: weightsOf([layersModel]) });
  return {
    table,
    layers,
    untapped: table.rows.filter((row) => !isTappable(row)).map(({ name }) => name),
    values: tapped.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    async see(images) {
      const seen = step === null ? await readAll(look, images) : await step.run({ images });
      return layers.map((_, index) => ({
        gram: seen[`gram${index}`]!,
        energy: seen[`energy${index}`]![0]!,
      }));
    },
    dispose() {
      step?.dispose();
      opened.dispose();
    },
  };
}

/** A network that another program runs cannot be part of a step: it is run, and then what is kept of it is computed. */
async function readAll(
  look: (images: tf.Tensor) => Record<string, tf.Tensor>,
  { data, shape }: StepInput,
): Promise<Record<string, Float32Array>> {
  const tensors = tf.tidy(() => look(tf.tensor(data, [...shape], 'float32')));
  const read: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    read[name] = Float32Array.from(await tensor.data());
    tensor.dispose();
  }
  return read;
}

function isTappable({ uses, shape }: LayerRow): boolean {
  return uses === 1 && shape !== null;
}

function sizeOf(shape: readonly number[] | null): number {
  return (shape ?? []).reduce((product, size) => product * Math.max(1, size), 1);
}
