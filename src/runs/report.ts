import type { RunState, RunSummary } from './summary';

export type ReportRole = 'teacher' | 'student alone' | 'distilled student';

/** A row of the table that compares runs. What is not known is null. */
export interface ReportRow {
  role: ReportRole;
  /** Null for a teacher that was given by its weights: nobody here trained it. */
  id: string | null;
  name: string;
  state: RunState | null;
  /**
   * On the test images, 0–1: of a student after its last epoch, so that nothing is selected on the test images; of a
   * teacher with the checkpoint that teaches, its best.
   */
  accuracy: number | null;
  /** 1 − accuracy. */
  error: number | null;
  parameters: number | null;
  /** For one image. */
  multiplyAdds: number | null;
  /** Epochs completed, fractional. */
  epochs: number | null;
  /** Seconds of work, all attempts together. Null until the run has ended. */
  seconds: number | null;
}

/**
 * What a run amounts to: its teachers in order, its student trained alone when that was done, and the run itself.
 * @param runs Every run of the workspace, newest first.
 */
export function reportOf(run: RunSummary, runs: readonly RunSummary[]): ReportRow[] {
  const baseline = findBaseline(run, runs);
  return [
    ...teacherRows(run, runs),
    ...(baseline === null ? [] : [rowOf(baseline, 'student alone')]),
    rowOf(run, roleOf(run)),
  ];
}

/**
 * The runs side by side, in the given order; one that teaches another of them is called a teacher.
 */
export function compareRuns(runs: readonly RunSummary[]): ReportRow[] {
  const teaching = new Set(runs.flatMap((run) => run.progress?.teachers.map((teacher) => teacher.run) ?? []));
  return runs.map((run) => rowOf(run, teaching.has(run.id) ? 'teacher' : roleOf(run)));
}

/**
 * The newest finished run of the student of a distilled run, trained alone.
 * @param runs Every run of the workspace, newest first.
 */
export function findBaseline(run: RunSummary, runs: readonly RunSummary[]): RunSummary | null {
  if (run.role === 'student') return null;
  return (
    runs.find((other) => other.fingerprint === run.baselineFingerprint && other.state === 'finished') ?? null
  );
}

function teacherRows(run: RunSummary, runs: readonly RunSummary[]): ReportRow[] {
  return (run.progress?.teachers ?? []).map((teacher) => {
    const trained = runs.find(({ id }) => id === teacher.run);
    if (trained !== undefined) return rowOf(trained, 'teacher');
    return {
      role: 'teacher',
      id: teacher.run,
      name: teacher.name,
      state: null,
      accuracy: teacher.accuracy,
      error: errorOf(teacher.accuracy),
      parameters: null,
      multiplyAdds: null,
      epochs: null,
      seconds: null,
    };
  });
}

function rowOf(run: RunSummary, role: ReportRole): ReportRow {
  const measured = role === 'teacher' ? run.progress?.best : run.progress?.last;
  const accuracy = measured?.accuracy ?? null;
  return {
    role,
    id: run.id,
    name: run.name,
    state: run.state,
    accuracy,
    error: errorOf(accuracy),
    parameters: run.progress?.parameters ?? null,
    multiplyAdds: run.progress?.multiplyAdds ?? null,
    epochs: run.progress?.epoch ?? null,
    seconds: run.end?.seconds ?? null,
  };
}

function roleOf(run: RunSummary): ReportRole {
  return run.role === 'distilled' ? 'distilled student' : 'student alone';
}

function errorOf(accuracy: number | null): number | null {
  return accuracy === null ? null : 1 - accuracy;
}
