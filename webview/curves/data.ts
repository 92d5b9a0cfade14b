import type { CurveDelta, EvaluationRows, TrainingRows } from '../../src/runs/series';

/** Everything known of the curves of a run: the deltas of one generation, put together. Rows are appended in place. */
export interface RunCurves {
  readonly run: string;
  readonly generation: number;
  /** Number of the delta that comes next. */
  nextSeq: number;
  /** Rises with every change, so that what is derived from the rows knows when it is out of date. */
  version: number;
  readonly training: TrainingRows;
  readonly evaluation: EvaluationRows;
  resumes: CurveDelta['resumes'];
  stages: CurveDelta['stages'];
  teacherAccuracy: number | null;
}

/**
 * - `merged`: the rows were taken in;
 * - `stale`: the delta was known already, or belongs to rows that became void;
 * - `gap`: a delta before this one is missing, and the run must be sent again from the start.
 */
export type Merge = { kind: 'merged'; curves: RunCurves } | { kind: 'stale' } | { kind: 'gap' };

/**
 * Puts a delta behind what is held of its run. A delta with `seq` 0 always begins anew, whatever is held: it is the
 * answer to a resync, the first delta of a new generation, or that of a host that was restarted.
 */
export function mergeDelta(held: RunCurves | undefined, delta: CurveDelta): Merge {
  if (delta.seq === 0) return { kind: 'merged', curves: begin(delta) };
  if (held === undefined || delta.generation > held.generation) return { kind: 'gap' };
  if (delta.generation < held.generation || delta.seq < held.nextSeq) return { kind: 'stale' };
  if (delta.seq > held.nextSeq) return { kind: 'gap' };
  append(held, delta);
  return { kind: 'merged', curves: held };
}

function begin(delta: CurveDelta): RunCurves {
  const curves: RunCurves = {
    run: delta.run,
    generation: delta.generation,
    nextSeq: 0,
    version: 0,
    training: {
      step: [],
      epoch: [],
      at: [],
      learningRate: [],
      gradientNorm: [],
      imagesPerSecond: [],
      trainAccuracy: [],
      losses: {},
    },
    evaluation: { step: [], epoch: [], at: [], accuracy: [], loss: [] },
    resumes: [],
    stages: [],
    teacherAccuracy: null,
  };
  append(curves, delta);
  return curves;
}

function append(curves: RunCurves, delta: CurveDelta): void {
  appendTraining(curves.training, delta.training);
  for (const column of ['step', 'epoch', 'at', 'accuracy', 'loss'] as const) {
    extend(curves.evaluation[column], delta.evaluation[column]);
  }
  curves.resumes = delta.resumes;
  curves.stages = delta.stages;
  curves.teacherAccuracy = delta.teacherAccuracy;
  curves.nextSeq = delta.seq + 1;
  curves.version += 1;
}

function appendTraining(held: TrainingRows, added: TrainingRows): void {
  const before = held.step.length;
  const count = added.step.length;
  for (const column of ['step', 'epoch', 'at', 'learningRate', 'gradientNorm', 'imagesPerSecond'] as const) {
    extend(held[column], added[column]);
  }
  extend(held.trainAccuracy, added.trainAccuracy);
  for (const term of Object.keys(added.losses)) held.losses[term] ??= absent(before);
  for (const [term, column] of Object.entries(held.losses)) {
    extend(column, added.losses[term] ?? absent(count));
  }
}

function absent(count: number): null[] {
  return Array.from({ length: count }, () => null);
}

/** Not `push(...added)`: a whole run has more rows than a call may have arguments. */
function extend<T>(held: T[], added: readonly T[]): void {
  for (const value of added) held.push(value);
}
