import * as path from 'node:path';
import colors from 'picocolors';
import { baselineExperiment } from '../experiment/canonical';
import { teachersOf, type Experiment } from '../experiment/schema';
import { createRun, experimentFileName } from '../runs/create';
import { fingerprintsOf } from '../runs/fingerprint';
import { startTrainer } from '../runs/launch';
import { compareRuns, reportOf, type ReportRow } from '../runs/report';
import { RUN_FILES } from '../runs/record';
import { RunStore } from '../runs/store';
import type { RunState } from '../runs/summary';
import { isTeacherInWorkspace } from '../runs/teaching';
import { findWorkspace } from '../runs/workspace';
import { requireEngine } from './engine';
import { describeProblems, examineExperiment } from './examine';
import { CommandError, EXIT, type ExitCode } from './exit';
import { followRun, type FollowedRun } from './follow';
import { lastLines } from './lastLines';
import { layOutReport, printJson, printLine } from './output';
import { trainerPrograms } from './program';

export interface RunOptions {
  engine: string;
  /** Folder whose `.distillery` holds the run; found from the experiment file when it is not given. */
  workspace?: string;
  seed?: number;
  baseline?: boolean;
  detach?: boolean;
  json?: boolean;
}

/** Makes a run and starts its trainer. @param teaches whether it is meant to teach others. */
type Start = (experiment: Experiment, teaches: boolean) => Promise<{ id: string; directory: string }>;

/** `distillery run FILE`: checks the experiment, starts its trainer and follows it to the end. */
export async function runExperiment(given: string, options: RunOptions): Promise<ExitCode> {
  try {
    return await checkAndRun(given, options);
  } catch (error) {
    // Programs get their line also when nothing could be started.
    if (options.json && error instanceof CommandError) printJson({ runs: [], error: error.message });
    throw error;
  }
}

async function checkAndRun(given: string, options: RunOptions): Promise<ExitCode> {
  const examined = await examineExperiment(given);
  const { file, text, parsed, problems, ok } = examined;
  if (problems.length > 0) process.stderr.write(`${describeProblems(problems)}\n`);
  if (!ok || !parsed.experiment) {
    if (options.json) printJson({ runs: [], problems });
    return EXIT.mistake;
  }
  const experiment: Experiment = { ...parsed.experiment, seed: options.seed ?? parsed.experiment.seed };
  const workspace = path.resolve(options.workspace ?? (await findWorkspace(path.dirname(file))));
  await requireEngine(options.engine, workspace);
  const start: Start = async (one, teaches) => {
    const { engine } = options;
    const created = await createRun({ experiment: one, text, path: file, workspace, engine, teaches });
    await startTrainer(created.directory, trainerPrograms());
    return created;
  };
  if (options.baseline && teachersOf(experiment).length > 0) {
    if (options.detach)
      throw new CommandError('`--baseline` and `--detach` do not go together: run the baseline first.');
    const code = await trainBaseline(experiment, file, workspace, start, options);
    if (code !== EXIT.ok) return code;
  }
  const since = Date.now();
  const { id, directory } = await start(experiment, await isTeacherInWorkspace(file, workspace));
  if (options.detach) {
    if (options.json) await printRun(id, workspace);
    else
      printLine(
        `Started ${id}. Watch it with \`distillery show ${id}\`, stop it with \`distillery stop ${id}\`.`,
      );
    return EXIT.ok;
  }
  return followToEnd({ id, directory, since }, workspace, options);
}

/** A run that was just started or resumed, and when: milliseconds since 1970. */
interface StartedRun {
  id: string;
  directory: string;
  since: number;
}

/** Follows a run that was just started or resumed, and tells what became of it. */
export async function followToEnd(
  { id, directory, since }: StartedRun,
  workspace: string,
  { json }: Pick<RunOptions, 'json'>,
): Promise<ExitCode> {
  const followed = await followRun(directory, { target: progressTarget(json), since });
  const { state, detached } = followed;
  const store = new RunStore(workspace);
  const [run, { runs }] = await Promise.all([store.get(id), store.list()]);
  const rows = reportOf(run, runs);
  if (json) printJson({ runs: rows.map(machineRow) });
  else if (detached) printLine(`${id} goes on alone. Watch it with \`distillery show ${id}\`.`);
  else printLine(`\n${layOutReport(rows)}\n`);
  if (!detached) await tellUnfinished(followed);
  return detached ? EXIT.stopped : exitCodeOf(state);
}

/** Prints the row of a run that has just been started, which is known by little more than its id. */
export async function printRun(id: string, workspace: string): Promise<void> {
  const store = new RunStore(workspace);
  const [run, { runs }] = await Promise.all([store.get(id), store.list()]);
  printJson({ runs: compareRuns([run], runs).map(machineRow) });
}

/** Where progress goes: out of the way of what is for programs. */
function progressTarget(json: boolean | undefined): NodeJS.WriteStream {
  return json ? process.stderr : process.stdout;
}

/** Trains the student alone, unless that has been done with the same seed. */
async function trainBaseline(
  experiment: Experiment,
  file: string,
  workspace: string,
  start: Start,
  { json }: RunOptions,
): Promise<ExitCode> {
  const { runs } = await new RunStore(workspace).list();
  const { baselineFingerprint } = await fingerprintsOf(experiment, file);
  if (runs.some((run) => run.fingerprint === baselineFingerprint && run.state === 'finished')) return EXIT.ok;
  const name = `${experiment.name ?? experimentFileName(file)} (student alone)`;
  const since = Date.now();
  const { directory } = await start({ ...baselineExperiment(experiment), name }, false);
  const followed = await followRun(directory, { target: progressTarget(json), since });
  if (followed.state === 'finished') return EXIT.ok;
  await tellUnfinished(followed);
  return followed.detached ? EXIT.stopped : exitCodeOf(followed.state);
}

/** Says on standard error why a run did not finish, where its log is, and how to go on. */
async function tellUnfinished({ folder, state, detached }: FollowedRun): Promise<void> {
  if (state === 'finished') return;
  const { directory, record, end } = folder;
  const reason = end?.reason ? `: ${end.reason}` : '';
  const lines = [`${colors.bold(record.id)} ${detached ? 'goes on alone' : state}${reason}`];
  // A trainer that died without a word may have left its last ones in the log.
  if (state === 'interrupted') lines.push(...(await lastLines(path.join(directory, RUN_FILES.log), 8)));
  if (state === 'failed' || state === 'interrupted')
    lines.push(`Log: ${path.join(directory, RUN_FILES.log)}`);
  if (!detached && state !== 'failed') lines.push(`Go on with it: distillery resume ${record.id}`);
  process.stderr.write(`${lines.join('\n')}\n`);
}

function exitCodeOf(state: RunState): ExitCode {
  if (state === 'finished') return EXIT.ok;
  return state === 'failed' ? EXIT.failed : EXIT.stopped;
}

/** A row of the report as `--json` gives it. */
export function machineRow(row: ReportRow): Record<string, unknown> {
  const roles = { teacher: 'teacher', 'student alone': 'student', 'distilled student': 'distilled' } as const;
  const { id, name, accuracy, error, parameters, multiplyAdds, epochs, seconds } = row;
  return {
    id,
    name,
    role: roles[row.role],
    metric: accuracy,
    error,
    parameters,
    multiplyAdds,
    epochs,
    seconds,
    // A teacher that was given by its weights was trained elsewhere.
    state: row.state ?? 'finished',
  };
}
