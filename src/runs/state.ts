import type { Liveness } from './process';
import type { ProcessIdentity, RunEnd, RunLaunch, RunProgress, RunRecord } from './record';
import type { RunState } from './summary';

/** A heartbeat, and a launch without one, count for this long. Trainers beat every second. */
export const freshMilliseconds = 15_000;

/** What a run folder holds about how the run stands. */
export interface RunSigns {
  record: Pick<RunRecord, 'createdAt'>;
  launch: RunLaunch | null;
  progress: RunProgress | null;
  end: RunEnd | null;
}

/** A sign of life: by whom (null when nobody has said so yet), and when, in milliseconds since 1970. */
export interface LifeSign {
  process: ProcessIdentity | null;
  at: number;
}

/**
 * The newest sign of life of a run: its heartbeat, the launch of its trainer, or its creation.
 * Whoever decides about the run asks whether this process is alive, and calls {@link deriveState}.
 */
export function lastLifeSign(signs: RunSigns): LifeSign {
  const launch: LifeSign | null =
    signs.launch === null ? null : { process: signs.launch.process, at: Date.parse(signs.launch.at) };
  const beat: LifeSign | null =
    signs.progress === null ? null : { process: signs.progress.process, at: Date.parse(signs.progress.at) };
  const created: LifeSign = { process: null, at: Date.parse(signs.record.createdAt) };
  if (launch === null) return beat ?? created;
  return beat === null || launch.at > beat.at ? launch : beat;
}

/**
 * How a run stands. An end record decides; without one, a trainer that is alive, or may be and has been heard of in the
 * last 15 seconds, is running; everything else was interrupted.
 * @param liveness Of the process of {@link lastLifeSign}; `elsewhere` when there is none.
 * @param now Milliseconds since 1970.
 */
export function deriveState(signs: RunSigns, liveness: Liveness, now: number): RunState {
  if (signs.end !== null) return signs.end.state;
  if (liveness === 'alive') return 'running';
  if (liveness === 'dead') return 'interrupted';
  return isFresh(lastLifeSign(signs), now) ? 'running' : 'interrupted';
}

/** Whether a sign of life is at most 15 seconds old; clocks of other machines may be ahead by as much. */
export function isFresh(sign: LifeSign, now: number): boolean {
  return Math.abs(now - sign.at) <= freshMilliseconds;
}

/**
 * What a run is doing, for people: the phase of its heartbeat, `starting` before the first one, `unresponsive` when its
 * trainer is alive and silent. Null when it does not run.
 */
export function describePhase(signs: RunSigns, state: RunState, now: number): string | null {
  if (state !== 'running') return null;
  const { progress } = signs;
  if (progress === null || lastLifeSign(signs).at > Date.parse(progress.at)) return 'starting';
  const age = now - Date.parse(progress.at);
  if (age <= freshMilliseconds) return progress.phase;
  return `unresponsive for ${Math.round(age / 1000)} s (${progress.phase})`;
}
