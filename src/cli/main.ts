import { text as readAll } from 'node:stream/consumers';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../../package.json';
import { ENGINE_NAMES, EngineError } from '../engine/engine';
import { resizings } from '../images/fit';
import { LaunchError } from '../runs/launch';
import { UnknownRunError } from '../runs/store';
import { compare, listRuns, showRun, showWeights } from './browse';
import { engines } from './engine';
import { describeProblems, examineExperiment } from './examine';
import { CommandError, EXIT, type ExitCode } from './exit';
import type { LayersOptions } from './layers';
import { archive, remove, resume, stop } from './manage';
import { printJson, printLine } from './output';
import { predict, type PredictOptions } from './predict';
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
  addModelCommands(program);
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

function addModelCommands(program: Command): void {
  program
    .command('layers')
    .description('the layer table of a model: shapes, costs, receptive fields, source lines')
    .argument('<model>', 'as experiments name it: path#export, zoo/NAME or a file; or a *.distill.yaml file')
    .option('--input <size>', 'height, width and channels of an image, such as 32x32x3', parseImageSize)
    .option('--classes <number>', 'how many classes the model is to tell apart', parseClasses)
    .option('--options <json>', 'options for the model function, a JSON object', parseModelOptions)
    .option('--weights <file>', 'a .safetensors file with the weights, or the .weights of a Darknet cfg')
    .option(...jsonOption)
    .action(
      ending(async (model: string, options: LayersOptions) =>
        (await import('./layers')).layers(model, options),
      ),
    );
  program
    .command('predict')
    .description('ask a model what is in images: classes, or boxes')
    .argument('<model>', 'a Darknet cfg, another model with a vector of classes, or a run')
    .argument('<image...>', 'JPEG or PNG files')
    .option('--weights <file>', 'instead of those of the model, or beside the cfg')
    .option('--names <file>', 'what the classes are called, one a line')
    .option('--threshold <number>', 'boxes need a higher score', parseShare, 0.25)
    .option('--overlap <number>', 'of boxes that overlap by more, the best stays', parseShare, 0.45)
    .option('--top <count>', 'classes to show', parseCount, 5)
    .addOption(
      new Option('--resize <way>', 'how images are made smaller').choices([...resizings]).default('smooth'),
    )
    .addOption(
      new Option('--engine <name>', 'what computes').choices(['auto', ...ENGINE_NAMES]).default('auto'),
    )
    .option(...workspaceOption)
    .option(...jsonOption)
    .action(
      ending((model: string, images: string[], options: PredictOptions) => predict(model, images, options)),
    );
  program
    .command('similarity')
    .description('compare all layers of a teacher and the student, and suggest hints')
    .argument('<file>', 'a *.distill.yaml file')
    .option('--member <number>', 'which teacher of an ensemble, counted from 0', wholeNumber(0), 0)
    .option('--images <number>', 'how many test images both are shown', wholeNumber(2), 256)
    .option(...jsonOption)
    .action(ending(similarity));
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

function parseShare(text: string): number {
  const share = text.trim() === '' ? NaN : Number(text);
  if (share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError('It is a number from 0 to 1.');
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('It is a whole number of at least 1.');
}

function parseImageSize(text: string): [number, number, number] {
  const sizes = /^(\d+)[x×](\d+)[x×](\d+)$/i.exec(text)?.slice(1).map(Number) ?? [];
  const [height = 0, width = 0, channels = 0] = sizes;
  if (height > 0 && width > 0 && channels > 0) return [height, width, channels];
  throw new InvalidArgumentError('An image is HEIGHTxWIDTHxCHANNELS, such as 32x32x3.');
}

function parseClasses(text: string): number {
  const classes = Number(text);
  if (Number.isInteger(classes) && classes > 0) return classes;
  throw new InvalidArgumentError('The number of classes is a whole number from 1.');
}

function parseModelOptions(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(
      `That is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new InvalidArgumentError('Options are a JSON object, such as \'{"width": 8}\'.');
}

/** What went wrong, for people, and the exit code for it. */
function explain(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.mistake;
  if (error instanceof CommandError) {
    process.stderr.write(`${error.message}\n`);
    return error.code;
  }
  if (error instanceof UnknownRunError || error instanceof LaunchError || error instanceof EngineError) {
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
