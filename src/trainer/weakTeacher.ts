import { dirname } from 'node:path';
import type { ParsedExperiment } from '../experiment/parse';
import type { ExperimentPath, Finding } from '../experiment/problem';
import { teachersOf, type Experiment } from '../experiment/schema';
import { fingerprintsOf } from '../runs/fingerprint';
import { RunStore } from '../runs/store';
import type { RunSummary } from '../runs/summary';
import { findWorkspace } from '../runs/workspace';
import { teacherPath } from './assemble';
import { readTeacherExperiment } from './teacherArchitecture';

/** Stores remember runs that have ended, so they are kept: by workspace. */
const stores = new Map<string, RunStore>();

/**
 * A warning for each teacher that is known to be no better than the student without it: both have runs of the workspace
 * that have finished. A teacher counts with the checkpoint that would teach, its best; the student with its last epoch.
 */
export async function findWeakTeachers({ experiment, file }: ParsedExperiment): Promise<Finding[]> {
  if (experiment === null || teachersOf(experiment).length === 0) return [];
  const workspace = await findWorkspace(dirname(file));
  const store = stores.get(workspace) ?? new RunStore(workspace);
  stores.set(workspace, store);
  const finished = (await store.list()).runs.filter(({ state }) => state === 'finished');
  if (finished.length === 0) return [];
  const { fingerprint, baselineFingerprint } = await fingerprintsOf(experiment, file);
  const alone = newest(finished, baselineFingerprint)?.progress?.last?.accuracy;
  if (alone === undefined) return [];
  const accuracies = await accuraciesOf(experiment, file, finished, fingerprint);
  return accuracies.flatMap((accuracy, member): Finding[] => {
    if (accuracy === null || accuracy > alone) return [];
    const at = teacherPath(experiment, member);
    return [
      {
        path: at,
        part: 'key',
        severity: 'warning',
        code: 'weak-teacher',
        message: explain(accuracy, alone, at),
      },
    ];
  });
}

/** What is known of each teacher: from its own finished run, or measured in a finished run that it taught. */
async function accuraciesOf(
  experiment: Experiment,
  file: string,
  finished: readonly RunSummary[],
  fingerprint: string,
): Promise<(number | null)[]> {
  const taught = newest(finished, fingerprint)?.progress?.teachers ?? [];
  const accuracies: (number | null)[] = [];
  for (const [member, config] of teachersOf(experiment).entries()) {
    if ('model' in config) {
      accuracies.push(taught[member]?.accuracy ?? null);
      continue;
    }
    const read = await readTeacherExperiment(config, dirname(file));
    const own = 'refusal' in read ? null : (await fingerprintsOf(read.experiment, read.file)).fingerprint;
    const best = own === null ? null : newest(finished, own)?.progress?.best;
    accuracies.push(best?.accuracy ?? null);
  }
  return accuracies;
}

/** Runs come newest first. */
function newest(runs: readonly RunSummary[], fingerprint: string): RunSummary | undefined {
  return runs.find((run) => run.fingerprint === fingerprint);
}

function explain(teacher: number, student: number, at: ExperimentPath): string {
  const percent = (accuracy: number): string => `${(100 * accuracy).toFixed(2)} %`;
  const which = at.length > 1 ? `The teacher ${String(at[1])}` : 'The teacher';
  return `${which} is no better than the student that was trained alone: ${percent(teacher)} against ${percent(student)} of the test images. Train a better teacher first.`;
}
