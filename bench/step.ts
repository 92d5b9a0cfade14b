import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StepCase } from './cases/case';
import { Contestant } from './contestant';
import { ourEnvironment } from './environment';
import {
  type Turn,
  MATMUL_SIZE,
  TORCH_LAYOUTS,
  type TorchAdam,
  type TorchLayout,
  type TorchRequest,
  type WorkerRequest,
} from './protocol';
import { pythonEnvironment, torchScript, type Torch } from './python';
import { bestOfRounds, gigaflops, median, pairedRatios, spread, stepsFor, type Spread } from './report';

/** How a step is measured. */
export interface StepOptions {
  root: string;
  engine: string;
  /** What the engine computes on; null: as it chooses. */
  provider: string | null;
  rounds: number;
  /** Null when there is none: ours is measured alone. */
  torch: Torch | null;
  /** torch's. */
  device: string;
  adam: TorchAdam;
}

/** One case at one batch size and number of threads. Times in milliseconds a step, memory in MiB. */
export interface StepRow {
  case: string;
  batch: number;
  threads: number;
  engine: string;
  ours: Spread;
  /** The best layout of each round; null without torch. */
  torch: Spread | null;
  /** Medians of each layout. */
  layouts: Partial<Record<TorchLayout, number>>;
  /** Their time / ours, paired by rounds: above 1, ours is faster. */
  ratio: Spread | null;
  /** Of the processor, all threads together. */
  processor: { ours: number; torch: number | null };
  /** Includes the compilation, where the engine compiles. */
  firstStep: { ours: number; torch: number | null };
  compilation: Turn['compilation'];
  memory: { ours: number | null; torch: number | null };
  gigaflops: { ours: number; torch: number | null };
  /** Times of each round; of torch the best layout's. */
  rounds: { ours: number[]; torch: number[] | null };
}

/** Long enough that starting and ending a turn does not count. */
const TURN_MILLISECONDS = 600;
/** Threads of a pool spin for a while before they sleep; they must not do so in the other's turn. */
const PAUSE_MILLISECONDS = 250;
const WARM_UP_STEPS = 3;

/** Measures one case: both sides take turns in alternating order. @throws Error when a side fails or works differently. */
export async function measureStep(
  { name, teacher, hint }: Pick<StepCase, 'name' | 'teacher' | 'hint'>,
  batch: number,
  threads: number,
  options: StepOptions,
): Promise<StepRow> {
  const layouts = teacher || hint || name === 'depthwise' ? TORCH_LAYOUTS : TORCH_LAYOUTS.slice(0, 1);
  const contestants = [
    await startOurs({ name, batch, engine: options.engine, compiler: null, twin: null }, threads, options),
  ];
  try {
    const { torch, device, adam } = options;
    for (const layout of torch ? layouts : []) {
      const request = { name, batch, threads, layout, device, adam, twin: null };
      contestants.push(await startTorch(request, torch!, options.root));
    }
    for (const peer of contestants.slice(1)) checkSameWork(contestants[0]!, peer);
    const { firsts, times, processor } = await race(contestants, options.rounds);
    const [first, ...peerFirsts] = firsts as [Turn, ...Turn[]];
    const [ours, ...peers] = times as [number[], ...number[][]];
    const theirs = peers.length > 0 ? bestOfRounds(peers) : null;
    const work = contestants[0]!.ready.stepMultiplyAdds! * batch;
    const [memory, ...peerMemories] = contestants.map((contestant) => contestant.peakMemory());
    const known = peerMemories.filter((size) => size !== null);
    return {
      case: name,
      batch,
      threads,
      engine: contestants[0]!.ready.device,
      ours: spread(ours),
      torch: theirs && spread(theirs),
      layouts: mediansOf(layouts, peers),
      ratio: theirs && spread(pairedRatios(theirs, ours)),
      processor: {
        ours: processor[0]!,
        torch: theirs && Math.min(...processor.slice(1)),
      },
      firstStep: {
        ours: first.milliseconds,
        torch: theirs && Math.min(...peerFirsts.map(({ milliseconds }) => milliseconds)),
      },
      compilation: first.compilation,
      memory: { ours: memory ?? null, torch: known.length > 0 ? Math.min(...known) : null },
      gigaflops: {
        ours: gigaflops(work, median(ours)),
        torch: theirs && gigaflops(work, median(theirs)),
      },
      rounds: { ours, torch: theirs },
    };
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.stop()));
  }
}

function mediansOf(layouts: readonly TorchLayout[], peers: readonly number[][]): StepRow['layouts'] {
  const medians: StepRow['layouts'] = {};
  peers.forEach((values, index) => (medians[layouts[index]!] = median(values)));
  return medians;
}

/** GFLOP/s of a product of large matrices on this many threads, in our engine and in torch. */
export async function measurePeak(
  threads: number,
  options: StepOptions,
): Promise<{ threads: number; ours: number; torch: number | null }> {
  const row = await measureStep({ name: 'matmul', teacher: null, hint: null }, 1, threads, options);
  // A peak is what was reached once, whatever disturbed the other rounds.
  const best = (times: readonly number[]): number => gigaflops(MATMUL_SIZE ** 3, Math.min(...times));
  return { threads, ours: best(row.rounds.ours), torch: row.rounds.torch && best(row.rounds.torch) };
}

/** What both sides found of a case when they were checked. */
export interface CaseCheck {
  student: number;
  adapter: number;
  teacher: number;
  multiplyAdds: number;
  /** Of our losses and theirs: the largest relative difference over the steps. */
  difference: number;
}

const CHECKED_STEPS = 5;
/** Losses are float32 sums of products in another order, and Adam makes much of tiny gradients. */
const TOLERANCE = 2e-3;

/**
 * Lets both sides take a few steps from the same weights on the same batches.
 *
 * @throws Error where they count other numbers of weights or multiply-adds, or find other losses.
 */
export async function checkCase(
  { name }: StepCase,
  options: StepOptions & { torch: Torch },
): Promise<CaseCheck> {
  const folder = await mkdtemp(join(tmpdir(), 'distillery-bench-'));
  const contestants: Contestant[] = [];
  try {
    const twin = join(folder, 'twin.safetensors');
    const { torch, device, adam, root, engine } = options;
    const ours = await startOurs({ name, batch: 8, engine, compiler: null, twin }, 1, options);
    contestants.push(ours);
    const layout = TORCH_LAYOUTS[0];
    const peer = await startTorch({ name, batch: 8, threads: 1, layout, device, adam, twin }, torch, root);
    contestants.push(peer);
    checkSameWork(ours, peer);
    let difference = 0;
    for (let step = 1; step <= CHECKED_STEPS; step += 1) {
      const [mine, other] = [(await ours.turn(1)).loss, (await peer.turn(1)).loss];
      difference = Math.max(difference, Math.abs(mine / other - 1));
      if (difference <= TOLERANCE) continue;
      throw new Error(`${name}: in step ${step} the loss is ${mine} in Distillery and ${other} in torch.`);
    }
    const { student, adapter, teacher } = ours.ready.sizes;
    return {
      student: student.parameters,
      adapter: adapter.parameters,
      teacher: teacher.parameters,
      multiplyAdds: ours.ready.stepMultiplyAdds!,
      difference,
    };
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

export function startOurs(
  request: WorkerRequest,
  threads: number,
  { root, provider }: Pick<StepOptions, 'root' | 'provider'>,
): Promise<Contestant> {
  const command = [process.execPath, join(root, 'dist', 'bench', 'worker.js'), JSON.stringify(request)];
  return Contestant.start('Distillery', command, ourEnvironment(threads, provider));
}

function startTorch(request: TorchRequest, torch: Torch, root: string): Promise<Contestant> {
  const script = torchScript(root, 'step.py');
  return Contestant.start(
    `torch (${request.layout})`,
    [torch.python, script, JSON.stringify(request)],
    pythonEnvironment(request.threads),
  );
}

/** Warms all up, then lets them take turns, each round in another order. */
export async function race(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<{ firsts: Turn[]; times: number[][]; processor: number[] }> {
  const firsts: Turn[] = [];
  const turns: number[] = [];
  for (const contestant of contestants) {
    firsts.push(await contestant.turn(1));
    const { milliseconds } = await contestant.turn(WARM_UP_STEPS);
    turns.push(stepsFor(TURN_MILLISECONDS, milliseconds));
  }
  const times = contestants.map((): number[] => []);
  const processor = contestants.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let place = 0; place < contestants.length; place += 1) {
      const index = (place + round) % contestants.length;
      await sleep(PAUSE_MILLISECONDS);
      const turn = await contestants[index]!.turn(turns[index]!);
      times[index]!.push(turn.milliseconds);
      processor[index]!.push(turn.processorMilliseconds);
    }
  }
  return { firsts, times, processor: processor.map(median) };
}

/** @throws Error when two sides do not have the same number of weights or of multiply-adds. */
function checkSameWork(ours: Contestant, theirs: Contestant): void {
  for (const part of ['student', 'adapter', 'teacher'] as const) {
    for (const count of ['parameters', 'multiplyAdds'] as const) {
      const [mine, other] = [ours.ready.sizes[part][count], theirs.ready.sizes[part][count]];
      if (mine === null || other === null || mine === other) continue;
      throw new Error(
        `The ${part}s differ: ${mine} ${count} in ${ours.name}, ${other} in ${theirs.name}. A comparison would mean nothing.`,
      );
    }
  }
}
