import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { ModelError } from '../models/model';
import { readSafetensors, writeSafetensors, type StoredTensor } from '../models/safetensors';
import { storeTensors } from '../models/weights';
import { writeFileAtomic } from '../runs/files';

/** What a checkpoint remembers besides tensors. Randomness needs no more: it follows from the seed and the step. */
export const checkpointStateSchema = z.object({
  format: z.literal('distillery-checkpoint-1'),
  run: z.string(),
  seed: z.int(),
  /** Steps done. */
  step: z.int(),
  /** Index of the stage whose optimizer state is held. */
  stage: z.int(),
  best: z.object({ step: z.int(), epoch: z.number(), accuracy: z.number() }).nullable(),
  last: z.object({ step: z.int(), epoch: z.number(), accuracy: z.number() }).nullable(),
  /** Seconds of work so far, all attempts together. */
  seconds: z.number(),
  /** The targets of teachers that come from the cache, by the names of their inputs; a resumed run goes on so. */
  cachedTargets: z.array(z.string()).default([]),
});
export type CheckpointState = z.infer<typeof checkpointStateSchema>;

/** Tensors of a run by their names in checkpoints: `student/…`, `adapter-1/…`, `optimizer/…`. */
export type RunTensors = ReadonlyMap<string, tf.Variable>;

/** Tensors of a run as they are at one moment, ready to be written. */
export type Snapshot = ReadonlyMap<string, StoredTensor>;

/** Reads the tensors of a run. */
export function takeSnapshot(tensors: RunTensors): Promise<Snapshot> {
  return storeTensors(tensors);
}

/** The first number of a snapshot that is not finite, and the name of its tensor; null when there is none. */
export function findNotFinite(snapshot: Snapshot): { name: string; value: number } | null {
  for (const [name, { data }] of snapshot) {
    for (const element of data) {
      const value = Number(element);
      if (!Number.isFinite(value)) return { name, value };
    }
  }
  return null;
}

/** Writes a checkpoint: whole and on the disk, or not at all. */
export async function saveCheckpoint(
  file: string,
  snapshot: Snapshot,
  state: CheckpointState,
): Promise<void> {
  await writeFileAtomic(file, writeSafetensors(snapshot, { state: JSON.stringify(state) }));
}

/**
 * Reads a checkpoint of this run.
 *
 * @throws ModelError when the file is damaged or is no checkpoint of the run.
 */
export async function readCheckpoint(
  file: string,
  run: string,
): Promise<{ state: CheckpointState; tensors: ReadonlyMap<string, StoredTensor> }> {
  const { metadata, tensors } = await readSafetensors(file);
  const state = parseState(metadata['state']);
  if (state?.run !== run) {
    throw new ModelError('bad-weights', `${file} is no checkpoint of the run ${run}.`);
  }
  return { state, tensors };
}

function parseState(text: string | undefined): CheckpointState | null {
  if (text === undefined) return null;
  try {
    const parsed = checkpointStateSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * Puts the tensors of a checkpoint back.
 *
 * @throws ModelError that lists every tensor that is missing, left over or of another shape: the model's code has
 *   changed since.
 */
export function restoreTensors(
  file: string,
  stored: ReadonlyMap<string, StoredTensor>,
  tensors: RunTensors,
): void {
  const misfits = [
    ...[...tensors.keys()].filter((name) => !stored.has(name)).map((name) => `${name} is missing`),
    ...[...stored.keys()].filter((name) => !tensors.has(name)).map((name) => `${name} is left over`),
    ...[...tensors].flatMap(([name, variable]) => {
      const shape = stored.get(name)?.shape;
      if (!shape || tf.util.arraysEqual([...shape], variable.shape)) return [];
      return [`${name} is [${shape.join(', ')}], not [${variable.shape.join(', ')}]`];
    }),
  ];
  if (misfits.length > 0) {
    throw new ModelError(
      'bad-weights',
      `The checkpoint ${path.basename(file)} does not fit the models any more: ${misfits.join('; ')}. ` +
        'Was the model code changed since the run was started? Undo the change, or start a new run.',
    );
  }
  for (const [name, variable] of tensors) {
    const { data, shape } = stored.get(name)!;
    const tensor = tf.tensor(Float32Array.from(data as ArrayLike<number>), [...shape], 'float32');
    variable.assign(tensor);
    tensor.dispose();
  }
}
