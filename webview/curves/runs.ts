import type { RunAction } from '../../src/protocol/messages';
import type { RunState, RunSummary } from '../../src/runs/summary';
import { formatDuration, formatPercent, formatWhole } from './format';

/** What each state looks like: a codicon, and the words beside it. */
export const STATES: Readonly<Record<RunState, { icon: string; text: string }>> = {
  running: { icon: 'sync', text: 'Running' },
  finished: { icon: 'pass', text: 'Finished' },
  failed: { icon: 'error', text: 'Failed' },
  stopped: { icon: 'debug-pause', text: 'Stopped' },
  interrupted: { icon: 'warning', text: 'Interrupted' },
};

/**
 * A label for each run that no other run has: its name, with as much of seed, time and id as it takes to tell it from
 * runs of the same name.
 */
export function runLabels(runs: readonly RunSummary[]): Map<string, string> {
  const candidates = (run: RunSummary): string[] => [
    run.name,
    `${run.name} · seed ${run.seed}`,
    `${run.name} · ${formatTime(run.createdAt)}`,
    `${run.name} · ${run.id}`,
  ];
  const labels = new Map<string, string>();
  let open = [...runs];
  for (let level = 0; open.length > 0; level += 1) {
    const counts = new Map<string, number>();
    const labelOf = (run: RunSummary) => candidates(run)[level] ?? run.id;
    for (const run of open) counts.set(labelOf(run), (counts.get(labelOf(run)) ?? 0) + 1);
    const settled = open.filter((run) => counts.get(labelOf(run)) === 1 || level >= 3);
    for (const run of settled) labels.set(run.id, labelOf(run));
    open = open.filter((run) => !settled.includes(run));
  }
  return labels;
}

const timeFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

function formatTime(iso: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : timeFormat.format(time);
}

/** When a run was created, for people. */
export function createdText(run: RunSummary): string {
  return formatTime(run.createdAt);
}

/** One line on how a run stands: `Epoch 3.2/10, 4 min left`, `Finished in 12 min`, `Stopped at step 1,204`. */
export function statusText(run: RunSummary): string {
  const { progress, end } = run;
  if (run.state === 'running') {
    if (progress === null) return 'Starting';
    if (progress.step === 0) return capitalised(progress.phase);
    const left = progress.secondsLeft === null ? '' : `, ${formatDuration(progress.secondsLeft)} left`;
    return `Epoch ${progress.epoch.toFixed(1)}/${formatWhole(progress.totalEpochs)}${left}`;
  }
  const { text } = STATES[run.state];
  if (run.state === 'finished') return end === null ? text : `${text} in ${formatDuration(end.seconds)}`;
  const step = end?.step ?? progress?.step ?? 0;
  return step === 0 ? `${text} before the first step` : `${text} at step ${formatWhole(step)}`;
}

/** Best and last test accuracy; null before the first evaluation. */
export function accuracyText(run: RunSummary): { best: string; last: string } | null {
  const { best, last } = run.progress ?? {};
  if (last === null || last === undefined) return null;
  return {
    best: formatPercent((best ?? last).accuracy),
    last: formatPercent(last.accuracy),
  };
}

/** Share of the steps that are done, for a run that is running. */
export function progressShare({ state, progress }: RunSummary): number | null {
  if (state !== 'running' || progress === null || progress.totalSteps === 0) return null;
  return Math.min(1, progress.step / progress.totalSteps);
}

/** What can be done with a run now. */
export function runActions(run: RunSummary): RunAction[] {
  const always: RunAction[] = ['openExperiment', 'revealFolder'];
  if (run.state === 'running') return ['stop', ...always];
  return run.state === 'finished' ? always : ['resume', ...always];
}

export const ACTIONS: Readonly<Record<RunAction, { icon: string; text: string }>> = {
  stop: { icon: 'debug-stop', text: 'Stop' },
  resume: { icon: 'debug-continue', text: 'Resume' },
  openExperiment: { icon: 'go-to-file', text: 'Open experiment' },
  revealFolder: { icon: 'folder-opened', text: 'Reveal run folder' },
};

/** Something about a run that a person should know before reading its curves. */
export interface Notice {
  run: string;
  kind: 'error' | 'warning' | 'information';
  text: string;
  resumable: boolean;
}

/** @param hasRows Whether a first row of its curves is there. */
export function runNotice(run: RunSummary, label: string, hasRows: boolean): Notice | null {
  const where = statusText(run);
  const reason = run.end?.reason ?? null;
  switch (run.state) {
    case 'failed':
      return {
        run: run.id,
        kind: 'error',
        text: `${label} ${where.toLowerCase()}. ${sentence(reason ?? 'No reason was recorded; its log may tell more')}`,
        resumable: true,
      };
    case 'interrupted':
      return {
        run: run.id,
        kind: 'warning',
        text: `${label} was ${where.toLowerCase()}: its process is gone. It can be resumed from its last checkpoint.`,
        resumable: true,
      };
    case 'running':
      return hasRows
        ? null
        : { run: run.id, kind: 'information', text: waitingText(run, label), resumable: false };
    case 'finished':
    case 'stopped':
      return null;
  }
}

function waitingText({ progress }: RunSummary, label: string): string {
  const phase = progress?.phase ?? 'starting';
  const teachers = (progress?.teachers ?? []).map(({ name }) => name);
  const which = phase === 'waiting for teacher' && teachers.length > 0 ? ` ${teachers.join(', ')}` : '';
  return `${label} has not begun to train: ${phase}${which}.`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Runs that contain every word of the filter, newest first; archived ones only while they are shown. */
export function filterRuns(
  runs: readonly RunSummary[],
  shown: readonly string[],
  filter: string,
): RunSummary[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return runs
    .filter(({ id, labels }) => !labels.archived || shown.includes(id))
    .filter((run) => {
      const text = `${run.name} ${run.experimentPath} ${run.state} ${run.id} seed ${run.seed}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((first, second) => second.createdAt.localeCompare(first.createdAt));
}
