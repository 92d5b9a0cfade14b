import type * as tf from '@tensorflow/tfjs';
import type { Engine, StepInput } from '../engine/engine';
import type { LayerTable } from '../layers/table';
import { prepareOutputs } from '../models/outputs';
import { weightsOf } from '../models/weights';
import type { LayerGram } from '../similarity/cka';
import { gramOf } from '../similarity/features';

/** All layers of a model, ready to be compared. */
export interface Sight {
  table: LayerTable;
  /** Names of the layers that are looked at. */
  layers: string[];
  /** Names of those that have no one output. */
  untapped: string[];
  /** Numbers that all of them give for one image. */
  values: number;
  /** Shows a batch, `[batch, height, width, channels]`, and gives what is kept of each layer. */
  see(images: StepInput): Promise<LayerGram[]>;
  dispose(): void;
}

/** Prepares a step that runs a model once and keeps of all its layers what CKA needs. */
export function prepareSight(engine: Engine, model: tf.LayersModel, table: LayerTable): Sight {
  const tapped = table.rows.filter(({ uses }) => uses === 1);
  const layers = tapped.map(({ name }) => name);
  const run = prepareOutputs(model, layers);
  const step = engine.prepare(
    ({ images }) => {
      const grams = run(images!).map(gramOf);
      const named = grams.flatMap(({ gram, energy }, index): [string, tf.Tensor][] => [
        [`gram${index}`, gram],
        [`energy${index}`, energy],
      ]);
      return Object.fromEntries(named);
    },
    { frozen: weightsOf([model]) },
  );
  return {
    table,
    layers,
    untapped: table.rows.filter(({ uses }) => uses > 1).map(({ name }) => name),
    values: tapped.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    async see(images) {
      const seen = await step.run({ images });
      return layers.map((_, index) => ({
        gram: seen[`gram${index}`]!,
        energy: seen[`energy${index}`]![0]!,
      }));
    },
    dispose() {
      step.dispose();
    },
  };
}

function sizeOf(shape: readonly number[] | null): number {
  return (shape ?? []).reduce((product, size) => product * Math.max(1, size), 1);
}
