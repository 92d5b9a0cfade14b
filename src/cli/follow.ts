import { setTimeout as sleep } from 'node:timers/promises';
import { requestStop } from '../runs/control';
import { readRunFolder, readState, type RunFolder } from '../runs/folder';
import type { RunState } from '../runs/summary';
import { runsFolder, workspaceOf } from '../runs/workspace';
import * as path from 'node:path';
import { ProgressLine, type ProgressTarget } from './progressLine';

const pollMilliseconds = 250;

export interface FollowedRun {
  folder: RunFolder;
  state: RunState;
  /** Whether the person stopped following, and the run goes on. */
  detached: boolean;
}

/**
 * Watches a run until it does not run any more. While it waits for its teacher, the teacher's progress is shown.
 * Ctrl-C asks the run to stop; a second one leaves it to finish stopping by itself.
 */
export async function followRun(directory: string, target: ProgressTarget): Promise<FollowedRun> {
  const line = new ProgressLine(target);
  let interrupts = 0;
  const onInterrupt = (): void => {
    interrupts += 1;
    if (interrupts > 1) return;
    line.say('Stopping after this step, with a checkpoint. Press Ctrl-C again to leave it alone.');
    requestStop(directory, 'Ctrl-C').catch((error: unknown) => {
      line.say(`The request to stop could not be written: ${String(error)}`);
    });
  };
  process.on('SIGINT', onInterrupt);
  try {
    for (;;) {
      const folder = await readRunFolder(directory);
      const state = await readState(folder);
      if (state !== 'running' || interrupts > 1) {
        line.clear();
        return { folder, state, detached: state === 'running' };
      }
      await showProgress(folder, line);
      await sleep(pollMilliseconds);
    }
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

async function showProgress(folder: RunFolder, line: ProgressLine): Promise<void> {
  const { progress, record } = folder;
  if (!progress) return;
  const teacher = /^waiting for teacher (\S+)$/.exec(progress.phase)?.[1];
  if (teacher === undefined) {
    line.update(record.name, progress);
    return;
  }
  const theirs = await readRunFolder(path.join(runsFolder(workspaceOf(folder.directory)), teacher));
  if (theirs.progress) line.update(`${theirs.record.name} (teacher)`, theirs.progress);
}
