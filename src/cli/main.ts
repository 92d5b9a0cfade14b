import { text as readAll } from 'node:stream/consumers';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../../package.json';
import { ENGINE_NAMES } from '../engine/engine';
import { LaunchError } from '../runs/launch';
import { UnknownRunError } from '../runs/store';
import { compare, listRuns, showRun, showWeights } from './browse';
import { engines } from './engine';
import { describeProblems, examineExperiment } from './examine';
import { CommandError, EXIT, type ExitCode } from './exit';
import { archive, remove, resume, stop } from './manage';
import { printJson, printLine } from './output';
import { runExperiment, type RunOptions } from './run';
import { similarity } from './similarity';

const jsonOption = ['--json', 'print one line of JSON for programs, last on standard output'] as const;

const workspaceOption = [
  '--workspace <folder>',
  'whose .distillery holds the runs; else the nearest one upwards, or the git root',
] as const;

let exitCode: ExitCode = EXIT.ok;

/** Lets a command decide the exit code. */
function ending<Arguments extends unknown[]>(
  action: (...given: Arguments) => Promise<ExitCode>,
): (...given: Arguments) => Promise<void> {
  return async (...given) => {
    exitCode = await action(...given);
  };
}

function buildProgram(): Command {
  const program = new Command('distillery')
    .description('Run and compare knowledge-distillation and hint-learning experiments.')
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText(
      'after',
      `
Exit codes: 0 done · 1 a run failed · 2 the command or the experiment has mistakes · 3 stopped or interrupted.
RUN is the id of a run, the start or last part of it, or its name (the newest run of that name).`,
    );
  addExperimentCommands(program);
  addRunCommands(program);
  return program;
}

function addExperimentCommands(program: Command): void {
  program
    .command('run')
    .description('train an experiment, its teachers first where they are not trained yet')
    .argument('<file>', 'a *.distill.yaml file')
    .addOption(
      new Option('--engine <name>', 'what trains').choices(['auto', ...ENGINE_NAMES]).default('auto'),
    )
    .option('--seed <number>', 'instead of the seed of the file', parseSeed)
    .option('--baseline', 'train the student alone first, unless that has been done')
    .option('--detach', 'start it and return')
    .option(...workspaceOption)
    .option(...jsonOption)
    .action(ending((file: string, options: RunOptions) => runExperiment(file, options)));
  program
    .command('check')
    .description('look for mistakes: keys, values, files, models, layers, shapes')
    .argument('<file>', 'a *.distill.yaml file')
    .option('--stdin', 'read the text from standard input; FILE only names it')
    .option(...jsonOption)
    .action(ending(check));
  program
    .command('similarity')
    .description('compare all layers of a teacher and the student, and suggest hints')
    .argument('<file>', 'a *.distill.yaml file')
    .option('--member <number>', 'which teacher of an ensemble, counted from 0', wholeNumber(0), 0)
    .option('--images <number>', 'how many test images both are shown', wholeNumber(2), 256)
    .option(...jsonOption)
    .action(ending(similarity));
  program
    .command('engines')
    .description('what can train here; what can be installed')
    .argument('[name]', 'try this one only')
    .option('--install [name]', 'install an engine for a GPU; without a name: tell what can be installed')
    .option('--yes', 'do not ask before something is downloaded')
    .option(...workspaceOption)
    .option('--no-workspace', 'only engines that come with Distillery or that it installed')
    .option(...jsonOption)
    .action(ending(engines));
}

function addRunCommands(program: Command): void {
  program
    .command('ls')
    .description('list the runs, newest first')
    .option('--all', 'archived runs too')
    .option(...workspaceOption)
    .option(...jsonOption)
    .action(ending(listRuns));
  const one = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<run>')
      .option(...workspaceOption);
  const several = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .argument('<run...>')
      .option(...workspaceOption);
  one('show', 'show a run, its teachers and its baseline')
    .option(...jsonOption)
    .action(ending(showRun));
  several('compare', 'show runs side by side')
    .option(...jsonOption)
    .action(ending(compare));
  one('stop', 'stop a run after its step, with a checkpoint')
    .option(...jsonOption)
    .action(ending(stop));
  one('resume', 'go on with a run that was stopped or interrupted')
    .option('--detach', 'start it and return')
    .option(...jsonOption)
    .action(ending(resume));
  one('weights', "list the student's final weights, with a hash over all of them")
    .option(...jsonOption)
    .action(ending(showWeights));
  several('archive', 'take runs out of the list, without deleting anything')
    .option('--undo', 'put them back')
    .action(ending(archive));
  several('delete', 'delete runs for good')
    .option('--yes', 'do not ask; elsewhere than on a terminal nothing is asked')
    .action(ending(remove));
}

async function check(file: string, { stdin, json }: { stdin?: boolean; json?: boolean }): Promise<ExitCode> {
  const { problems, ok } = await examineExperiment(file, stdin ? await readAll(process.stdin) : undefined);
  if (json) printJson({ ok, problems });
  else printLine(problems.length === 0 ? `${file} is sound.` : describeProblems(problems));
  return ok ? EXIT.ok : EXIT.mistake;
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= least && text.trim() !== '') return number;
    throw new InvalidArgumentError(`It is a whole number from ${least}.`);
  };
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed <= 4_294_967_295) return seed;
  throw new InvalidArgumentError('A seed is a whole number from 0 to 4294967295.');
}

/** What went wrong, for people, and the exit code for it. */
function explain(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.mistake;
  if (error instanceof CommandError) {
    process.stderr.write(`${error.message}\n`);
    return error.code;
  }
  if (error instanceof UnknownRunError || error instanceof LaunchError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.mistake;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return EXIT.failed;
}

// `distillery ls | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCode);
  throw error;
});

buildProgram()
  .parseAsync()
  .catch((error: unknown) => {
    exitCode = explain(error);
  })
  .finally(() => {
    process.exitCode = exitCode;
  });
