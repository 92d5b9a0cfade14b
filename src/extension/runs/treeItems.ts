import type { RunRecord } from '../../runs/record';
import type { RunState, RunSummary } from '../../runs/summary';
import {
  accuracyText,
  activityText,
  ageText,
  countText,
  durationText,
  engineText,
  measurementText,
  momentText,
} from './texts';

/** What a row of the run browser shows; tree.ts makes the `TreeItem` of it. */
export interface TreeRow {
  label: string;
  description: string;
  /** A codicon and the theme colour it is drawn in. */
  icon: { name: string; color?: string };
  /** Words that the `when` clauses of the manifest look for. */
  contextValue: string;
  /** What a screen reader says. */
  spoken: string;
}

/** Codicon and theme colour of each state. */
export const stateIcons: Readonly<Record<RunState, { name: string; color?: string }>> = {
  running: { name: 'loading~spin', color: 'charts.blue' },
  finished: { name: 'pass', color: 'charts.green' },
  failed: { name: 'error', color: 'list.errorForeground' },
  stopped: { name: 'debug-pause', color: 'descriptionForeground' },
  interrupted: { name: 'debug-disconnect', color: 'list.warningForeground' },
};

/** Whether a run that has ended can go on from its last checkpoint. */
export function isResumable(run: RunSummary): boolean {
  return run.state === 'stopped' || run.state === 'interrupted' || run.state === 'failed';
}

/**
 * The row of a run.
 * @param group The experiment that it stands under.
 * @param stopping Whether it was asked to stop and has not ended yet.
 * @param now Milliseconds since 1970.
 */
export function runRow(run: RunSummary, group: ExperimentGroup, stopping: boolean, now: number): TreeRow {
  const label = momentText(run.createdAt, now);
  const activity = run.state !== 'running' ? null : stopping ? 'stopping…' : activityText(run);
  const measured = measurementText(run);
  // The icon tells the state; in a narrow side bar the accuracy must come before its name.
  const ended = activity === null && run.state !== 'finished' ? run.state : null;
  const alone = isBaseline(run, group) ? 'student alone' : null;
  const archived = run.labels.archived ? 'archived' : null;
  const parts = [activity, measured, ended, alone, `seed ${run.seed}`, archived];
  const contextWords = ['run', run.state];
  if (isResumable(run)) contextWords.push('resumable');
  if (run.labels.archived) contextWords.push('archived');
  return {
    label,
    description: parts.filter((part) => part !== null).join(' · '),
    icon: stateIcons[run.state],
    contextValue: contextWords.join(' '),
    spoken: [
      `${run.name}, run of ${label}`,
      run.state,
      ...(activity === null ? [] : [activity]),
      ...(measured === null ? [] : [`test accuracy ${measured}`]),
      `seed ${run.seed}`,
      ...(run.labels.archived ? ['archived'] : []),
    ].join(', '),
  };
}

/** Whether a run is the student of its experiment without the teacher, to compare the others with. */
function isBaseline(run: RunSummary, group: ExperimentGroup): boolean {
  return run.role === 'student' && group.runs.some(({ role }) => role === 'distilled');
}

/** An experiment file and its runs, as the browser groups them. */
export interface ExperimentGroup {
  /** Relative to the workspace folder, with `/`. */
  path: string;
  /** Whether the file is there. */
  present: boolean;
  /** Newest first. */
  runs: readonly RunSummary[];
}

/**
 * Groups runs by their experiment file, adds the files that have no run yet, and sorts by path; runs newest first.
 * @param files Paths of the experiment files that are there, relative to the workspace folder, with `/`.
 */
export function groupByExperiment(runs: readonly RunSummary[], files: readonly string[]): ExperimentGroup[] {
  const groups = new Map<string, RunSummary[]>(files.map((path) => [path, []]));
  for (const run of runs) {
    const group = groups.get(run.experimentPath);
    if (group === undefined) groups.set(run.experimentPath, [run]);
    else group.push(run);
  }
  const present = new Set(files);
  return [...groups]
    .map(([path, group]) => ({ path, present: present.has(path), runs: group.toSorted(newestFirst) }))
    .sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
}

/** Orders runs by the moment they were made, the newest first. */
export function newestFirst(a: RunSummary, b: RunSummary): number {
  return b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id);
}

/**
 * The row of an experiment.
 * @param workspaceFolder Name of the workspace folder, when there are several.
 */
export function experimentRow(group: ExperimentGroup, workspaceFolder: string | null): TreeRow {
  const slash = group.path.lastIndexOf('/');
  const label = group.path.slice(slash + 1).replace(/\.distill\.yaml$/, '');
  const folder = group.path.slice(0, Math.max(slash, 0));
  const place = [workspaceFolder ?? '', folder].filter((part) => part !== '').join('/');
  const best = bestAccuracy(group.runs);
  const count =
    group.runs.length === 0 ? 'no runs' : group.runs.length === 1 ? '1 run' : `${group.runs.length} runs`;
  const parts = [
    place === '' ? null : place,
    group.present ? null : 'file missing',
    count,
    best === null ? null : `best ${accuracyText(best)}`,
  ].filter((part) => part !== null);
  return {
    label,
    description: parts.join(' · '),
    icon: { name: group.present ? 'beaker' : 'question' },
    contextValue: group.present ? 'experiment' : 'experiment missing',
    spoken: [`experiment ${label}`, ...parts].join(', '),
  };
}

function bestAccuracy(runs: readonly RunSummary[]): number | null {
  const accuracies = runs.flatMap((run) => run.progress?.best?.accuracy ?? []);
  return accuracies.length === 0 ? null : Math.max(...accuracies);
}

/**
 * What stands above the rows; empty when there is nothing to say.
 * @param broken How many folders among the runs cannot be read.
 */
export function treeMessage(isTrusted: boolean, broken: number): string {
  const folders = broken === 1 ? 'One run folder' : `${broken} run folders`;
  return [
    isTrusted ? [] : ['Restricted Mode: runs can be browsed. Running one needs your trust in this folder.'],
    broken === 0 ? [] : [`${folders} cannot be read; the extension log says why.`],
  ]
    .flat()
    .join(' ');
}

/**
 * The tooltip of a run as markdown.
 * @param record What was asked of the run; null when it cannot be read.
 * @param now Milliseconds since 1970.
 */
export function runTooltip(run: RunSummary, record: RunRecord | null, now: number): string {
  const { progress, end } = run;
  const rows: [string, string | null][] = [
    ['State', stateSentence(run, now)],
    ['Reason', end?.reason ?? null],
    ['Test accuracy', testAccuracy(run)],
    ['Teacher', teacherSentence(run)],
    ['Student', record?.resolved.student.model ?? null],
    ['Parameters', progress?.parameters == null ? null : countText(progress.parameters)],
    ['Multiply-adds', progress?.multiplyAdds == null ? null : countText(progress.multiplyAdds)],
    ['Seed', String(run.seed)],
    ['Engine', engineText(run) ?? record?.engine ?? null],
    ['Engine chosen', progress?.engine?.reason ?? null],
    [
      'Speed',
      progress?.imagesPerSecond == null
        ? null
        : `${countText(Math.round(progress.imagesPerSecond))} images/s`,
    ],
    ['Machine', record === null ? null : `${record.environment.hostname}, ${record.environment.processor}`],
    ['Commit', commitText(record)],
    ['Notes', run.labels.notes === '' ? null : run.labels.notes],
  ];
  const lines = rows.flatMap(([name, value]) =>
    value === null ? [] : [`| ${name} | ${markdownText(value)} |`],
  );
  return [
    `**${markdownText(run.name)}** — ${markdownText(run.id)}`,
    '',
    '| | |',
    '| --- | --- |',
    ...lines,
  ].join('\n');
}

function stateSentence(run: RunSummary, now: number): string {
  const { progress, end } = run;
  if (run.state === 'running') {
    const left = progress?.secondsLeft == null ? '' : `, about ${durationText(progress.secondsLeft)} left`;
    return `running: ${activityText(run)}${left}`;
  }
  if (end === null) {
    const at = progress === null ? '' : ` ${ageText(progress.at, now)}, at ${activityText(run)}`;
    return `interrupted${at}; it can be resumed`;
  }
  return `${run.state} ${ageText(end.at, now)}, after ${durationText(end.seconds)}`;
}

function testAccuracy({ progress }: RunSummary): string | null {
  if (progress?.last == null) return null;
  const best =
    progress.best === null
      ? ''
      : `, best ${accuracyText(progress.best.accuracy)} at step ${countText(progress.best.step)}`;
  return `${accuracyText(progress.last.accuracy)}${best}`;
}

function teacherSentence({ role, progress }: RunSummary): string | null {
  if (role !== 'distilled') return 'none: trained on the labels alone';
  const teachers = (progress?.teachers ?? []).map(({ name, accuracy }) =>
    accuracy === null ? name : `${name} (${accuracyText(accuracy)})`,
  );
  return teachers.length === 0 ? null : teachers.join(', ');
}

function commitText(record: RunRecord | null): string | null {
  if (record?.git == null) return null;
  const { commit, branch, dirty } = record.git;
  return `${commit.slice(0, 10)}${branch === null ? '' : ` on ${branch}`}${dirty ? ', with changes' : ''}`;
}

/** Text that stands for itself inside a cell of a markdown table. */
export function markdownText(text: string): string {
  return text
    .replaceAll(/[\\`*_{}[\]()#+\-.!|<>~&$:@]/g, (character) => `&#${character.codePointAt(0) ?? 0};`)
    .replaceAll(/\s*\r?\n\s*/g, ' ');
}
