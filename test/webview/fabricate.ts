import { keyedRandom } from '../../src/random/keyed';
import type { RunProgress } from '../../src/runs/record';
import type { CurveDelta, EvaluationRows, TrainingRows } from '../../src/runs/series';
import type { RunState, RunSummary } from '../../src/runs/summary';

/** A training to make up: losses fall exponentially in noise, as those of a real one do. */
export interface Plan {
  id: string;
  name?: string;
  state?: RunState;
  /** Rows of training metrics, one every `every` steps. */
  rows?: number;
  every?: number;
  epochs?: number;
  terms?: readonly ('hard' | 'soft' | 'hint 1' | 'hint 2')[];
  /** A first stage of this many rows trains on the hints alone, as FitNets do. */
  hintRows?: number;
  /** Highest test accuracy it comes near to. */
  ceiling?: number;
  teacherAccuracy?: number | null;
  resumes?: number[];
  reason?: string;
  phase?: string;
}

const START = Date.UTC(2026, 2, 14, 9, 26, 53);

/** The columns that a run of this plan would have written, with noise from its id. */
export function fabricateCurves(plan: Plan): CurveDelta {
  const { id, rows = 400, every = 10, epochs = 10, hintRows = 0, ceiling = 0.98 } = plan;
  const terms = plan.terms ?? ['hard', 'soft'];
  const random = keyedRandom('fabricated', id);
  const noise = (size: number) => 1 + size * (random() + random() + random() - 1.5);
  const pace = 0.6 + 0.8 * random();
  const training: TrainingRows = {
    step: [],
    epoch: [],
    at: [],
    learningRate: [],
    gradientNorm: [],
    imagesPerSecond: [],
    trainAccuracy: [],
    losses: Object.fromEntries(['total', ...terms].map((term) => [term, []])),
  };
  const evaluation: EvaluationRows = { step: [], epoch: [], at: [], accuracy: [], loss: [] };
  const perEpoch = Math.max(1, Math.round(rows / epochs));
  for (let row = 0; row < rows; row += 1) {
    const hintsOnly = row < hintRows;
    const share = row / rows;
    const falling = Math.exp(-8 * pace * share);
    const at = START + row * 450 + Math.floor(row / perEpoch) * 900;
    const losses = termLosses(terms, falling, share, hintsOnly, noise);
    training.step.push((row + 1) * every);
    training.epoch.push(((row + 1) / rows) * epochs);
    training.at.push(at);
    training.learningRate.push(Math.max(1e-6, 1e-3 * 0.5 * (1 + Math.cos(Math.PI * share))));
    training.gradientNorm.push((0.4 + 4 * falling) * noise(0.5));
    training.imagesPerSecond.push(9000 * noise(0.1));
    training.trainAccuracy.push(
      hintsOnly ? null : Math.min(1, (ceiling + 0.008) * (1 - 0.9 * falling * noise(0.15))),
    );
    for (const [term, column] of Object.entries(training.losses)) column.push(losses[term] ?? null);
    if ((row + 1) % perEpoch === 0) {
      evaluation.step.push((row + 1) * every);
      evaluation.epoch.push(((row + 1) / rows) * epochs);
      evaluation.at.push(at + 900);
      evaluation.accuracy.push(hintsOnly ? 0.1 * noise(0.2) : ceiling * (1 - 0.85 * falling * noise(0.1)));
      evaluation.loss.push(0.06 + 2.2 * falling * noise(0.1));
    }
  }
  return {
    run: id,
    generation: 0,
    seq: 0,
    training,
    evaluation,
    resumes: plan.resumes ?? [],
    stages:
      hintRows === 0
        ? [{ name: 'training', firstStep: 0, steps: rows * every }]
        : [
            { name: 'hints', firstStep: 0, steps: hintRows * every },
            { name: 'distillation', firstStep: hintRows * every, steps: (rows - hintRows) * every },
          ],
    teacherAccuracy: plan.teacherAccuracy ?? null,
  };
}

function termLosses(
  terms: readonly string[],
  falling: number,
  share: number,
  hintsOnly: boolean,
  noise: (size: number) => number,
): Record<string, number> {
  const losses: Record<string, number> = {};
  for (const term of terms) {
    if (term === 'hard' && !hintsOnly) losses[term] = 0.1 * (0.05 + 2.25 * falling) * noise(0.6);
    if (term === 'soft' && !hintsOnly) losses[term] = 0.9 * (0.12 + 6 * falling) * noise(0.4);
    if (term.startsWith('hint')) losses[term] = (0.08 + 0.5 * Math.exp(-14 * share)) * noise(0.12);
  }
  losses['total'] = Object.values(losses).reduce((sum, value) => sum + value, 0);
  return losses;
}

/** What the list of runs says of a run of this plan. */
export function fabricateRun(plan: Plan): RunSummary {
  const { id, state = 'finished', rows = 400, every = 10, epochs = 10 } = plan;
  const curves = fabricateCurves(plan);
  const totalSteps = state === 'finished' ? rows * every : Math.round(rows * every * 1.6);
  const begun = plan.phase === undefined;
  const progress: RunProgress = {
    process: { pid: 4242, startedAt: null, hostname: 'lab' },
    at: new Date(START).toISOString(),
    phase: plan.phase ?? 'training',
    step: begun ? rows * every : 0,
    totalSteps,
    epoch: begun ? (epochs * rows * every) / totalSteps : 0,
    totalEpochs: epochs,
    imagesPerSecond: 9000,
    secondsLeft: state === 'running' && begun ? 184 : null,
    losses: {},
    best: begun ? measurement(curves.evaluation, bestRow(curves.evaluation)) : null,
    last: begun ? measurement(curves.evaluation, curves.evaluation.step.length - 1) : null,
    parameters: 61_706,
    multiplyAdds: 416_520,
    teachers:
      plan.teacherAccuracy === undefined
        ? []
        : [{ run: 'teacher', name: 'mnist-teacher', accuracy: plan.teacherAccuracy }],
  };
  return {
    id,
    directory: `/home/ada/study/.distillery/runs/${id}`,
    name: plan.name ?? id,
    role: plan.teacherAccuracy === undefined ? 'student' : 'distilled',
    state,
    experimentPath: `experiments/${plan.name ?? id}.distill.yaml`,
    fingerprint: id,
    baselineFingerprint: id,
    createdAt: new Date(START).toISOString(),
    seed: 1,
    progress,
    end:
      state === 'running' || state === 'interrupted'
        ? null
        : {
            state,
            at: new Date(START).toISOString(),
            step: rows * every,
            reason: plan.reason ?? null,
            seconds: rows * 0.45,
          },
    labels: { archived: false, notes: '' },
  };
}

function bestRow({ accuracy }: EvaluationRows): number {
  return accuracy.indexOf(Math.max(...accuracy));
}

function measurement({ step, epoch, accuracy }: EvaluationRows, row: number) {
  const found = accuracy[row];
  return found === undefined ? null : { step: step[row]!, epoch: epoch[row]!, accuracy: found };
}

/** Cuts the curves of a run into deltas, each with some of its training rows; evaluations go with the last. */
export function cutIntoDeltas(whole: CurveDelta, count: number): CurveDelta[] {
  const rows = whole.training.step.length;
  return Array.from({ length: count }, (_, seq) => {
    const part = <T>(column: readonly T[]) =>
      column.slice(Math.floor((seq * rows) / count), Math.floor(((seq + 1) * rows) / count));
    const { step, epoch, at, learningRate, gradientNorm, imagesPerSecond, trainAccuracy, losses } =
      whole.training;
    return {
      ...whole,
      seq,
      training: {
        step: part(step),
        epoch: part(epoch),
        at: part(at),
        learningRate: part(learningRate),
        gradientNorm: part(gradientNorm),
        imagesPerSecond: part(imagesPerSecond),
        trainAccuracy: part(trainAccuracy),
        losses: Object.fromEntries(Object.entries(losses).map(([term, column]) => [term, part(column)])),
      },
      evaluation:
        seq === count - 1 ? whole.evaluation : { step: [], epoch: [], at: [], accuracy: [], loss: [] },
    };
  });
}
