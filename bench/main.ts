import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { STEP_CASES } from './cases/cases';
import type { StepCase } from './cases/case';
import { describeMachine } from './machine';
import { printMissingTorch, printPeaks, printStepRows, tellProgress, warnOfLoad } from './print';
import { findTorch, TorchMissing, type Torch } from './python';
import { checkCase, measurePeak, measureStep, type StepOptions, type StepRow } from './step';

interface CommonOptions {
  engine: string;
  provider?: string;
  device: string;
  python?: string;
  json: boolean;
}

interface StepCommandOptions extends CommonOptions {
  case?: string[];
  batch: number[];
  threads: number[];
  rounds: number;
  check: boolean;
}

const root = process.env['DISTILLERY_ROOT'] ?? process.cwd();

async function main(): Promise<void> {
  const program = new Command('bench').description('Measures Distillery beside PyTorch.');
  withCommonOptions(program.command('step'))
    .description('times one distillation step, the same on both sides')
    .option('--case <names...>', `of ${STEP_CASES.map(({ name }) => name).join(', ')}; without it, all`)
    .option('--batch <sizes>', 'images in a batch', wholeNumbers, [64, 128])
    .option('--threads <counts>', 'threads of each side', wholeNumbers, threadCounts())
    .option('--rounds <count>', 'how often both take turns', wholeNumber, 7)
    .option('--check', 'only check that both sides do the same work', false)
    .action(runStep);
  await program.parseAsync();
}

function withCommonOptions(command: Command): Command {
  return command
    .option('--engine <name>', 'our engine', 'auto')
    .addOption(
      new Option('--provider <name>', 'what our engine computes on').choices(['cpu', 'webgpu', 'cuda']),
    )
    .addOption(
      new Option('--device <name>', 'what torch computes on').choices(['cpu', 'cuda']).default('cpu'),
    )
    .option(
      '--python <path>',
      'a Python that has torch; without it, the one of DISTILLERY_PYTHON, else python3',
    )
    .option('--json', 'print one JSON object on standard output', false);
}

async function runStep(options: StepCommandOptions): Promise<void> {
  const cases = chosenCases(options.case);
  const torch = await torchOrNone(options);
  const settings: StepOptions = {
    root,
    engine: options.engine,
    provider: options.provider ?? null,
    rounds: options.rounds,
    torch,
    device: options.device,
  };
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
    const { provider, device } = options;
    const result = { benchmark: 'step', machine, torch, provider, device, peaks, rows, failures };
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  printPeaks(machine, torch, peaks);
  printStepRows(rows, peaks);
}

async function checkCases(cases: readonly StepCase[], settings: StepOptions): Promise<void> {
  const { torch } = settings;
  if (!torch) throw new Error('Without torch there is nothing to check against.');
  for (const stepCase of cases) {
    const { student, adapter, teacher, multiplyAdds } = await checkCase(stepCase, { ...settings, torch });
    tellProgress(
      `${stepCase.name}: the same; student ${student}, adapter ${adapter}, teacher ${teacher} parameters, ${multiplyAdds} multiply-adds for an image`,
    );
  }
}

/** @throws Error when a name is unknown. */
function chosenCases(names: readonly string[] | undefined): readonly StepCase[] {
  return (names ?? STEP_CASES.map(({ name }) => name)).map((name) => {
    const found = STEP_CASES.find((candidate) => candidate.name === name);
    if (found) return found;
    throw new Error(
      `There is no case ${name}. The cases: ${STEP_CASES.map((candidate) => candidate.name).join(', ')}.`,
    );
  });
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
