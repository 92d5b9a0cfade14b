import type { ModelBundle } from '../models/bundles';

/** What the watchdog's thread is started with. */
export interface WatchdogData {
  /** Shared with the main thread: see {@link WATCH_SLOTS}. */
  shared: SharedArrayBuffer;
  /** Seconds. */
  timeLimit: number;
  /** Where it writes its report. */
  descriptor: number;
  /** `json` for a program that ends this process then; `text` for people, and the process ends itself with this code. */
  form: { kind: 'json' } | { kind: 'text'; exitCode: number };
}

/** Each bundle of model code, before it is run. */
export type WatchdogMessage = ModelBundle;

/** What the shared numbers mean: the beats of the main thread, counted while it is free, and how it is watched. */
export const WATCH_SLOTS = { beats: 0, mode: 1 } as const;

export const WATCH_MODES = {
  /** It does nothing, or nothing that could hang. */
  off: 0,
  /** It computes, which may take long: only what code of a model does counts. */
  computing: 1,
  /** It builds models: whatever takes too long counts. */
  building: 2,
} as const;

export const BEAT_MILLISECONDS = 100;
