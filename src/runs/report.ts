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
    rowOf(run, reportRole(roleAmong(run, runs))),
  ];
}

/**
 * The runs side by side, in the given order; one that teaches another of them is called a teacher.
 * @param all Every run of the workspace.
 */
export function compareRuns(runs: readonly RunSummary[], all: readonly RunSummary[]): ReportRow[] {
  return runs.map((run) => rowOf(run, teachesAny(run, runs) ? 'teacher' : reportRole(roleAmong(run, all))));
}

/**
 * What a run is to the others: `distilled` with a teacher of its own, else `teacher` when it was meant to be one or
 * has taught another run, else `student`.
 * @param runs Every run of the workspace.
 */
export function roleAmong(run: RunSummary, runs: readonly RunSummary[]): RunSummary['role'] {
  return run.role === 'student' && teachesAny(run, runs) ? 'teacher' : run.role;
}

/** Whether any of the runs was taught by this one. */
function teachesAny({ id }: RunSummary, runs: readonly RunSummary[]): boolean {
  return runs.some(({ progress }) => progress?.teachers.some((teacher) => teacher.run === id) ?? false);
}

/**
 * The newest finished run of the student of a distilled run, trained alone.
 * @param runs Every run of the workspace, newest first.
 */
export function findBaseline(run: RunSummary, runs: readonly RunSummary[]): RunSummary | null {
  if (run.role !== 'distilled') return null;
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

function reportRole(role: RunSummary['role']): ReportRole {
  return ({ teacher: 'teacher', student: 'student alone', distilled: 'distilled student' } as const)[role];
}

function errorOf(accuracy: number | null): number | null {
  return accuracy === null ? null : 1 - accuracy;
}
