import { existsSync } from 'node:fs';
import * as path from 'node:path';
import type { BatcherOptions } from '../data/batches';
import type { Dataset } from '../data/dataset';
import { shareImages } from '../data/loader';
import { openDataset } from '../data/open';
import { describeStarted, type StartedEngine } from '../engine/engine';
import { selectEngine } from '../engine/select';
import { teachersOf, type Experiment } from '../experiment/schema';
import { bindTeachers, findBoundTeachers, type TeacherWeights } from '../runs/boundTeachers';
import { fingerprintsOf } from '../runs/fingerprint';
import { readRunRecord } from '../runs/folder';
import type { TrainerPrograms } from '../runs/launch';
import { RUN_FILES, type RunRecord } from '../runs/record';
import { runsFolder, workspaceOf } from '../runs/workspace';
import { assemble, type TeacherArchitecture } from './assemble';
import type { Lesson } from './lesson';
import { TrainingPlan } from './plan';
import type { RunReporter } from './reporter';
import { describeGivenTeacher, readTeacherExperiment } from './teacherArchitecture';
import { obtainTeacherRun } from './teacherRun';

/** Everything a run needs before its first step. */
export interface Session {
  record: RunRecord;
  engine: StartedEngine;
  dataset: Dataset;
  /** How the training images become batches. */
  batching: BatcherOptions;
  /** The bundled thread that makes batches. */
  loaderPath: string;
  plan: TrainingPlan;
  lesson: Lesson;
  /** The runs that trained the teachers, in order; null for a teacher given by its weights. */
  teacherRuns: (string | null)[];
}

/**
 * Loads the data, waits for the teachers, builds and joins the models, chooses the engine.
 *
 * @throws StoppedByRequest when someone asks to stop meanwhile.
 */
export async function openSession(
  reporter: RunReporter,
  programs: TrainerPrograms & { loaderPath: string },
): Promise<Session> {
  const { directory } = reporter;
  const record = await readRunRecord(directory);
  const experiment = record.resolved;
  const workspace = workspaceOf(directory);
  const file = path.resolve(workspace, record.experiment.path);
  const baseDirectory = path.dirname(file);
  await warnOfChanges(reporter, record, file);
  const engine = await selectEngine(record.engine, workspace);
  await reporter.beat({ engine: describeStarted(engine) });
  const dataset = await loadData(reporter, experiment, baseDirectory);
  const imageShape: [number, number, number] = [
    dataset.train.height,
    dataset.train.width,
    dataset.train.channels,
  ];
  const { weights, refusal } = await findBoundTeachers(directory);
  if (refusal !== null) throw new Error(refusal);
  const taughtBy =
    weights ?? (await obtainTeachers(reporter, record, { workspace, baseDirectory, programs }));
  await reporter.beat({ phase: 'building models' }, true);
  const { lesson, findings } = await assemble(experiment, {
    baseDirectory,
    imageShape,
    classes: dataset.classes,
    teachers: await architecturesOf(experiment, taughtBy, { workspace, baseDirectory }),
  });
  if (!lesson) throw new Error(findings.map(({ message }) => message).join('\n'));
  for (const { message } of findings) reporter.event({ type: 'warning', message });
  if (weights === null && taughtBy.length > 0) await bindTeachers(directory, taughtBy);
  const { batch } = experiment.train;
  const batching = { batch, seed: experiment.seed, shuffle: true, augment: experiment.data.augment };
  const plan = new TrainingPlan(experiment, Math.ceil(dataset.train.count / batch));
  const { loaderPath } = programs;
  const teacherRuns = taughtBy.map(({ run }) => run);
  return { record, engine, dataset, batching, loaderPath, plan, lesson, teacherRuns };
}

async function loadData(
  reporter: RunReporter,
  { data }: Experiment,
  baseDirectory: string,
): Promise<Dataset> {
  await reporter.beat({ phase: 'loading data' }, true);
  const loading = openDataset(data, {
    baseDirectory,
    onProgress: (message, fraction) => {
      const share = fraction === null ? '' : ` (${Math.round(fraction * 100)} %)`;
      reportInBackground(reporter, `${message}${share}`);
    },
  });
  const dataset = await reporter.attend(loading);
  // The thread that makes batches reads the same bytes.
  return { ...dataset, train: shareImages(dataset.train) };
}

/** A run that goes on with other code or data than it began with is not what its seed promises. */
async function warnOfChanges(reporter: RunReporter, record: RunRecord, file: string): Promise<void> {
  if (!existsSync(path.join(reporter.directory, RUN_FILES.lastCheckpoint))) return;
  const { fingerprint } = await fingerprintsOf(record.resolved, file);
  if (fingerprint === record.experiment.fingerprint) return;
  const message =
    'Files that the experiment names (code of models, data, weights, the experiment of the teacher) have changed since ' +
    'the run was started: it will not end as it would have without being stopped.';
  reporter.event({ type: 'warning', message });
}

/** The weights of each teacher, trained where they are not there yet. */
async function obtainTeachers(
  reporter: RunReporter,
  record: RunRecord,
  options: { workspace: string; baseDirectory: string; programs: TrainerPrograms },
): Promise<TeacherWeights[]> {
  const obtained: TeacherWeights[] = [];
  for (const config of teachersOf(record.resolved)) {
    if ('model' in config) {
      // A network without a file of weights has them within.
      const file = path.resolve(options.baseDirectory, config.weights ?? config.model);
      obtained.push({ run: null, file });
      continue;
    }
    const teacher = await readTeacherExperiment(config, options.baseDirectory);
    if ('refusal' in teacher) throw new Error(teacher.refusal);
    const { workspace, programs } = options;
    const label =
      config.seed === undefined ? config.experiment : `${config.experiment} (seed ${config.seed})`;
    obtained.push(
      await obtainTeacherRun(teacher, reporter, { workspace, programs, label, engine: record.engine }),
    );
  }
  return obtained;
}

/** What the teachers are built from: of a run, what it was started with, whatever its file says by now. */
function architecturesOf(
  experiment: Experiment,
  taughtBy: readonly TeacherWeights[],
  { workspace, baseDirectory }: { workspace: string; baseDirectory: string },
): Promise<TeacherArchitecture[]> {
  return Promise.all(
    teachersOf(experiment).map(async (config, member) => {
      const { run, file } = taughtBy[member]!;
      if ('model' in config) return describeGivenTeacher(config, baseDirectory);
      if (run === null) throw new Error(`The run of the teacher ${config.experiment} is not known.`);
      const {
        name,
        resolved,
        experiment: theirs,
      } = await readRunRecord(path.join(runsFolder(workspace), run));
      return {
        reference: resolved.student.model,
        options: resolved.student.options ?? {},
        baseDirectory: path.dirname(path.resolve(workspace, theirs.path)),
        weights: file,
        label: name,
      };
    }),
  );
}

/** Progress of a download is told as it goes; when telling it fails, the next awaited heartbeat will say so. */
function reportInBackground(reporter: RunReporter, phase: string): void {
  reporter.beat({ phase }).catch((error: unknown) => {
    console.error('The heartbeat could not be written:', error);
  });
}
