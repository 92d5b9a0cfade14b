import { readRunRecord } from '../runs/folder';
import { resumeRun } from '../runs/launch';
import { stopRun } from '../runs/stop';
import { openStore, type BrowseOptions } from './browse';
import { canAsk, confirm } from './confirm';
import { requireEngine } from './engine';
import { EXIT, type ExitCode } from './exit';
import { printJson, printLine } from './output';
import { trainerPrograms } from './program';
import { followToEnd, printRun } from './run';

/** `distillery stop ID`: asks first; a trainer that does not obey is ended. */
export async function stop(name: string, options: BrowseOptions): Promise<ExitCode> {
  const run = await (await openStore(options)).resolve(name);
  const outcome = await stopRun(run.directory, {
    by: 'distillery stop',
    onRung: (rung) => {
      const sentence =
        rung === 'request' ? 'Asked to stop; waiting for the checkpoint.' : `It does not obey: ${rung}.`;
      process.stderr.write(`${sentence}\n`);
    },
  });
  if (options.json) printJson({ id: run.id, ...outcome });
  else if (outcome.rung === null) printLine(`${run.id} was not running: it is ${outcome.state}.`);
  else
    printLine(outcome.refused ?? `${run.id} is ${outcome.state}. Go on with it: distillery resume ${run.id}`);
  return outcome.refused === null ? EXIT.ok : EXIT.failed;
}

/** `distillery resume ID` */
export async function resume(name: string, options: BrowseOptions & { detach?: boolean }): Promise<ExitCode> {
  const store = await openStore(options);
  const run = await store.resolve(name);
  await requireEngine((await readRunRecord(run.directory)).engine, store.workspace);
  const since = Date.now();
  await resumeRun(run.directory, trainerPrograms());
  if (!options.detach) {
    return followToEnd({ id: run.id, directory: run.directory, since }, store.workspace, options);
  }
  if (options.json) await printRun(run.id, store.workspace);
  else printLine(`${run.id} goes on. Watch it with \`distillery show ${run.id}\`.`);
  return EXIT.ok;
}

/** `distillery archive ID…`, or `--undo` */
export async function archive(
  names: readonly string[],
  options: BrowseOptions & { undo?: boolean },
): Promise<ExitCode> {
  const { undo } = options;
  const store = await openStore(options);
  for (const name of names) {
    const { id } = await store.resolve(name);
    await store.setLabels(id, { archived: !undo });
    printLine(
      undo ? `${id} is back in the list.` : `${id} is archived; \`distillery ls --all\` still shows it.`,
    );
  }
  return EXIT.ok;
}

/** `distillery delete ID…`: for good, so a person is asked first. */
export async function remove(
  names: readonly string[],
  options: BrowseOptions & { yes?: boolean },
): Promise<ExitCode> {
  const { yes } = options;
  const store = await openStore(options);
  const runs = await Promise.all(names.map((name) => store.resolve(name)));
  if (!yes && canAsk()) {
    for (const { id, experimentPath } of runs) printLine(`${id}   ${experimentPath}`);
    const many = runs.length === 1 ? 'this run' : `these ${runs.length} runs`;
    if (!(await confirm(`Delete ${many} for good, curves and checkpoints included?`))) {
      printLine('Nothing was deleted.');
      return EXIT.ok;
    }
  }
  for (const { id } of runs) {
    await store.remove(id);
    printLine(`${id} is deleted.`);
  }
  return EXIT.ok;
}
