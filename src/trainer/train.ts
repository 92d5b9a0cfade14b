import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import type * as tf from '@tensorflow/tfjs';
import { batchesOf } from '../data/batches';
import type { SoftConfig } from '../experiment/schema';
import { describeStarted } from '../engine/engine';
import { countMultiplyAdds, countParameters } from '../models/table';
import { applyConstraints } from '../models/weights';
import { keyedRandom } from '../random/keyed';
import { RUN_FILES } from '../runs/record';
import {
  findNotFinite,
  readCheckpoint,
  restoreTensors,
  saveCheckpoint,
  takeSnapshot,
  type CheckpointState,
  type RunTensors,
  type Snapshot,
} from './checkpoint';
import { CurveWindow } from './curve';
import { measuredModel, prepareEvaluation, type Evaluation, type Measured, type Metrics } from './evaluation';
import type { LessonTeacher } from './lesson';
import { sizeOfTeacher } from './lessonTeacher';
import { Material } from './material';
import { createOptimizer } from './optimizers';
import { StoppedByRequest, TrainingDiverged } from './outcome';
import type { PlannedStage, StepPlace } from './plan';
import type { RunReporter } from './reporter';
import { learningRateFactor } from './schedule';
import type { Session } from './session';
import { prepareTrainingStep, type StepMeasures, type TrainingStep } from './step';
import { runTensors, trainableTensors } from './tensors';

/** A checkpoint is written at the end of every epoch, and within longer ones this often. */
const checkpointMilliseconds = 20_000;

/** Trains a run from its last checkpoint, or from the start, to its end. */
export class Training {
  private state: CheckpointState;
  private stage: OpenStage | null = null;
  private readonly window = new CurveWindow();
  private readonly startedAt = performance.now();
  private readonly secondsBefore: number;
  private savedAt = performance.now();
  private material: Material | null = null;
  private studentEvaluation: Evaluation | null = null;

  private constructor(
    private readonly session: Session,
    private readonly reporter: RunReporter,
    state: CheckpointState,
  ) {
    this.state = state;
    this.secondsBefore = state.seconds;
  }

  static async open(session: Session, reporter: RunReporter): Promise<Training> {
    const file = path.join(reporter.directory, RUN_FILES.lastCheckpoint);
    const { record } = session;
    if (!existsSync(file)) {
      const seed = record.resolved.seed;
      const fresh = { run: record.id, seed, step: 0, stage: 0, best: null, last: null, seconds: 0 };
      return new Training(session, reporter, {
        format: 'distillery-checkpoint-1',
        ...fresh,
        cachedTargets: [],
      });
    }
    const { state, tensors } = await readCheckpoint(file, record.id);
    const training = new Training(session, reporter, state);
    const stage = training.openStage(session.plan.stages[state.stage]!);
    restoreTensors(file, tensors, stage.tensors);
    return training;
  }

  /** Seconds of work, earlier attempts included. */
  get seconds(): number {
    return this.secondsBefore + (performance.now() - this.startedAt) / 1000;
  }

  get step(): number {
    return this.state.step;
  }

  /**
   * Runs to the end.
   *
   * @throws StoppedByRequest when someone asks to stop: after a checkpoint, or before the first step of this attempt.
   * @throws TrainingDiverged when a number stops being finite.
   */
  async run(): Promise<void> {
    const { plan } = this.session;
    await this.announce();
    await this.reporter.obeyStop();
    await this.gatherMaterial();
    while (this.state.step < plan.totalSteps) {
      const place = plan.place(this.state.step);
      await this.takeStep(place);
      const atPoint = this.state.step % plan.stepsPerPoint === 0 || place.endsEpoch;
      if (atPoint) this.drawPoint(place);
      if (place.endsEpoch) await this.endEpoch(place);
      else if (atPoint && performance.now() - this.savedAt > checkpointMilliseconds) await this.save('last');
      await this.breathe();
    }
  }

  private async takeStep(place: StepPlace): Promise<void> {
    const stage = this.openStage(place.stage);
    const material = this.material!;
    const step = (stage.step ??= stage.prepare(material.inputsOf(place.stage)));
    const fed = await material.feed(place, (batch) => {
      // Dropout and other random ops of tfjs draw from Math.random: with a stream per step a resumed run draws the same.
      Math.random = keyedRandom(this.session.record.resolved.seed, 'step', this.state.step);
      return step.take(batch, this.learningRate(place));
    });
    this.checkFinite(fed.result, place);
    this.state = { ...this.state, step: this.state.step + 1 };
    this.window.add(fed.result, fed.images, this.session.dataset.trainLabels, fed.stallMilliseconds);
  }

  private async gatherMaterial(): Promise<void> {
    const material = await Material.gather(this.session, this.reporter, this.state);
    this.material = material;
    this.state = { ...this.state, cachedTargets: material.cachedTargets };
    await this.reporter.beat({ phase: 'training' }, true);
  }

  /** Lets go of files and threads. */
  async close(): Promise<void> {
    await this.material?.close();
    this.material = null;
  }

  private learningRate({ stage, stageEpochs }: StepPlace): number {
    const { stepsPerEpoch } = this.session.plan;
    return stage.optimizer.lr * learningRateFactor(stage.schedule, stageEpochs, stage.epochs, stepsPerEpoch);
  }

  private checkFinite({ losses, gradientNorm }: StepMeasures, { epoch, batch }: StepPlace): void {
    const { total, ...terms } = losses;
    const named: [string, number][] = Object.entries(terms).map(([name, value]) => [
      `loss term "${name}"`,
      value,
    ]);
    if (total !== undefined) named.push(['total loss', total]);
    named.push(['gradient', gradientNorm]);
    const broken = named.find(([, value]) => !Number.isFinite(value));
    if (!broken) return;
    throw new TrainingDiverged(...broken, this.state.step, epoch + batch / this.session.plan.stepsPerEpoch);
  }

  private drawPoint(place: StepPlace): void {
    const epoch = this.state.step / this.session.plan.stepsPerEpoch;
    const point = this.window.take({ step: this.state.step, epoch, learningRate: this.learningRate(place) });
    this.reporter.event(point);
    const left = this.session.plan.totalSteps - this.state.step;
    const secondsPerStep = this.session.record.resolved.train.batch / point.imagesPerSecond;
    Object.assign(this.reporter.progress, {
      losses: point.losses,
      imagesPerSecond: point.imagesPerSecond,
      secondsLeft: left * secondsPerStep,
      batches: this.material!.batches,
    });
  }

  private async endEpoch({ stage, epoch }: StepPlace): Promise<void> {
    const { every } = this.session.record.resolved.evaluate;
    const last = this.state.step === this.session.plan.totalSteps;
    // As long as only hints have been learnt the student has no head worth measuring.
    const soFar = this.session.plan.stages.slice(0, stage.index + 1);
    const measurable = soFar.some(({ terms }) => terms.some((term) => term !== 'hints'));
    await this.takeFiniteSnapshot();
    if (measurable && (last || (epoch + 1) % every === 0)) await this.evaluate();
    await this.save('last');
  }

  private async evaluate(): Promise<void> {
    const { session, reporter } = this;
    await reporter.beat({ phase: 'evaluating' });
    const { student, imageShape } = session.lesson;
    this.studentEvaluation ??= prepareEvaluation(session.engine, [measuredModel(student.model)], imageShape);
    const test = await this.measureOn(this.studentEvaluation, 'the student');
    const epoch = this.state.step / session.plan.stepsPerEpoch;
    const last = { step: this.state.step, epoch, accuracy: test.accuracy };
    const best = this.state.best === null || test.accuracy > this.state.best.accuracy;
    this.state = { ...this.state, last, best: best ? last : this.state.best };
    reporter.event({ type: 'evaluate', step: this.state.step, epoch, test, best });
    if (best) await this.save('best');
    await reporter.beat({ phase: 'training', best: this.state.best, last });
  }

  private async measureOn(
    evaluation: Evaluation,
    whose: string,
    between: () => Promise<void> = () => Promise.resolve(),
  ): Promise<Metrics> {
    const { dataset, record, plan } = this.session;
    const batches = batchesOf(dataset.test, record.resolved.evaluate.batch);
    const metrics = await evaluation.measure(batches, async () => {
      await this.reporter.beat({});
      // Lets signals through.
      await yieldToEvents();
      await between();
    });
    if (!Number.isFinite(metrics.loss)) {
      const { step } = this.state;
      throw new TrainingDiverged(`test loss of ${whose}`, metrics.loss, step, step / plan.stepsPerEpoch);
    }
    return metrics;
  }

  private async save(kind: 'last' | 'best'): Promise<void> {
    const file = kind === 'last' ? RUN_FILES.lastCheckpoint : RUN_FILES.bestCheckpoint;
    const { snapshot, stage } = await this.takeFiniteSnapshot();
    const state = { ...this.state, stage, seconds: this.seconds };
    await saveCheckpoint(path.join(this.reporter.directory, file), snapshot, state);
    this.reporter.event({ type: 'checkpoint', step: this.state.step, kind });
    if (kind === 'last') this.savedAt = performance.now();
  }

  /** A step with finite losses can still leave weights that are not: such a state must neither be measured nor kept. */
  private async takeFiniteSnapshot(): Promise<{ snapshot: Snapshot; stage: number }> {
    if (!this.stage) throw new Error('There is nothing to save before the first step.');
    const snapshot = await takeSnapshot(this.stage.tensors);
    const broken = findNotFinite(snapshot);
    if (broken) {
      const { step } = this.state;
      const what = `variable "${broken.name}"`;
      // The step that has just been done is the one before the next.
      throw new TrainingDiverged(what, broken.value, step - 1, (step - 1) / this.session.plan.stepsPerEpoch);
    }
    return { snapshot, stage: this.stage.planned.index };
  }

  /** Between steps: lets timers and signals through, beats, and obeys a request to stop. */
  private async breathe(): Promise<void> {
    const { step } = this.state;
    await this.reporter.beat({ step, epoch: step / this.session.plan.stepsPerEpoch });
    const by = await this.reporter.stopRequested();
    if (by !== null && step < this.session.plan.totalSteps) {
      await this.save('last');
      throw new StoppedByRequest(by);
    }
    if (step % 16 === 0) await yieldToEvents();
  }

  private openStage(planned: PlannedStage): OpenStage {
    if (this.stage?.planned === planned) return this.stage;
    const { lesson, engine } = this.session;
    this.stage?.step?.dispose();
    for (const variable of this.stage?.optimizerState.values() ?? []) variable.dispose();
    const variables = trainableTensors(lesson, planned.terms);
    const optimizer = createOptimizer(planned.optimizer, variables);
    const hooks = {
      constrain: (): void => {
        applyConstraints(lesson.student.model);
      },
      onRefused: (reason: string): void => {
        this.reporter.event({ type: 'note', message: `Stage ${planned.name}: ${reason} It runs op by op.` });
      },
    };
    const prepare: OpenStage['prepare'] = (cached) =>
      prepareTrainingStep(engine, lesson, planned.terms, variables, optimizer, cached, hooks);
    this.stage = {
      planned,
      prepare,
      step: null,
      tensors: runTensors(lesson, optimizer),
      optimizerState: optimizer.state,
    };
    return this.stage;
  }

  /** Writes down how the attempt begins: engine, stages, models, adapters, what the teachers can. */
  private async announce(): Promise<void> {
    const { session, reporter } = this;
    const { engine, plan, lesson } = session;
    reporter.event({
      type: 'start',
      fromStep: this.state.step,
      engine: describeStarted(engine),
      stages: plan.stages.map(({ name, epochs, firstStep, steps, terms }) => ({
        name,
        epochs,
        firstStep,
        steps,
        terms,
      })),
      stepsPerEpoch: plan.stepsPerEpoch,
    });
    const size = sizeOf(lesson.student.model);
    reporter.event({
      type: 'model',
      which: 'student',
      name: lesson.student.label,
      ...size,
      run: null,
      metrics: null,
    });
    for (const [hint, { plan: adapter, adapter: model }] of lesson.hints.entries()) {
      const parameters = model ? countParameters(model) : 0;
      reporter.event({ type: 'adapter', hint, kind: adapter.kind, reason: adapter.reason, parameters });
    }
    const { step, best, last } = this.state;
    await reporter.beat({
      ...size,
      step,
      totalSteps: plan.totalSteps,
      epoch: step / plan.stepsPerEpoch,
      totalEpochs: plan.totalEpochs,
      best,
      last,
    });
    await this.measureTeachers();
  }

  private async measureTeachers(): Promise<void> {
    const { session, reporter } = this;
    const { lesson, teacherRuns } = session;
    if (lesson.teachers.length === 0) return;
    await reporter.beat({ phase: 'measuring the teacher' }, true);
    const measured: { run: string | null; name: string; accuracy: number | null }[] = [];
    for (const [member, teacher] of lesson.teachers.entries()) {
      const { label: name, givesLogits } = teacher;
      const metrics = givesLogits ? await this.measureTeacher([teacher], `the teacher ${name}`) : null;
      const run = teacherRuns[member] ?? null;
      reporter.event({ type: 'model', which: 'teacher', name, ...sizeOfTeacher(teacher), run, metrics });
      measured.push({ run, name, accuracy: metrics?.accuracy ?? null });
    }
    await reporter.beat({ teachers: measured });
    if (lesson.teachers.length === 1 || !lesson.teachers.every(({ givesLogits }) => givesLogits)) return;
    const combine = lesson.experiment.distill?.soft?.ensemble;
    const metrics = await this.measureTeacher(lesson.teachers, 'the teachers', combine);
    const sizes = lesson.teachers.map(sizeOfTeacher);
    const parameters = sizes.reduce((sum, size) => sum + size.parameters, 0);
    const multiplyAdds = sizes.reduce((sum, size) => sum + size.multiplyAdds, 0);
    const name = `ensemble of ${sizes.length}`;
    reporter.event({ type: 'model', which: 'teacher', name, parameters, multiplyAdds, run: null, metrics });
  }

  private async measureTeacher(
    teachers: readonly LessonTeacher[],
    whose: string,
    ensemble?: SoftConfig['ensemble'],
  ): Promise<Metrics> {
    const { engine, lesson } = this.session;
    const measured = teachers.map(({ model, prepare }): Measured => {
      const logitsOf = prepare([null]);
      return { model, logitsOf: (images) => logitsOf(images)[0] as tf.Tensor2D };
    });
    const evaluation = prepareEvaluation(engine, measured, lesson.imageShape, { ensemble, frozen: true });
    try {
      return await this.measureOn(evaluation, whose, () => this.reporter.obeyStop());
    } finally {
      evaluation.dispose();
    }
  }
}

interface OpenStage {
  planned: PlannedStage;
  /** Needs what is cached; a checkpoint is restored into the tensors before that is known. */
  prepare: (cached: ReadonlyMap<string, readonly number[]>) => TrainingStep;
  step: TrainingStep | null;
  tensors: RunTensors;
  optimizerState: ReadonlyMap<string, { dispose(): void }>;
}

function sizeOf(model: tf.LayersModel): { parameters: number; multiplyAdds: number } {
  return { parameters: countParameters(model), multiplyAdds: countMultiplyAdds(model) };
}
