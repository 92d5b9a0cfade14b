import type { RunState, RunSummary } from '../../runs/summary';
import { accuracyText } from './texts';

/** What is said when a run ends out of sight. */
export interface EndingNotice {
  severity: 'information' | 'error';
  message: string;
}

/**
 * The notice for a run that changed its state; null when it did not just end, or was stopped by a person, who knows.
 * @param before Its state as it was last seen.
 */
export function endingNotice(before: RunState, run: RunSummary): EndingNotice | null {
  if (before !== 'running') return null;
  const best = run.progress?.best ?? null;
  switch (run.state) {
    case 'finished': {
      const accuracy = best === null ? '' : `: best test accuracy ${accuracyText(best.accuracy)}`;
      return { severity: 'information', message: `${run.name} has finished${accuracy}.` };
    }
    case 'failed':
      return { severity: 'error', message: `${run.name} failed: ${run.end?.reason ?? 'see its log.'}` };
    case 'interrupted':
      return {
        severity: 'error',
        message: `${run.name} was interrupted: its trainer ended without a word. It can be resumed.`,
      };
    case 'stopped':
    case 'running':
      return null;
  }
}
