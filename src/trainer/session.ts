import * as path from 'node:path';
import type { BatcherOptions } from '../data/batches';
import type { Dataset } from '../data/dataset';
import { shareImages } from '../data/loader';
import { openDataset } from '../data/open';
import type { Engine } from '../engine/engine';
import { selectEngine } from '../engine/select';
import { teachersOf } from '../experiment/schema';
import { loadWeightsInto } from '../models/weights';
import { readRunRecord } from '../runs/folder';
import type { TrainerPrograms } from '../runs/launch';
import type { RunRecord } from '../runs/record';
import { workspaceOf } from '../runs/workspace';
import { assemble } from './assemble';
import type { Lesson } from './lesson';
import { TrainingPlan } from './plan';
import type { RunReporter } from './reporter';
import { describeTeachers, readTeacherExperiment } from './teacherArchitecture';
import { obtainTeacherRun } from './teacherRun';

/** Everything a run needs before its first step. */
export interface Session {
  record: RunRecord;
  engine: Engine;
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

/** Loads the data, waits for the teachers, builds and joins the models, chooses the engine. */
export async function openSession(
  reporter: RunReporter,
  programs: TrainerPrograms & { loaderPath: string },
): Promise<Session> {
  const { directory } = reporter;
  const record = await readRunRecord(directory);
  const experiment = record.resolved;
  const workspace = workspaceOf(directory);
  const baseDirectory = path.dirname(path.resolve(workspace, record.experiment.path));
  const engine = await selectEngine(record.engine, workspace);
  await reporter.beat({ phase: 'loading data' }, true);
  const loaded = await openDataset(experiment.data, {
    baseDirectory,
    onProgress: (message, fraction) => {
      const share = fraction === null ? '' : ` (${Math.round(fraction * 100)} %)`;
      reportInBackground(reporter, `${message}${share}`);
    },
  });
  // The thread that makes batches reads the same bytes.
  const dataset = { ...loaded, train: shareImages(loaded.train) };
  const imageShape: [number, number, number] = [
    dataset.train.height,
    dataset.train.width,
    dataset.train.channels,
  ];
  const expectation = { imageShape, classes: dataset.classes };
  const teacherCheckpoints = await obtainTeachers(reporter, record, { workspace, baseDirectory, programs });
  await reporter.beat({ phase: 'building models' }, true);
  const teachers = await describeTeachers(experiment, baseDirectory, expectation);
  const assembled = await assemble(experiment, {
    baseDirectory,
    ...expectation,
    teachers: teachers.architectures,
  });
  const findings = [...teachers.findings, ...assembled.findings];
  const { lesson } = assembled;
  if (!lesson || teachers.findings.length > 0) {
    throw new Error(findings.map(({ message }) => message).join('\n'));
  }
  for (const [member, trained] of teacherCheckpoints.entries()) {
    if (trained) await loadWeightsInto(lesson.teachers[member]!.model, trained.checkpoint);
  }
  const { batch } = experiment.train;
  const batching = { batch, seed: experiment.seed, shuffle: true, augment: experiment.data.augment };
  const plan = new TrainingPlan(experiment, Math.ceil(dataset.train.count / batch));
  const teacherRuns = teacherCheckpoints.map((trained) => trained?.run ?? null);
  const { loaderPath } = programs;
  return { record, engine, dataset, batching, loaderPath, plan, lesson, teacherRuns };
}

async function obtainTeachers(
  reporter: RunReporter,
  record: RunRecord,
  options: { workspace: string; baseDirectory: string; programs: TrainerPrograms },
): Promise<({ run: string; checkpoint: string } | null)[]> {
  const obtained: ({ run: string; checkpoint: string } | null)[] = [];
  for (const config of teachersOf(record.resolved)) {
    if ('model' in config) {
      obtained.push(null);
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

/** Progress of a download is told as it goes; when telling it fails, the next awaited heartbeat will say so. */
function reportInBackground(reporter: RunReporter, phase: string): void {
  reporter.beat({ phase }).catch((error: unknown) => {
    console.error('The heartbeat could not be written:', error);
  });
}
