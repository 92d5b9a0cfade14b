import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { EventTail } from '../src/runs/eventLog';
import { readJsonIfPresent } from '../src/runs/files';
import { progressSchema, RUN_FILES } from '../src/runs/record';
import { runsFolder } from '../src/runs/workspace';
import type { Laboratory } from './laboratory';
import { peakMemory } from './machine';
import type { TorchAdam, TorchLayout } from './protocol';

/** How long a training took; seconds count from the start of its process. */
export interface Training {
  /** When the process had ended; null where it was stopped after the first step. */
  seconds: number | null;
  /** When the first step was done; null where there was none. */
  firstStep: number | null;
  /** On the test images, after the last epoch. */
  accuracy: number | null;
  /** Most memory held, in MiB. */
  memory: number | null;
  /** What trained it, for people. */
  device: string;
}

const POLL_MILLISECONDS = 50;

/**
 * Trains an experiment as a user does, with `dist/cli.js run`, and follows the run's folder.
 *
 * @param until where to stop: after the first step the run is asked to.
 * @throws Error when the run fails.
 */
export async function trainOurs(
  laboratory: Laboratory,
  experiment: string,
  options: { root: string; engine: string; env: NodeJS.ProcessEnv; until: 'first step' | 'end' },
): Promise<Training & { directory: string }> {
  const { root, engine, env, until } = options;
  const before = new Set(await runsIn(laboratory.folder));
  const program = join(root, 'dist', 'cli.js');
  const started = Date.now();
  const child = spawn(
    process.execPath,
    [program, 'run', experiment, '--engine', engine, '--workspace', laboratory.folder, '--json'],
    { cwd: laboratory.folder, env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const complaints = collect(child);
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const watch = new RunWatch(laboratory.folder, before, started);
  while (child.exitCode === null && child.signalCode === null) {
    await watch.look();
    if (until === 'first step' && watch.firstStep !== null && !child.killed) child.kill('SIGINT');
    await Promise.race([exit, sleep(POLL_MILLISECONDS)]);
  }
  const ended = Date.now();
  const [code] = await exit;
  await watch.look();
  const { firstStep, accuracy, memory, device, directory } = watch;
  // 3: it was stopped, as asked.
  if (code !== (until === 'end' ? 0 : 3) || firstStep === null || directory === null) {
    throw new Error(`The run of ${experiment} ended with code ${code}:\n${(await complaints).trim()}`);
  }
  const seconds = until === 'end' ? (ended - started) / 1000 : null;
  return { seconds, firstStep, accuracy, memory, device, directory };
}

/** Follows the newest run of a workspace from outside, by the files of its folder. */
class RunWatch {
  directory: string | null = null;
  firstStep: number | null = null;
  accuracy: number | null = null;
  memory: number | null = null;
  device = '';
  private tail: EventTail | null = null;

  constructor(
    private readonly workspace: string,
    private readonly before: ReadonlySet<string>,
    private readonly started: number,
  ) {}

  async look(): Promise<void> {
    const found = (await runsIn(this.workspace)).find((name) => !this.before.has(name));
    if (found === undefined) return;
    this.directory = join(runsFolder(this.workspace), found);
    this.tail ??= new EventTail(join(this.directory, RUN_FILES.events));
    for (const event of await this.tail.read()) {
      if (event.type === 'start') this.device = `${event.engine.name}, ${event.engine.device}`;
      if (event.type === 'step') this.firstStep ??= (event.at - this.started) / 1000;
      if (event.type === 'evaluate') this.accuracy = event.test.accuracy;
    }
    const progress = await readJsonIfPresent(join(this.directory, RUN_FILES.progress), progressSchema);
    if (progress) this.memory = peakMemory(progress.process.pid) ?? this.memory;
  }
}

async function runsIn(workspace: string): Promise<string[]> {
  // There is no such folder before the first run.
  return readdir(runsFolder(workspace)).catch(() => []);
}

/** What bench/torch/train.py is asked to do. */
export interface TorchTraining {
  folder: string;
  pair: string;
  /** `teacher` trains and saves the teacher; `student` distils the student from it. */
  who: 'teacher' | 'student';
  /** 0: the weights stay as they are before any training. */
  epochs: number;
  batch: number;
  hints: boolean;
  threads: number;
  layout: TorchLayout;
  device: string;
  adam: TorchAdam;
}

const torchEventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('start'), device: z.string() }),
  z.object({ event: z.literal('step') }),
  z.object({ event: z.literal('epoch'), accuracy: z.number() }),
]);

/** Trains with PyTorch. @throws Error when it fails. */
export async function trainTorch(
  request: TorchTraining,
  options: { python: string; script: string; env: NodeJS.ProcessEnv; until: 'first step' | 'end' },
): Promise<Training> {
  const { python, script, env, until } = options;
  const started = Date.now();
  const child = spawn(python, [script, JSON.stringify(request)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const complaints = collect(child);
  const exit = once(child, 'exit') as Promise<[number | null]>;
  let device = '';
  let firstStep: number | null = null;
  let accuracy: number | null = null;
  let memory: number | null = null;
  const timer = setInterval(() => {
    memory = peakMemory(child.pid!) ?? memory;
  }, POLL_MILLISECONDS);
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) continue;
    const event = torchEventSchema.parse(JSON.parse(line));
    if (event.event === 'start') device = event.device;
    if (event.event === 'epoch') accuracy = event.accuracy;
    if (event.event !== 'step') continue;
    firstStep = (Date.now() - started) / 1000;
    memory = peakMemory(child.pid!);
    if (until === 'first step') child.kill();
  }
  const [code] = await exit;
  const ended = Date.now();
  clearInterval(timer);
  const failed = until === 'end' ? code !== 0 : firstStep === null;
  if (failed) {
    throw new Error(`PyTorch's training ended with code ${code}:\n${(await complaints).trim()}`);
  }
  const seconds = until === 'end' ? (ended - started) / 1000 : null;
  return { seconds, firstStep, accuracy, memory, device };
}

async function collect(child: ChildProcess): Promise<string> {
  let text = '';
  child.stderr!.setEncoding('utf8').on('data', (part: string) => (text += part));
  await once(child, 'close');
  return text;
}
