import type { RunEnd, RunLabels, RunProgress, RunRecord } from './record';

/** How a run stands. Derived from its folder each time, never stored (state.ts). */
export type RunState = 'running' | 'finished' | 'failed' | 'stopped' | 'interrupted';

/** What lists, tables and the tree show of a run; made from the small files of its folder, never from its event log. */
export interface RunSummary {
  id: string;
  /** Absolute path of the run folder. */
  directory: string;
  name: string;
  role: RunRecord['role'];
  state: RunState;
  /** Path of the experiment file, relative to the workspace folder, with `/`. */
  experimentPath: string;
  fingerprint: string;
  baselineFingerprint: string;
  /** ISO 8601. */
  createdAt: string;
  seed: number;
  /** The heartbeat; while a silent trainer is alive its phase says so. Null before the first one. */
  progress: RunProgress | null;
  end: RunEnd | null;
  labels: RunLabels;
}
