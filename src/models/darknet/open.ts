import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { LayerTable } from '../../layers/table';
import { unknownLayer } from '../graph';
import { ModelError } from '../model';
import type { OpenedModel, OpenOptions } from '../opened';
import { listTensors } from '../outputs';
import { buildNetwork, type BuiltNetwork } from './build';
import type { MapShape, Network, Yolo } from './layers';
import { readNetwork } from './network';
import { darknetTable, showShape } from './rows';
import { assignWeights, randomizeWeights, readWeights, type WeightsFile } from './weights';

/** A [yolo] of a network: how its output becomes boxes. */
export interface YoloHead extends Omit<Yolo, 'kind'> {
  /** Name of the layer, whose output is `[batch, rows, columns, anchors · (5 + classes)]`. */
  layer: string;
}

/** A Darknet network. Its first output is that of its first [yolo]. */
export interface DarknetModel extends OpenedModel {
  readonly layersModel: tf.LayersModel;
  /** Empty for a classifier. */
  readonly heads: readonly YoloHead[];
  /** Whether images are to be put into the input with their aspect kept, as `letter_box=1` of [net] says. */
  readonly letterbox: boolean;
}

/** Whether a model was made of a Darknet cfg. */
export function isDarknetModel(model: OpenedModel): model is DarknetModel {
  return model instanceof OpenedDarknet;
}

/**
 * Opens a Darknet cfg, with the weights of `options.weights`. Without a file its weights are drawn from `options.random`
 * when they are needed first, so that the table of a big network costs nothing. `options.context` decides the size of the
 * image, else [net] does.
 *
 * @param file the cfg, absolute or relative to `options.baseDirectory`.
 * @throws ModelError `missing-file`, `bad-model` with the place in the cfg, `bad-weights`.
 */
export async function openDarknet(file: string, options: OpenOptions): Promise<DarknetModel> {
  const cfg = path.resolve(options.baseDirectory, file);
  const network = readNetwork(await readCfg(cfg), cfg, options.context?.inputShape ?? null);
  const weights = options.weights === null ? null : await readWeights(options.weights, network);
  const built = buildNetwork(network, options.normalize);
  if (weights !== null) assignWeights(built, weights.floats);
  const files = options.weights === null ? [cfg] : [cfg, options.weights];
  const table = darknetTable(network, file, files, [noteOf(weights)]);
  return new OpenedDarknet(table, network, built, weights === null ? (options.random ?? Math.random) : null);
}

async function readCfg(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError('missing-file', `The Darknet cfg ${file} cannot be read: ${reason}.`);
  });
}

function noteOf(weights: WeightsFile | null): string {
  if (weights === null) return 'Darknet without a file of weights: they are random.';
  return `Weights by Darknet ${weights.version.join('.')} after ${weights.seen.toLocaleString('en-US')} images.`;
}

class OpenedDarknet implements DarknetModel {
  readonly heads: readonly YoloHead[];
  readonly letterbox: boolean;
  private readonly tapped = new Map<string, tf.LayersModel>();

  constructor(
    readonly table: LayerTable,
    private readonly network: Network,
    private readonly built: BuiltNetwork,
    /** Draws the weights that no file gave; null once they are there. */
    private random: (() => number) | null,
  ) {
    this.letterbox = network.letterbox;
    this.heads = network.layers.flatMap(({ name, operation }) => {
      if (operation.kind !== 'yolo') return [];
      const { classes, anchors, scaleXY, newCoordinates } = operation;
      return [{ layer: name, classes, anchors, scaleXY, newCoordinates }];
    });
  }

  get layersModel(): tf.LayersModel {
    if (this.random !== null) randomizeWeights(this.built, this.random);
    this.random = null;
    return this.built.model;
  }

  outputs(images: tf.Tensor4D, wanted: readonly (string | null)[]): tf.Tensor[] {
    const indices = wanted.map((name) => (name === null ? this.network.outputs[0]! : this.indexOf(name)));
    refuseShape(images.shape, this.network.input);
    const distinct = [...new Set(indices)];
    const model = this.tap(distinct);
    return tf.tidy(() => {
      const given = listTensors(model.apply(images, { training: false }));
      return indices.map((index, place) => {
        const tensor = given[distinct.indexOf(index)]!;
        // The first output may be asked for by its name too; each belongs to the caller alone.
        return indices.indexOf(index) === place ? tensor : tf.clone(tensor);
      });
    });
  }

  dispose(): void {
    this.built.model.dispose();
  }

  private indexOf(name: string): number {
    const index = this.network.layers.findIndex((layer) => layer.name === name);
    if (index >= 0) return index;
    throw unknownLayer(
      name,
      this.network.layers.map((layer) => layer.name),
    );
  }

  /** A model of the same layers that gives the outputs of some of them. */
  private tap(indices: readonly number[]): tf.LayersModel {
    const key = indices.join();
    const { inputs } = this.layersModel;
    const found = this.tapped.get(key);
    if (found !== undefined) return found;
    const model = tf.model({ inputs, outputs: indices.map((index) => this.built.outputs[index]!) });
    this.tapped.set(key, model);
    return model;
  }
}

function refuseShape([, ...shape]: readonly number[], input: MapShape): void {
  if (shape.join() === input.join()) return;
  throw new ModelError(
    'bad-model',
    `The network takes images of ${showShape(input)} (height, width, channels), not ${shape.join('×')}.`,
  );
}
