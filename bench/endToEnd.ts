import { join } from 'node:path';
import { RUN_FILES } from '../src/runs/record';
import { ourEnvironment } from './environment';
import { Laboratory, type Subject } from './laboratory';
import { TORCH_LAYOUTS, type TorchAdam, type TorchLayout } from './protocol';
import { pythonEnvironment, torchScript, type Torch } from './python';
import { bestOfRounds, median, pairedRatios, spread, type Spread } from './report';
import { trainOurs, trainTorch, type TorchTraining, type Training } from './training';

export interface EndToEndOptions {
  root: string;
  engine: string;
  provider: string | null;
  torch: Torch | null;
  /** torch's. */
  device: string;
  adam: TorchAdam;
  threads: number;
  rounds: number;
  subject: Subject;
  tell: (line: string) => void;
}

/** Both sides of a training. Seconds, shares of 1 and MiB. */
export interface EndToEndRow {
  pair: string;
  ours: Side;
  /** The better layout of each round; null without torch. */
  torch: Side | null;
  /** Their time / ours, paired by rounds: above 1, ours is faster. */
  ratio: Spread | null;
}

interface Side {
  device: string;
  /** From the start of the process to its end, or to the first step for `bench -- start`. */
  seconds: Spread;
  firstStep: number;
  accuracy: number | null;
  memory: number | null;
}

/** Times whole trainings of a student, each from the start of its process to its end. The teacher is trained before. */
export function measureTraining(options: EndToEndOptions): Promise<EndToEndRow> {
  return inLaboratory(options, async (laboratory) => {
    options.tell('training the teacher of both sides; this is not measured');
    const experiment = await laboratory.writeTeacher(options.subject, 1);
    const { directory } = await trainOurs(laboratory, experiment, ours(options, 'end'));
    await laboratory.keepTeacher(join(directory, RUN_FILES.bestCheckpoint));
    if (options.torch) await trainTorch(request(options, laboratory, 'teacher'), theirs(options, 'end'));
    return race(options, laboratory, 'end');
  });
}

/** Times how long it takes from the start of the process to the end of the first step. */
export function measureStart(options: EndToEndOptions): Promise<EndToEndRow> {
  return inLaboratory(options, async (laboratory) => {
    await laboratory.inventTeacher(options.subject.pair);
    if (options.torch) {
      const untrained = { ...request(options, laboratory, 'teacher'), epochs: 0 };
      await trainTorch(untrained, theirs(options, 'end'));
    }
    return race(options, laboratory, 'first step');
  });
}

async function inLaboratory(
  options: EndToEndOptions,
  work: (laboratory: Laboratory) => Promise<EndToEndRow>,
): Promise<EndToEndRow> {
  const laboratory = await Laboratory.open(options.subject);
  try {
    return await work(laboratory);
  } finally {
    await laboratory.close();
  }
}

async function race(
  options: EndToEndOptions,
  laboratory: Laboratory,
  until: 'first step' | 'end',
): Promise<EndToEndRow> {
  const { subject, rounds, torch, tell } = options;
  const experiment = await laboratory.writeStudent(subject);
  const runs: Training[] = [];
  const peers: Training[][] = (torch ? TORCH_LAYOUTS : []).map(() => []);
  for (let round = 1; round <= rounds; round += 1) {
    const turns = [
      async (): Promise<void> => {
        // Every round starts cold: nothing that a run remembered for the next one may be found.
        await laboratory.clear();
        runs.push(await trainOurs(laboratory, experiment, ours(options, until)));
        tell(`round ${round} of ${rounds}, ours: ${secondsOf(runs.at(-1)!).toFixed(1)} s`);
      },
      ...peers.map((trainings, index) => async (): Promise<void> => {
        const layout = TORCH_LAYOUTS[index]!;
        const asked = { ...request(options, laboratory, 'student'), layout };
        trainings.push(await trainTorch(asked, theirs(options, until)));
        tell(`round ${round} of ${rounds}, torch ${layout}: ${secondsOf(trainings.at(-1)!).toFixed(1)} s`);
      }),
    ];
    // Whoever is first in one round is last in the next.
    for (const turn of round % 2 === 1 ? turns : turns.reverse()) await turn();
  }
  const oursSeconds = runs.map(secondsOf);
  const theirsSeconds = bestOfRounds(peers.map((trainings) => trainings.map(secondsOf)));
  // What does not come from pairs of rounds is told of the layout that was faster on the whole.
  const [better] = peers.toSorted(
    (first, second) => median(first.map(secondsOf)) - median(second.map(secondsOf)),
  );
  return {
    pair: subject.pair.name,
    ours: sideOf(runs, oursSeconds),
    torch: better ? sideOf(better, theirsSeconds) : null,
    ratio: better ? spread(pairedRatios(theirsSeconds, oursSeconds)) : null,
  };
}

/** To the end, or to the first step where it was stopped then. */
function secondsOf({ seconds, firstStep }: Training): number {
  return seconds ?? firstStep ?? NaN;
}

function sideOf(trainings: readonly Training[], seconds: readonly number[]): Side {
  const known = (values: (number | null)[]): number[] => values.filter((value) => value !== null);
  const accuracies = known(trainings.map(({ accuracy }) => accuracy));
  const memories = known(trainings.map(({ memory }) => memory));
  return {
    device: trainings[0]!.device,
    seconds: spread(seconds),
    firstStep: median(known(trainings.map(({ firstStep }) => firstStep))),
    accuracy: accuracies.length > 0 ? median(accuracies) : null,
    memory: memories.length > 0 ? Math.min(...memories) : null,
  };
}

function ours(
  { root, engine, threads, provider }: EndToEndOptions,
  until: 'first step' | 'end',
): Parameters<typeof trainOurs>[2] {
  return { root, engine, env: ourEnvironment(threads, provider), until };
}

function theirs(
  { torch, root, threads }: EndToEndOptions,
  until: 'first step' | 'end',
): Parameters<typeof trainTorch>[1] {
  const env = pythonEnvironment(threads);
  return { python: torch!.python, script: torchScript(root, 'train.py'), env, until };
}

function request(
  { subject, threads, device, adam }: EndToEndOptions,
  laboratory: Laboratory,
  who: TorchTraining['who'],
): TorchTraining {
  const { pair, batch, hints, epochs } = subject;
  const layout: TorchLayout = 'nchw';
  return {
    folder: laboratory.folder,
    pair: pair.name,
    who,
    epochs: who === 'teacher' ? 1 : epochs,
    batch,
    hints,
    threads,
    layout,
    device,
    adam,
  };
}
