import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readJsonIfPresent, writeJson } from './files';
import { RUN_FILES, stopRequestSchema, type StopRequest } from './record';

/**
 * Asks the trainer of a run to stop: it finishes its step, writes a checkpoint and an end record.
 * @param by Who asks, for people, e.g. `distillery stop`.
 */
export async function requestStop(runDirectory: string, by: string): Promise<void> {
  const file = join(runDirectory, RUN_FILES.stopRequest);
  await mkdir(dirname(file), { recursive: true });
  const request: StopRequest = { at: new Date().toISOString(), by };
  await writeJson(file, request);
}

/** The standing request to stop, or null. Cheap enough to ask at every step. */
export function readStopRequest(runDirectory: string): Promise<StopRequest | null> {
  return readJsonIfPresent(join(runDirectory, RUN_FILES.stopRequest), stopRequestSchema);
}

/** Takes a request to stop back, because it was obeyed or because the run is resumed. */
export async function clearStopRequest(runDirectory: string): Promise<void> {
  await rm(join(runDirectory, RUN_FILES.stopRequest), { force: true });
}
