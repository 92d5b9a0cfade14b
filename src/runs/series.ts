import type { RunEvent } from './events';

/** The rows of `step` events, column by column; all arrays have the same length. A term absent at a step is null. */
export interface TrainingRows {
  step: number[];
  epoch: number[];
  /** Milliseconds since 1970. */
  at: number[];
  learningRate: number[];
  gradientNorm: number[];
  imagesPerSecond: number[];
  trainAccuracy: (number | null)[];
  /** `total`, `hard`, `soft`, `hint 1`, … weighted as they enter the total. */
  losses: Record<string, (number | null)[]>;
}

/** The rows of `evaluate` events, on the test images. */
export interface EvaluationRows {
  step: number[];
  epoch: number[];
  at: number[];
  accuracy: number[];
  loss: number[];
}

/** What was added to the curves of a run. */
export interface CurveDelta {
  run: string;
  /** Rises whenever earlier rows became void (a resume): the reader drops what it holds and starts from this delta. */
  generation: number;
  /** Number of this delta within its generation, from 0; a gap means: ask for everything again. */
  seq: number;
  training: TrainingRows;
  evaluation: EvaluationRows;
  /** Steps at which an attempt was resumed; drawn as a break. The whole list each time. */
  resumes: number[];
  /** The whole list each time. */
  stages: { name: string; firstStep: number; steps: number }[];
  /** The teacher's test accuracy, for the reference line. */
  teacherAccuracy: number | null;
}

export type StartEvent = Extract<RunEvent, { type: 'start' }>;
type StepEvent = Extract<RunEvent, { type: 'step' }>;

/** The curves of one run, built from its events in order, and handed out whole or in pieces. */
export class RunSeries {
  private training = sliceTraining(emptyTraining, 0);
  private evaluation = sliceEvaluation(emptyEvaluation, 0);
  private resumes: number[] = [];
  private stages: CurveDelta['stages'] = [];
  private teacherAccuracy: number | null = null;
  private generation = 0;
  private nextSeq = 0;
  private sentTraining = 0;
  private sentEvaluation = 0;
  /** Whether something was added or changed since the last delta. */
  private changed = false;

  /** @param run Id of the run, for the deltas. */
  constructor(private readonly run: string) {}

  apply(event: RunEvent): void {
    switch (event.type) {
      case 'start':
        this.start(event);
        break;
      case 'step':
        appendStep(this.training, event);
        this.changed = true;
        break;
      case 'evaluate':
        this.evaluation.step.push(event.step);
        this.evaluation.epoch.push(event.epoch);
        this.evaluation.at.push(event.at);
        this.evaluation.accuracy.push(event.test.accuracy);
        this.evaluation.loss.push(event.test.loss);
        this.changed = true;
        break;
      case 'model':
        if (event.which === 'teacher' && event.metrics !== null) {
          // An ensemble is measured after its members: the last one told is what teaches.
          this.teacherAccuracy = event.metrics.accuracy;
          this.changed = true;
        }
        break;
      case 'adapter':
      case 'targets':
      case 'checkpoint':
      case 'warning':
      case 'note':
      case 'end':
        break;
    }
  }

  /**
   * What was added since the last delta, null when nothing was. Everything, as delta 0 of a new generation, when rows
   * became void since.
   */
  delta(): CurveDelta | null {
    if (!this.changed) return null;
    const delta: CurveDelta = {
      run: this.run,
      generation: this.generation,
      seq: this.nextSeq,
      training: sliceTraining(this.training, this.sentTraining),
      evaluation: sliceEvaluation(this.evaluation, this.sentEvaluation),
      resumes: [...this.resumes],
      stages: this.stages.map((stage) => ({ ...stage })),
      teacherAccuracy: this.teacherAccuracy,
    };
    this.changed = false;
    this.nextSeq += 1;
    this.sentTraining = this.training.step.length;
    this.sentEvaluation = this.evaluation.step.length;
    return delta;
  }

  /** Everything so far, as delta 0 of its generation; the next {@link delta} follows it as number 1. */
  whole(): CurveDelta {
    this.restart();
    this.changed = true;
    return this.delta()!;
  }

  private start({ fromStep, stages }: StartEvent): void {
    const training = countUpTo(this.training.step, fromStep);
    const evaluation = countUpTo(this.evaluation.step, fromStep);
    const isVoid = training < this.training.step.length || evaluation < this.evaluation.step.length;
    if (isVoid) {
      this.training = sliceTraining(this.training, 0, training);
      this.evaluation = sliceEvaluation(this.evaluation, 0, evaluation);
      this.generation += 1;
      this.restart();
    }
    this.resumes = this.resumes.filter((step) => step < fromStep);
    if (fromStep > 0) this.resumes.push(fromStep);
    this.stages = stages.map(({ name, firstStep, steps }) => ({ name, firstStep, steps }));
    this.changed = true;
  }

  private restart(): void {
    this.nextSeq = 0;
    this.sentTraining = 0;
    this.sentEvaluation = 0;
  }
}

const emptyTraining: Readonly<TrainingRows> = {
  step: [],
  epoch: [],
  at: [],
  learningRate: [],
  gradientNorm: [],
  imagesPerSecond: [],
  trainAccuracy: [],
  losses: {},
};
const emptyEvaluation: Readonly<EvaluationRows> = { step: [], epoch: [], at: [], accuracy: [], loss: [] };

function appendStep(rows: TrainingRows, event: StepEvent): void {
  const before = rows.step.length;
  rows.step.push(event.step);
  rows.epoch.push(event.epoch);
  rows.at.push(event.at);
  rows.learningRate.push(event.learningRate);
  rows.gradientNorm.push(event.gradientNorm);
  rows.imagesPerSecond.push(event.imagesPerSecond);
  rows.trainAccuracy.push(event.trainAccuracy);
  for (const term of Object.keys(event.losses)) {
    rows.losses[term] ??= new Array<null>(before).fill(null);
  }
  for (const [term, column] of Object.entries(rows.losses)) column.push(event.losses[term] ?? null);
}

function sliceTraining(rows: Readonly<TrainingRows>, from: number, to?: number): TrainingRows {
  return {
    step: rows.step.slice(from, to),
    epoch: rows.epoch.slice(from, to),
    at: rows.at.slice(from, to),
    learningRate: rows.learningRate.slice(from, to),
    gradientNorm: rows.gradientNorm.slice(from, to),
    imagesPerSecond: rows.imagesPerSecond.slice(from, to),
    trainAccuracy: rows.trainAccuracy.slice(from, to),
    losses: Object.fromEntries(
      Object.entries(rows.losses).map(([term, column]) => [term, column.slice(from, to)]),
    ),
  };
}

function sliceEvaluation(rows: Readonly<EvaluationRows>, from: number, to?: number): EvaluationRows {
  return {
    step: rows.step.slice(from, to),
    epoch: rows.epoch.slice(from, to),
    at: rows.at.slice(from, to),
    accuracy: rows.accuracy.slice(from, to),
    loss: rows.loss.slice(from, to),
  };
}

/** How many of the rising steps are at most `last`. */
function countUpTo(steps: readonly number[], last: number): number {
  const first = steps.findIndex((step) => step > last);
  return first < 0 ? steps.length : first;
}
