import { join } from 'node:path';
import { readJson, readJsonIfPresent } from './files';
import { isAlive, seemsAlive, type Liveness } from './process';
import {
  progressSchema,
  RUN_FILES,
  runEndSchema,
  runLabelsSchema,
  runLaunchSchema,
  runRecordSchema,
  type RunEnd,
  type RunLabels,
  type RunLaunch,
  type RunProgress,
  type RunRecord,
} from './record';
import { deriveState, isFresh, lastLifeSign, type RunSigns } from './state';
import type { RunState } from './summary';

/** What the small files of a run folder hold; null for files that are not there yet, and for the launch of an ended run. */
export interface RunFolder {
  directory: string;
  record: RunRecord;
  launch: RunLaunch | null;
  progress: RunProgress | null;
  end: RunEnd | null;
  labels: RunLabels;
}

/**
 * Reads the small files of a run folder.
 * @throws {Error} When there is no record, or a file is torn or holds something else; the message names it.
 */
export async function readRunFolder(directory: string): Promise<RunFolder> {
  const [record, progress, end, labels] = await Promise.all([
    readRunRecord(directory),
    readJsonIfPresent(join(directory, RUN_FILES.progress), progressSchema),
    readRunEnd(directory),
    readJsonIfPresent(join(directory, RUN_FILES.labels), runLabelsSchema),
  ]);
  // Of thousands of runs nearly all have ended; who launched them does not matter any more.
  const launch =
    end === null ? await readJsonIfPresent(join(directory, RUN_FILES.launch), runLaunchSchema) : null;
  return { directory, record, launch, progress, end, labels: labels ?? runLabelsSchema.parse({}) };
}

/**
 * Reads `run.json`.
 * @throws {Error} When it is missing, torn or holds something else.
 */
export async function readRunRecord(directory: string): Promise<RunRecord> {
  const result = await readJson(join(directory, RUN_FILES.record), runRecordSchema);
  if (result.ok) return result.value;
  throw new Error(result.problem.message);
}

/** How a run ended, or null when it has not. */
export function readRunEnd(directory: string): Promise<RunEnd | null> {
  return readJsonIfPresent(join(directory, RUN_FILES.end), runEndSchema);
}

/** A run folder, and how the run stands. */
export interface Standing {
  folder: RunFolder;
  state: RunState;
}

/** Reads a run folder, and how the run stands. @throws As {@link readRunFolder}. */
export async function readStanding(directory: string): Promise<Standing> {
  return standingOf(await readRunFolder(directory));
}

/**
 * How a run stands whose folder was read just now. A trainer that is dead may have written how its run ended after that
 * look and before this one; then the folder is read once more.
 */
export async function standingOf(folder: RunFolder): Promise<Standing> {
  const state = await readState(folder);
  if (state !== 'interrupted' || folder.end !== null) return { folder, state };
  const again = await readRunFolder(folder.directory);
  return { folder: again, state: await readState(again) };
}

/** How a run stands now, from its files and from whether its trainer lives. */
export async function readState(signs: RunSigns): Promise<RunState> {
  const now = Date.now();
  return deriveState(signs, await livenessOf(signs, now), now);
}

async function livenessOf(signs: RunSigns, now: number): Promise<Liveness> {
  const sign = lastLifeSign(signs);
  if (signs.end !== null || sign.process === null) return 'elsewhere';
  return isFresh(sign, now) ? seemsAlive(sign.process) : isAlive(sign.process);
}
