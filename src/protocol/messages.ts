import type { CurveDelta } from '../runs/series';
import type { RunSummary } from '../runs/summary';

/** What a webview may ask of the extension host. Each call is answered, with a value or an error. */
export interface HostApi {
  /** The webview has its listeners and shows these runs (from its saved state; none at first). */
  ready(shown: string[]): Promise<RunsState>;
  /** The person chose which runs are overlaid. */
  show(runs: string[]): Promise<void>;
  /** A delta was missing: send the run's curves from the start. */
  resync(run: string): Promise<void>;
  /** Runs a command of the extension on a run. */
  act(action: RunAction, run: string): Promise<void>;
}

/** What the extension host tells a webview. */
export interface WebviewApi {
  /** The list of runs, or what is known of them, changed. */
  runs(state: RunsState): Promise<void>;
  /** New rows for a run that is shown. */
  curves(delta: CurveDelta): Promise<void>;
}

export interface RunsState {
  runs: RunSummary[];
  /** Ids of the runs that are overlaid, in the order of their colours. */
  shown: string[];
}

export type RunAction = 'stop' | 'resume' | 'openExperiment' | 'revealFolder';
