import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withClaim } from './claim';
import { isMissing } from './files';
import { RUN_FILES } from './record';
import type { RunStore } from './store';
import type { RunSummary } from './summary';

export interface TeacherRuns {
  /** The newest run that has finished and has a best checkpoint: the teacher. */
  finished: RunSummary | null;
  /** Else the newest run that is on its way there, to wait for, or that was stopped or interrupted, to resume. */
  unfinished: { id: string; directory: string; running: boolean } | null;
}

/**
 * The runs of a workspace that can teach.
 * @param fingerprint Of the teacher's experiment (fingerprint.ts).
 */
export async function findTeacherRun(store: RunStore, fingerprint: string): Promise<TeacherRuns> {
  const { runs } = await store.list();
  const candidates = runs.filter((run) => run.fingerprint === fingerprint);
  for (const run of candidates) {
    if (run.state === 'finished' && (await hasBestCheckpoint(run))) {
      return { finished: run, unfinished: null };
    }
  }
  const unfinished =
    candidates.find(({ state }) => state === 'running') ??
    candidates.find(({ state }) => state === 'interrupted' || state === 'stopped');
  if (unfinished === undefined) return { finished: null, unfinished: null };
  const { id, directory, state } = unfinished;
  return { finished: null, unfinished: { id, directory, running: state === 'running' } };
}

/**
 * Looks for a teacher and starts one where there is none, without anyone else doing so at the same time: students that
 * are started together share their teacher.
 * @param action Returns as soon as the teacher's run has been started.
 */
export function withTeacherClaim<T>(
  store: RunStore,
  fingerprint: string,
  action: () => Promise<T>,
): Promise<T> {
  return withClaim(join(store.folder, `.teacher-${fingerprint}`), action);
}

async function hasBestCheckpoint(run: RunSummary): Promise<boolean> {
  try {
    return (await stat(join(run.directory, RUN_FILES.bestCheckpoint))).isFile();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
