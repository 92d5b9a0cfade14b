import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestStop } from '../runs/control';
import { readRunFolder, readStanding, type RunFolder } from '../runs/folder';
import type { RunState } from '../runs/summary';
import { runsFolder, workspaceOf } from '../runs/workspace';
import { RunNews } from './news';
import { ProgressLine, type ProgressTarget } from './progressLine';

const pollMilliseconds = 250;
const stopSignals = { SIGINT: 'Ctrl-C', SIGTERM: 'SIGTERM' } as const;

export interface FollowedRun {
  folder: RunFolder;
  state: RunState;
  /** Whether the person stopped following, and the run goes on. */
  detached: boolean;
}

export interface FollowOptions {
  target: ProgressTarget;
  /** When the run was started or resumed, in milliseconds since 1970: what it said before is not repeated. */
  since: number;
}

/**
 * Watches a run until it does not run any more. While it waits for its teacher, the teacher's progress is shown.
 * Ctrl-C and SIGTERM ask the run to stop; a second one leaves it to finish stopping by itself.
 */
export async function followRun(directory: string, options: FollowOptions): Promise<FollowedRun> {
  const line = new ProgressLine(options.target);
  const news = new RunNews(options.since);
  const stopping = listenForStop(directory, line);
  try {
    for (;;) {
      const { folder, state } = await readStanding(directory);
      // Read after the state: at the end everything has been said.
      const chain = await waitingChain(folder);
      for (const run of chain) for (const said of await news.of(run)) line.say(said);
      if (state !== 'running' || stopping.count() > 1) {
        line.clear();
        return { folder, state, detached: state === 'running' };
      }
      const { record, progress } = chain.at(-1)!;
      if (progress) line.update(chain.length > 1 ? `${record.name} (teacher)` : record.name, progress);
      await sleep(pollMilliseconds);
    }
  } finally {
    stopping.dispose();
  }
}

/** The run, the teacher that it waits for, the teacher which that one waits for, and so on. */
async function waitingChain(folder: RunFolder): Promise<RunFolder[]> {
  const teacher = /^waiting for teacher (\S+)$/.exec(folder.progress?.phase ?? '')?.[1];
  if (teacher === undefined || folder.end !== null) return [folder];
  let theirs: RunFolder;
  try {
    theirs = await readRunFolder(path.join(runsFolder(workspaceOf(folder.directory)), teacher));
  } catch {
    // The teacher's run is gone, or never was more than a heartbeat of an earlier attempt; the run itself will tell.
    return [folder];
  }
  return [folder, ...(await waitingChain(theirs))];
}

/** Turns signals into a request to stop, and counts them. */
function listenForStop(directory: string, line: ProgressLine): { count: () => number; dispose: () => void } {
  let count = 0;
  const onSignal = (signal: keyof typeof stopSignals): void => {
    count += 1;
    if (count > 1) return;
    line.say('Stopping after this step, with a checkpoint. Press Ctrl-C again to leave it alone.');
    requestStop(directory, stopSignals[signal]).catch((error: unknown) => {
      line.say(`The request to stop could not be written: ${String(error)}`);
    });
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    count: () => count,
    dispose: () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
