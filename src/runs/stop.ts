import { setTimeout as sleep } from 'node:timers/promises';
import { requestStop } from './control';
import { readRunFolder, readStanding, readState, type RunFolder } from './folder';
import { killTree } from './process';
import { deriveState, lastLifeSign } from './state';
import type { RunState } from './summary';

const pollMilliseconds = 100;
const defaultTimeoutMilliseconds = 60_000;

/** A rung of the ladder that is being tried. */
export type StopRung = 'request' | 'SIGTERM' | 'SIGKILL' | 'taskkill';

export interface StopOptions {
  /** Who asks, for people. */
  by: string;
  /** How long the trainer may take to obey the request before it is signalled. 0: signal at once. Default 60 s. */
  timeoutMilliseconds?: number;
  /** Told before each rung. */
  onRung?: (rung: StopRung) => void;
}

export interface StopOutcome {
  /** How the run stands now. Still `running` when `refused`. */
  state: RunState;
  /** The last rung that was needed; null when the run was not running. */
  rung: StopRung | null;
  /** Why the trainer was not signalled although it did not obey: it cannot be proven to be the run's own. */
  refused: string | null;
}

/**
 * Stops a run: asks its trainer, which finishes the step, writes a checkpoint and an end record; after the timeout
 * SIGTERM, 5 seconds later SIGKILL for the whole process tree. A run that had to be killed is left interrupted, and can
 * be resumed from its last checkpoint.
 */
export async function stopRun(directory: string, options: StopOptions): Promise<StopOutcome> {
  const { state } = await readStanding(directory);
  if (state !== 'running') return { state, rung: null, refused: null };
  options.onRung?.('request');
  await requestStop(directory, options.by);
  const asked = await waitForEnd(directory, options.timeoutMilliseconds ?? defaultTimeoutMilliseconds);
  if (asked !== 'running') return { state: asked, rung: 'request', refused: null };
  return kill(await readRunFolder(directory), options);
}

async function kill(folder: RunFolder, options: StopOptions): Promise<StopOutcome> {
  let rung: StopRung = 'request';
  const sign = lastLifeSign(folder);
  const outcome =
    sign.process === null
      ? 'refused'
      : await killTree(sign.process, {
          commandIncludes: folder.record.id,
          onSignal: (signal) => {
            rung = signal;
            options.onRung?.(signal);
          },
        });
  const after = await readRunFolder(folder.directory);
  if (outcome !== 'refused') {
    return { state: deriveState(after, 'dead', Date.now()), rung, refused: null };
  }
  const where = sign.process === null ? '' : ` (process ${sign.process.pid} on ${sign.process.hostname})`;
  return {
    state: await readState(after),
    rung,
    refused: `The trainer${where} does not obey, and from here it cannot be proven to be the one of this run, so it was not signalled. The request to stop stands; if need be, end it on its own machine.`,
  };
}

async function waitForEnd(directory: string, milliseconds: number): Promise<RunState> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const { state } = await readStanding(directory);
    if (state !== 'running' || Date.now() >= deadline) return state;
    await sleep(pollMilliseconds);
  }
}
