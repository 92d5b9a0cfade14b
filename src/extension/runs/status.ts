import type { RunSummary } from '../../runs/summary';
import { activityText, durationText, engineText, measurementText } from './texts';

/** What the status bar shows while something runs. */
export interface StatusText {
  text: string;
  /** Lines, plain text. */
  tooltip: string;
}

/** The status bar's text for the runs that are running; null when none is. */
export function statusText(running: readonly RunSummary[]): StatusText | null {
  const first = running[0];
  if (first === undefined) return null;
  const text =
    running.length === 1
      ? [first.name, activityText(first), measurementText(first)].filter((part) => part !== null).join(' · ')
      : `${running.length} runs`;
  return {
    text: `$(loading~spin) ${text}`,
    tooltip: [...running.map(tooltipLine), '', 'Click to open the curves.'].join('\n'),
  };
}

function tooltipLine(run: RunSummary): string {
  const left = run.progress?.secondsLeft;
  return [
    `${run.name}: ${activityText(run)}`,
    measurementText(run),
    left == null ? null : `about ${durationText(left)} left`,
    engineText(run),
  ]
    .filter((part) => part !== null)
    .join(', ');
}
