import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { arch, cpus, hostname, platform, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { version } from '../../package.json';
import { teachersOf, type Experiment } from '../experiment/schema';
import { hasCode, writeJson } from './files';
import { fingerprintsOf } from './fingerprint';
import { readGitState } from './git';
import { formatRunId, runIdRandomBytes } from './id';
import { RUN_FILES, type RunRecord } from './record';
import { prepareWorkspace, workspaceRelative } from './workspace';

const idAttempts = 20;

export interface NewRun {
  experiment: Experiment;
  /** The text of the experiment file, kept as it was. */
  text: string;
  /** Absolute path of the experiment file. */
  path: string;
  /** Absolute path of the folder that holds, or will hold, `.distillery`. */
  workspace: string;
  /** The engine that is asked for, e.g. `auto`. */
  engine: string;
  /** Whether a run without a teacher is meant to teach others. */
  teaches?: boolean;
}

/** A run folder that has been made: its id and its absolute path. */
export interface CreatedRun {
  id: string;
  directory: string;
}

/**
 * Makes the folder of a new run and freezes in it what is asked: the experiment, the environment and the git state;
 * never environment variables. Nothing is started.
 * @throws The error of the file system when the workspace cannot be written.
 */
export async function createRun(run: NewRun): Promise<CreatedRun> {
  const runs = await prepareWorkspace(run.workspace);
  const createdAt = new Date();
  const name = run.experiment.name ?? experimentFileName(run.path);
  const [git, fingerprints] = await Promise.all([
    readGitState(dirname(run.path)),
    fingerprintsOf(run.experiment, run.path),
  ]);
  const created = await makeRunFolder(runs, createdAt, name);
  await Promise.all([
    mkdir(join(created.directory, dirname(RUN_FILES.stopRequest))),
    mkdir(join(created.directory, dirname(RUN_FILES.bestCheckpoint))),
  ]);
  const record: RunRecord = {
    format: 1,
    id: created.id,
    name,
    role: teachersOf(run.experiment).length > 0 ? 'distilled' : run.teaches === true ? 'teacher' : 'student',
    createdAt: createdAt.toISOString(),
    experiment: {
      path: workspaceRelative(run.workspace, run.path),
      text: run.text,
      ...fingerprints,
    },
    resolved: run.experiment,
    engine: run.engine,
    environment: describeEnvironment(),
    git,
  };
  await writeJson(join(created.directory, RUN_FILES.record), record);
  return created;
}

/** The name of an experiment without a `name`: that of its file without `.distill.yaml`. */
export function experimentFileName(path: string): string {
  return basename(path).replace(/(\.distill)?\.ya?ml$/i, '');
}

async function makeRunFolder(runs: string, createdAt: Date, name: string): Promise<CreatedRun> {
  for (let attempt = 1; ; attempt += 1) {
    const id = formatRunId(createdAt, name, randomBytes(runIdRandomBytes));
    const directory = join(runs, id);
    try {
      await mkdir(directory);
      return { id, directory };
    } catch (error) {
      if (!hasCode(error, 'EEXIST') || attempt === idAttempts) throw error;
    }
  }
}

function describeEnvironment(): RunRecord['environment'] {
  const processors = cpus();
  return {
    distillery: version,
    node: process.versions.node,
    platform: platform(),
    architecture: arch(),
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    hostname: hostname(),
  };
}
