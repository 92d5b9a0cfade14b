import type { RunProgress } from '../../runs/record';
import type { RunSummary } from '../../runs/summary';
import { usedEngineText } from '../../runs/usedEngine';

/** Phases in which the epoch says more than the phase. */
const countedPhases: ReadonlySet<string> = new Set(['training', 'evaluating']);

/** `0.9784` → `97.84%`. */
export function accuracyText(accuracy: number): string {
  return `${(accuracy * 100).toFixed(2)}%`;
}

/** `12345` → `12,345`. */
export function countText(count: number): string {
  return count.toLocaleString('en');
}

/** Seconds as people say them: `42 s`, `3 min`, `1 h 05 min`, `2 d 3 h`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/**
 * How long ago something was: `just now`, `3 min ago`.
 * @param moment ISO 8601.
 * @param now Milliseconds since 1970.
 */
export function ageText(moment: string, now: number): string {
  const seconds = (now - Date.parse(moment)) / 1000;
  return seconds < 10 ? 'just now' : `${durationText(seconds)} ago`;
}

/**
 * A moment as a short name: with seconds when it was today, with the day when it was this year.
 * @param moment ISO 8601.
 * @param now Milliseconds since 1970.
 */
export function momentText(moment: string, now: number, timeZone?: string): string {
  const date = new Date(moment);
  const today = new Date(now);
  const zone = timeZone === undefined ? {} : { timeZone };
  const dayOf = (day: Date): string => day.toLocaleDateString('en', zone);
  const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...zone } as const;
  if (dayOf(date) === dayOf(today)) return date.toLocaleTimeString('en', { ...clock, second: '2-digit' });
  const yearOf = (day: Date): string => day.toLocaleDateString('en', { year: 'numeric', ...zone });
  const year = yearOf(date) === yearOf(today) ? {} : ({ year: 'numeric' } as const);
  return date.toLocaleString('en', { month: 'short', day: 'numeric', ...year, ...clock });
}

/** The epoch that is being trained, counted from 1: `epoch 3/20`. */
export function epochText({ epoch, totalEpochs }: RunProgress): string {
  const total = Math.max(1, Math.ceil(totalEpochs));
  return `epoch ${Math.min(total, Math.floor(epoch) + 1)}/${total}`;
}

/** The id of a run at the end of a phase, as in `waiting for teacher 20260301-120000-teacher-7f3a`. */
const trailingId = / \d{8}-\d{6}-\S+$/;

/** What a running run is doing, in a word or two: its epoch while it trains, else its phase. */
export function activityText(run: RunSummary): string {
  const { progress } = run;
  if (progress === null) return 'starting';
  return countedPhases.has(progress.phase) ? epochText(progress) : progress.phase.replace(trailingId, '');
}

/** The last and the best test accuracy, the best only where it differs; null before the first measurement. */
export function measurementText(run: RunSummary): string | null {
  const last = run.progress?.last ?? null;
  const best = run.progress?.best ?? null;
  if (last === null) return best === null ? null : `best ${accuracyText(best.accuracy)}`;
  const lastText = accuracyText(last.accuracy);
  if (best === null || accuracyText(best.accuracy) === lastText) return lastText;
  return `${lastText} (best ${accuracyText(best.accuracy)})`;
}

/** The engine that trains a run and what it runs on; null until it has started. */
export function engineText({ progress }: RunSummary): string | null {
  return progress?.engine == null ? null : usedEngineText(progress.engine);
}
