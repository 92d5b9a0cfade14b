import { resolve } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { splitModelReference } from '../experiment/files';
import type { LoadedModel, LoadOptions } from '../models/load';
import { ModelError, type ModelContext } from '../models/model';
import type { OpenedModel, OpenOptions } from '../models/opened';
import { modelCodeFiles } from '../runs/modelCode';
import { weightFilesOf } from '../runs/networkFile';
import { freshModels, type ModelSource } from '../trainer/modelSource';
import { areUnchanged, stampFiles, type Stamps } from './stamps';

/** Bytes of weights that are kept: those of a few large networks. */
const capacity = 512 * 1024 * 1024;

/** A model that was made, or why it was not. */
interface Shelved {
  outcome: LoadedModel | OpenedModel | ModelError;
  stamps: Stamps;
  bytes: number;
  /** What came of loading weights into it. */
  weights: { file: string; stamps: Stamps; failure: ModelError | null } | null;
}

/**
 * Models that were built to be looked at, kept until a file that they were made from changes. Their weights are of no
 * meaning. What was not asked for in the longest time is thrown away first, between two pictures.
 */
export class ModelShelf implements ModelSource {
  /** By everything that a model depends on but its files; the one used last comes last. */
  private readonly shelved = new Map<string, Shelved>();

  /** @param source builds what is not there. */
  constructor(
    private readonly source: ModelSource = freshModels,
    private readonly mostBytes = capacity,
  ) {}

  /** As `loadModel`, whose `random` does not count. */
  async load(reference: string, context: ModelContext, options: LoadOptions): Promise<LoadedModel> {
    const key = JSON.stringify([reference, context, options.baseDirectory]);
    const { outcome } = await this.find(key, () => this.build(reference, context, options));
    if (outcome instanceof ModelError) throw outcome;
    if (!('model' in outcome)) throw new TypeError(`${reference} is no code.`);
    return outcome;
  }

  /** As `openModel`, whose `random` does not count. The shelf disposes of what it gives. */
  async open(reference: string, options: OpenOptions): Promise<OpenedModel> {
    const { baseDirectory, context, weights, normalize } = options;
    const key = JSON.stringify([reference, context, baseDirectory, weights, normalize]);
    const { outcome } = await this.find(key, () => this.openNetwork(reference, options));
    if (outcome instanceof ModelError) throw outcome;
    if (!('outputs' in outcome)) throw new TypeError(`${reference} is no network in a file.`);
    return outcome;
  }

  /** As `loadWeightsInto`; a file that was loaded already is not read again. */
  async loadWeights(model: tf.LayersModel, file: string): Promise<void> {
    const shelved = [...this.shelved.values()].find(
      ({ outcome }) => 'model' in outcome && outcome.model === model,
    );
    const known = shelved?.weights;
    if (known?.file === file && (await areUnchanged(known.stamps))) {
      if (known.failure !== null) throw known.failure;
      return;
    }
    const stamps = await stampFiles([file]);
    const failure = await this.source.loadWeights(model, file).then(
      () => null,
      (error: unknown) => asModelError(error),
    );
    if (shelved !== undefined) shelved.weights = { file, stamps, failure };
    if (failure !== null) throw failure;
  }

  /** Throws away what is too much to keep. Not while models are in use. */
  tidy(): void {
    let bytes = [...this.shelved.values()].reduce((sum, each) => sum + each.bytes, 0);
    for (const [key, each] of this.shelved) {
      if (bytes <= this.mostBytes) return;
      bytes -= each.bytes;
      this.remove(key);
    }
  }

  /** What is kept, made anew where a file has changed, as what was used last. */
  private async find(key: string, make: () => Promise<Shelved>): Promise<Shelved> {
    let shelved = this.shelved.get(key);
    if (shelved === undefined || !(await areUnchanged(shelved.stamps))) {
      this.remove(key);
      shelved = await make();
    }
    this.shelved.delete(key);
    this.shelved.set(key, shelved);
    return shelved;
  }

  private async openNetwork(reference: string, options: OpenOptions): Promise<Shelved> {
    const { baseDirectory, weights } = options;
    const stamps = await stampFiles([
      ...(await filesOfModel(reference, baseDirectory)),
      ...(weights === null ? [] : [weights]),
    ]);
    const outcome = await this.source.open(reference, options).catch((error: unknown) => asModelError(error));
    const parameters = 'table' in outcome ? outcome.table.rows.map((row) => row.parameters) : [];
    const bytes = 4 * parameters.reduce((sum, count) => sum + count, 0);
    return { outcome, stamps, bytes, weights: null };
  }

  private async build(reference: string, context: ModelContext, options: LoadOptions): Promise<Shelved> {
    // Looked at before they are read: what changes meanwhile counts as changed.
    const stamps = await stampFiles(await filesOfModel(reference, options.baseDirectory));
    const outcome = await this.source
      .load(reference, context, options)
      .catch((error: unknown) => asModelError(error));
    const bytes = 'model' in outcome ? outcome.model.countParams() * 4 : 0;
    return { outcome, stamps, bytes, weights: null };
  }

  private remove(key: string): void {
    const outcome = this.shelved.get(key)?.outcome;
    this.shelved.delete(key);
    if (outcome === undefined || outcome instanceof ModelError) return;
    if ('model' in outcome) outcome.model.dispose();
    else outcome.dispose();
  }
}

/**
 * Absolute paths of all files whose change may change a model, also those that are not there and would be found if they
 * were.
 */
export async function filesOfModel(reference: string, baseDirectory: string): Promise<string[]> {
  const split = splitModelReference(reference);
  if (split.kind === 'zoo') return [];
  const file = resolve(baseDirectory, split.path);
  if (split.kind === 'network') return [file, ...(await weightFilesOf(file))];
  const { files, missing } = await modelCodeFiles(file);
  return [...files, ...missing];
}

/** @throws the error itself when it is not about the model. */
function asModelError(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  throw error;
}
