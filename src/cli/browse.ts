import { createHash } from 'node:crypto';
import * as path from 'node:path';
import colors from 'picocolors';
import { ModelError } from '../models/model';
import { readSafetensors, type StoredTensor } from '../models/safetensors';
import { RUN_FILES, type RunProgress } from '../runs/record';
import { compareRuns, reportOf, roleAmong } from '../runs/report';
import { RunStore } from '../runs/store';
import type { RunSummary } from '../runs/summary';
import { usedEngineText } from '../runs/usedEngine';
import { CommandError, EXIT, type ExitCode } from './exit';
import { layOutReport, layOutTable, paintState, percent, printJson, printLine } from './output';
import { describeProgress } from './progressLine';
import { machineRow } from './run';
import { chosenWorkspace } from './workspace';

/** What every command that looks at runs understands. */
export interface BrowseOptions {
  /** Folder whose `.distillery` holds the runs; found from the working directory when it is not given. */
  workspace?: string;
  json?: boolean;
}

/**
 * The runs of a workspace: the one that is named, or the one that the working directory belongs to.
 *
 * @throws CommandError when the named folder does not exist.
 */
export async function openStore({ workspace }: BrowseOptions): Promise<RunStore> {
  return new RunStore(await chosenWorkspace(workspace));
}

/** `distillery ls` */
export async function listRuns(options: BrowseOptions & { all?: boolean }): Promise<ExitCode> {
  const { all, json } = options;
  const store = await openStore(options);
  const { runs, broken } = await store.list();
  const shown = runs.filter((run) => all === true || !run.labels.archived);
  for (const { directory, reason } of broken)
    process.stderr.write(`${directory} cannot be read: ${reason}\n`);
  if (json) {
    printJson({ runs: shown.map((run) => machineSummary(run, runs)) });
    return EXIT.ok;
  }
  if (shown.length === 0) {
    printLine(`No runs in ${store.folder}. Start one: distillery run FILE`);
    return EXIT.ok;
  }
  const rows = shown.map((run) => [
    run.id,
    paintState(run.state),
    run.progress ? `${Number(run.progress.epoch.toFixed(1))}/${run.progress.totalEpochs}` : '–',
    percent(run.progress?.best ? 1 - run.progress.best.accuracy : null),
    percent(run.progress?.last ? 1 - run.progress.last.accuracy : null),
    `${run.seed}`,
    run.experimentPath,
  ]);
  printLine(
    layOutTable(
      ['run', 'state', 'epoch', 'best error', 'last error', 'seed', 'experiment'],
      rows,
      [2, 3, 4, 5],
    ),
  );
  return EXIT.ok;
}

/** `distillery show ID` */
export async function showRun(name: string, options: BrowseOptions): Promise<ExitCode> {
  const store = await openStore(options);
  const run = await store.resolve(name);
  const { runs } = await store.list();
  const report = reportOf(run, runs);
  if (options.json) {
    printJson({ ...machineSummary(run, runs), report: report.map(machineRow) });
    return EXIT.ok;
  }
  const facts: [string, string][] = [
    ['state', `${paintState(run.state)}${run.end?.reason ? `: ${run.end.reason}` : ''}`],
    ['experiment', `${run.experimentPath} (seed ${run.seed})`],
    ['created', run.createdAt],
    ['engine', run.progress?.engine ? usedEngineText(run.progress.engine) : ''],
    ['folder', run.directory],
    ['targets', run.progress?.targets ?? ''],
    ['batches', describeBatches(run.progress?.batches)],
    ['notes', run.labels.notes],
  ];
  printLine(colors.bold(run.id));
  for (const [key, value] of facts) if (value !== '') printLine(`${key.padEnd(12)}${value}`);
  if (run.progress && run.state === 'running') printLine(describeProgress(run.name, run.progress));
  printLine(`\n${layOutReport(report)}`);
  return EXIT.ok;
}

/** How the batches of a run came about; empty for a run that has not told. */
function describeBatches(batches: RunProgress['batches']): string {
  return batches
    ? `${batches.made} Waiting for them took ${percent(batches.stallShare)} of the training.`
    : '';
}

/** `distillery compare ID…` */
export async function compare(names: readonly string[], options: BrowseOptions): Promise<ExitCode> {
  const store = await openStore(options);
  const { runs } = await store.list();
  const rows = compareRuns(await Promise.all(names.map((name) => store.resolve(name))), runs);
  if (options.json) printJson({ runs: rows.map(machineRow) });
  else printLine(layOutReport(rows));
  return EXIT.ok;
}

/** `distillery weights ID`: what the student's weights are, and a hash by which two runs can be held to be equal. */
export async function showWeights(name: string, options: BrowseOptions): Promise<ExitCode> {
  const run = await (await openStore(options)).resolve(name);
  const file = path.join(run.directory, RUN_FILES.lastCheckpoint);
  const tensors = await studentTensors(file, run.id);
  const sha256 = hashTensors(tensors);
  const weights = tensors.map(([weight, { dtype, shape }]) => ({ name: weight, dtype, shape }));
  if (options.json) {
    printJson({ id: run.id, file, sha256, weights });
    return EXIT.ok;
  }
  printLine(`${run.id}\nsha256 ${sha256}`);
  printLine(
    layOutTable(
      ['weight', 'shape', 'type'],
      weights.map((each) => [each.name, `[${each.shape.join(', ')}]`, each.dtype]),
      [],
    ),
  );
  return EXIT.ok;
}

async function studentTensors(file: string, id: string): Promise<[string, StoredTensor][]> {
  try {
    const { tensors } = await readSafetensors(file);
    return [...tensors]
      .filter(([name]) => name.startsWith('student/'))
      .map(([name, tensor]): [string, StoredTensor] => [name.slice('student/'.length), tensor])
      .sort(([a], [b]) => (a < b ? -1 : 1));
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    if (error.code === 'missing-file') throw new CommandError(`Run ${id} has no checkpoint yet.`);
    throw new CommandError(error.message, EXIT.failed);
  }
}

/** sha256 over name, type, shape and bytes of each tensor, in the order of their names. */
function hashTensors(tensors: readonly [string, StoredTensor][]): string {
  const hash = createHash('sha256');
  for (const [name, { dtype, shape, data }] of tensors) {
    hash.update(`${name}\0${dtype}\0${shape.join(',')}\0`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** A run as `ls --json` and `show --json` give it. */
function machineSummary(run: RunSummary, runs: readonly RunSummary[]): Record<string, unknown> {
  const { id, name, state, directory, experimentPath, createdAt, seed, progress, end, labels } = run;
  return {
    id,
    name,
    role: roleAmong(run, runs),
    state,
    directory,
    experiment: experimentPath,
    createdAt,
    seed,
    engine: progress?.engine ?? null,
    step: progress?.step ?? 0,
    totalSteps: progress?.totalSteps ?? null,
    epoch: progress?.epoch ?? 0,
    totalEpochs: progress?.totalEpochs ?? null,
    best: progress?.best ?? null,
    last: progress?.last ?? null,
    parameters: progress?.parameters ?? null,
    multiplyAdds: progress?.multiplyAdds ?? null,
    targets: progress?.targets ?? null,
    batches: progress?.batches ?? null,
    reason: end?.reason ?? null,
    seconds: end?.seconds ?? null,
    archived: labels.archived,
    notes: labels.notes,
  };
}
