import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { findBoundTeachers } from './boundTeachers';
import { takeClaim } from './claim';
import { clearStopRequest } from './control';
import { writeJson } from './files';
import { readStanding } from './folder';
import { identifyProcess } from './process';
import { RUN_FILES, type ProcessIdentity, type RunLaunch } from './record';
import { workspaceOf } from './workspace';

export interface TrainerPrograms {
  /** Node, or an Electron binary that plays Node. */
  nodePath: string;
  /** `dist/trainer.js`. */
  trainerPath: string;
}

/** Why a run cannot be started or resumed. The message says what to do. */
export class LaunchError extends Error {
  override name = 'LaunchError';
}

/**
 * Starts the trainer of a new run. It belongs to nobody: it lives on when the terminal or the editor that started it
 * closes, and what it prints goes to `log.txt`.
 * @returns The process, which also stands in `control/launch.json`.
 * @throws {LaunchError} When the program cannot be started.
 */
export async function startTrainer(directory: string, programs: TrainerPrograms): Promise<ProcessIdentity> {
  const at = new Date().toISOString();
  const log = await open(join(directory, RUN_FILES.log), 'a');
  let child: ChildProcess;
  try {
    child = spawn(programs.nodePath, [programs.trainerPath, '--run', directory], {
      // Not the run folder: Windows would not let it be deleted or renamed.
      cwd: workspaceOf(directory),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      windowsHide: true,
      env: trainerEnvironment(process.env, isElectron(programs.nodePath)),
    });
    await once(child, 'spawn');
  } catch (error) {
    throw new LaunchError(
      `The trainer could not be started with ${programs.nodePath}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  } finally {
    await log.close();
  }
  child.unref();
  if (child.pid === undefined) throw new LaunchError(`${programs.nodePath} started without a process id.`);
  const launch: RunLaunch = { process: await identifyProcess(child.pid), at };
  const file = join(directory, RUN_FILES.launch);
  await mkdir(dirname(file), { recursive: true });
  await writeJson(file, launch);
  return launch.process;
}

/**
 * Goes on with a run that was stopped, interrupted or has failed, from its last checkpoint.
 * @throws {LaunchError} When it runs, has finished, is being resumed by someone else at this moment, or the teacher that
 *   taught it so far is not there any more.
 */
export async function resumeRun(directory: string, programs: TrainerPrograms): Promise<ProcessIdentity> {
  // Only one program at a time judges a run and starts its trainer.
  const release = await takeClaim(join(directory, dirname(RUN_FILES.launch), 'launching'));
  if (release === null) throw new LaunchError(`Someone else is resuming ${directory} at this moment.`);
  try {
    const { folder, state } = await readStanding(directory);
    if (state === 'running') throw new LaunchError(`Run ${folder.record.id} is already running.`);
    if (state === 'finished') {
      throw new LaunchError(`Run ${folder.record.id} has finished; there is nothing left to train.`);
    }
    const { refusal } = await findBoundTeachers(directory);
    if (refusal !== null) throw new LaunchError(`Run ${folder.record.id} cannot go on. ${refusal}`);
    await clearStopRequest(directory);
    await rm(join(directory, RUN_FILES.end), { force: true });
    return await startTrainer(directory, programs);
  } finally {
    await release();
  }
}

/**
 * Has glibc keep the memory that a trainer frees: every step gives back megabytes and takes as many again, and fresh
 * pages from the system cost a third of a small network's step. Elsewhere the variables mean nothing.
 */
export const MEMORY_SETTINGS = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 30),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 32),
  MALLOC_TOP_PAD_: String(2 ** 26),
};

/**
 * The environment of a trainer: that of this process without what an editor put there for its own children.
 * @param electron Whether the program is an Electron binary, which must be told to play Node.
 */
export function trainerEnvironment(environment: NodeJS.ProcessEnv, electron: boolean): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([key]) => !/^(ELECTRON|VSCODE)_/i.test(key));
  const data = environment['DISTILLERY_DATA'];
  return {
    ...Object.fromEntries(kept),
    // The trainer works in another folder: a relative path means what it meant to the person who set it.
    ...(data !== undefined && data !== '' && { DISTILLERY_DATA: resolve(data) }),
    ...(electron && { ELECTRON_RUN_AS_NODE: '1' }),
    ...MEMORY_SETTINGS,
  };
}

function isElectron(program: string): boolean {
  return process.versions['electron'] !== undefined && program === process.execPath;
}
