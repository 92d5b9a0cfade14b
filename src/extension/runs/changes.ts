import type { RunSummary } from '../../runs/summary';

/** A run as this window knows it. */
export interface KnownRun {
  run: RunSummary;
  /** Whether it runs and was asked to stop. */
  isStopping: boolean;
}

/** What is different between two looks at the runs of a folder. */
export interface RunChanges<T extends KnownRun> {
  added: T[];
  removed: T[];
  /** Runs of which something is different, be it the heartbeat. */
  changed: { before: T; after: T }[];
}

/** Compares two looks at the same folder, keyed by run folder; null when nothing is different. */
export function runChanges<T extends KnownRun>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
): RunChanges<T> | null {
  const changes: RunChanges<T> = { added: [], removed: [], changed: [] };
  for (const [directory, now] of after) {
    const then = before.get(directory);
    if (then === undefined) changes.added.push(now);
    else if (!isSame(then, now)) changes.changed.push({ before: then, after: now });
  }
  for (const [directory, then] of before) if (!after.has(directory)) changes.removed.push(then);
  const { added, removed, changed } = changes;
  return added.length + removed.length + changed.length === 0 ? null : changes;
}

function isSame(one: KnownRun, other: KnownRun): boolean {
  // The store hands out the same object for as long as a run that has ended does not change.
  if (one.isStopping !== other.isStopping) return false;
  return one.run === other.run || JSON.stringify(one.run) === JSON.stringify(other.run);
}
