import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { measureAblation } from './ablation';
import { STEP_CASES } from './cases/cases';
import type { StepCase } from './cases/case';
import { measureEditor } from './editor';
import { measureStart, measureTraining, type EndToEndOptions } from './endToEnd';
import { PAIRS, type Pair } from './laboratory';
import { describeMachine } from './machine';
import {
  printAblation,
  printEditor,
  printEndToEnd,
  printMachine,
  printMissingTorch,
  printPeaks,
  printProfile,
  printStepRows,
  tellProgress,
  warnOfLoad,
} from './print';
import { profileStep } from './profile';
import { TORCH_ADAMS, type TorchAdam } from './protocol';
import { findTorch, TorchMissing, type Torch } from './python';
import { checkCase, measurePeak, measureStep, type StepOptions, type StepRow } from './step';

interface CommonOptions {
  engine: string;
  provider?: string;
  device: string;
  adam: TorchAdam;
  python?: string;
  rounds: number;
  json: boolean;
}

interface StepCommandOptions extends CommonOptions {
  case?: string[];
  batch: number[];
  threads: number[];
  check: boolean;
}

interface CompilerCommandOptions {
  case: string;
  batch: number;
  threads: number;
}

interface EndToEndCommandOptions extends CommonOptions {
  pair: string[];
  images: number;
  testImages: number;
  epochs: number;
  batch: number;
  threads: number;
  hints: boolean;
}

const root = process.env['DISTILLERY_ROOT'] ?? process.cwd();

async function main(): Promise<void> {
  const program = new Command('bench').description('Measures Distillery beside PyTorch.');
  withCommonOptions(program.command('step'), 7)
    .description('times one distillation step, the same on both sides')
    .option('--case <names...>', `of ${STEP_CASES.map(({ name }) => name).join(', ')}; without it, all`)
    .option('--batch <sizes>', 'images in a batch', wholeNumbers, [64, 128])
    .option('--threads <counts>', 'threads of each side', wholeNumbers, threadCounts())
    .option('--check', 'only check that both sides do the same work', false)
    .action(runStep);
  withCompilerOptions(program.command('ablation'))
    .description('times our step without each part of what the compiler does')
    .option('--rounds <count>', 'how often all take turns', wholeNumber, 7)
    .action(runAblation);
  withCompilerOptions(program.command('profile'))
    .description('tells how long each node of our compiled step takes')
    .option('--top <count>', 'nodes to list', wholeNumber, 25)
    .action(runProfile);
  withTrainingOptions(program.command('train'), ['conv'], 3)
    .description('times a whole distillation: data, training, evaluation, checkpoints')
    .action((options: EndToEndCommandOptions) => runEndToEnd('train', options));
  withTrainingOptions(program.command('start'), ['conv', 'resnet'], 5)
    .description('times the start of a training up to its first step')
    .action((options: EndToEndCommandOptions) => runEndToEnd('start', options));
  program
    .command('editor')
    .description('times what a person waits for in the editor')
    .option('--rounds <count>', 'how often each is done', wholeNumber, 7)
    .option('--cfg <file>', 'a Darknet cfg to take a picture of too, e.g. that of YOLOv4')
    .option('--json', 'print one JSON object on standard output', false)
    .action(runEditor);
  await program.parseAsync();
}

function withCommonOptions(command: Command, rounds: number): Command {
  return command
    .option('--rounds <count>', 'how often both take turns', wholeNumber, rounds)
    .option('--engine <name>', 'our engine', 'auto')
    .addOption(
      new Option('--provider <name>', 'what our engine computes on').choices(['cpu', 'webgpu', 'cuda']),
    )
    .addOption(
      new Option('--device <name>', 'what torch computes on').choices(['cpu', 'cuda']).default('cpu'),
    )
    .addOption(new Option('--adam <name>', "torch's optimizer").choices(TORCH_ADAMS).default('default'))
    .option(
      '--python <path>',
      'a Python that has torch; without it, the one of DISTILLERY_PYTHON, else python3',
    )
    .option('--json', 'print one JSON object on standard output', false);
}

function withCompilerOptions(command: Command): Command {
  return command
    .option('--case <name>', `of ${STEP_CASES.map(({ name }) => name).join(', ')}`, 'conv-cached')
    .option('--batch <size>', 'images in a batch', wholeNumber, 64)
    .option('--threads <count>', 'threads', wholeNumber, 1);
}

async function runAblation(options: CompilerCommandOptions & { rounds: number }): Promise<void> {
  const stepCase = chosen('case', STEP_CASES, options.case);
  const machine = describeMachine();
  warnOfLoad(machine);
  const rows = await measureAblation(stepCase, { ...options, root });
  printMachine(machine, null);
  printAblation(stepCase.name, rows);
}

async function runProfile(options: CompilerCommandOptions & { top: number }): Promise<void> {
  const stepCase = chosen('case', STEP_CASES, options.case);
  printProfile(await profileStep(stepCase, options), options.top);
}

function withTrainingOptions(command: Command, pairs: string[], rounds: number): Command {
  return withCommonOptions(command, rounds)
    .option('--pair <names...>', `of ${PAIRS.map(({ name }) => name).join(', ')}`, pairs)
    .option('--images <count>', 'training images', wholeNumber, 10_000)
    .option('--test-images <count>', 'test images', wholeNumber, 2_000)
    .option('--epochs <count>', 'epochs of the student', wholeNumber, 5)
    .option('--batch <size>', 'images in a batch', wholeNumber, 64)
    .option('--threads <count>', 'threads of each side', wholeNumber, availableParallelism())
    .option('--hints', 'learn from a hint too', false);
}

async function runStep(options: StepCommandOptions): Promise<void> {
  const cases = options.case?.map((name) => chosen('case', STEP_CASES, name)) ?? STEP_CASES;
  const torch = await torchOrNone(options);
  const settings: StepOptions = { ...settingsOf(options, torch) };
  if (options.check) {
    await checkCases(cases, settings);
    return;
  }
  const machine = describeMachine();
  warnOfLoad(machine);
  const rows: StepRow[] = [];
  const failures: { case: string; batch: number; threads: number; reason: string }[] = [];
  const peaks = [];
  for (const threads of options.threads) {
    tellProgress(`peak on ${threads} threads`);
    peaks.push(await measurePeak(threads, settings));
    for (const stepCase of cases) {
      for (const batch of options.batch) {
        tellProgress(`${stepCase.name}, batch ${batch}, ${threads} threads`);
        try {
          rows.push(await measureStep(stepCase, batch, threads, settings));
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          tellProgress(`${stepCase.name} failed: ${reason}`);
          failures.push({ case: stepCase.name, batch, threads, reason });
        }
      }
    }
  }
  if (failures.length > 0) process.exitCode = 1;
  if (options.json) {
    const { provider = null, device, adam } = options;
    printJsonObject({ benchmark: 'step', machine, torch, provider, device, adam, peaks, rows, failures });
    return;
  }
  printMachine(machine, torch);
  printPeaks(peaks);
  printStepRows(rows, peaks);
}

async function checkCases(cases: readonly StepCase[], settings: StepOptions): Promise<void> {
  const { torch } = settings;
  if (!torch) throw new Error('Without torch there is nothing to check against.');
  for (const stepCase of cases) {
    const found = await checkCase(stepCase, { ...settings, torch });
    const { student, adapter, teacher, multiplyAdds, difference } = found;
    tellProgress(
      `${stepCase.name}: the same; student ${student}, adapter ${adapter}, teacher ${teacher} parameters, ${multiplyAdds} multiply-adds for an image; losses within ${difference.toExponential(0)}`,
    );
  }
}

async function runEndToEnd(benchmark: 'train' | 'start', options: EndToEndCommandOptions): Promise<void> {
  const pairs = options.pair.map((name): Pair => chosen('pair', PAIRS, name));
  const torch = await torchOrNone(options);
  const { images, testImages, epochs, batch, hints, threads, provider = null, device, adam } = options;
  const machine = describeMachine();
  warnOfLoad(machine);
  const rows = [];
  for (const pair of pairs) {
    const subject = { pair, images, testImages, epochs, batch, hints };
    const settings: EndToEndOptions = {
      ...settingsOf(options, torch),
      threads,
      subject,
      tell: (line) => {
        tellProgress(`${pair.name}: ${line}`);
      },
    };
    rows.push(await (benchmark === 'train' ? measureTraining : measureStart)(settings));
  }
  const asked = { images, testImages, epochs, batch, hints, threads };
  if (options.json) {
    printJsonObject({ benchmark, machine, torch, provider, device, adam, ...asked, rows });
    return;
  }
  printMachine(machine, torch);
  printEndToEnd(benchmark, asked, rows);
}

async function runEditor(options: { rounds: number; cfg?: string; json: boolean }): Promise<void> {
  const { rounds, cfg = null, json } = options;
  const machine = describeMachine();
  warnOfLoad(machine);
  const rows = await measureEditor({ root, rounds, cfg, tell: tellProgress });
  if (json) {
    printJsonObject({ benchmark: 'editor', machine, rounds, rows });
    return;
  }
  printMachine(machine, null);
  printEditor(rows);
}

function settingsOf(options: CommonOptions, torch: Torch | null): StepOptions {
  const { engine, provider = null, rounds, device, adam } = options;
  return { root, engine, provider, rounds, torch, device, adam };
}

/** @throws Error when the name is unknown. */
function chosen<Item extends { name: string }>(kind: string, items: readonly Item[], name: string): Item {
  const found = items.find((item) => item.name === name);
  if (found) return found;
  throw new Error(`There is no ${kind} ${name}. There are ${items.map((item) => item.name).join(', ')}.`);
}

async function torchOrNone({ python, device }: CommonOptions): Promise<Torch | null> {
  try {
    return await findTorch(python, device);
  } catch (error) {
    if (!(error instanceof TorchMissing)) throw error;
    printMissingTorch(error.message);
    return null;
  }
}

function printJsonObject(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
}

function wholeNumbers(text: string): number[] {
  return text.split(',').map(wholeNumber);
}

function threadCounts(): number[] {
  return [...new Set([1, availableParallelism()])];
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
