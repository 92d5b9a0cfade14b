import type { RunSummary } from '../../runs/summary';
import { accuracyText, activityText, ageText } from './texts';
import { newestFirst, stateIcons } from './treeItems';

/** A row of the list in which a run is chosen. */
export interface PickRow {
  label: string;
  description: string;
  detail: string;
  run: RunSummary;
}

/**
 * The rows of a list of runs: those that run come first, then the newest, archived ones last.
 * @param now Milliseconds since 1970.
 */
export function pickRows(runs: readonly RunSummary[], now: number): PickRow[] {
  const rank = ({ state, labels }: RunSummary): number => (state === 'running' ? 0 : labels.archived ? 2 : 1);
  return runs.toSorted((a, b) => rank(a) - rank(b) || newestFirst(a, b)).map((run) => pickRow(run, now));
}

function pickRow(run: RunSummary, now: number): PickRow {
  const best = run.progress?.best ?? null;
  const state = run.state === 'running' ? activityText(run) : run.state;
  return {
    label: `$(${stateIcons[run.state].name}) ${run.name}`,
    description: [state, best === null ? null : `best ${accuracyText(best.accuracy)}`]
      .filter((part) => part !== null)
      .join(' · '),
    detail: [
      ageText(run.createdAt, now),
      `seed ${run.seed}`,
      run.experimentPath,
      ...(run.labels.archived ? ['archived'] : []),
    ].join(' · '),
    run,
  };
}
