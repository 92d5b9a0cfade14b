import type { StepCase } from './cases/case';
import type { Contestant } from './contestant';
import type { WorkerRequest } from './protocol';
import { pairedRatios, spread, type Spread } from './report';
import { race, startOurs } from './step';

/** A step compiled in one way; times in milliseconds. */
export interface AblationRow {
  what: string;
  time: Spread;
  /** Its time / that of the whole compiler, paired by rounds: what is left out is worth so much. */
  slowdown: Spread;
  memory: number | null;
}

const VARIANTS: readonly { what: string; compiler: WorkerRequest['compiler'] }[] = [
  { what: 'everything', compiler: {} },
  { what: 'without joining nodes', compiler: { fuse: false } },
  { what: 'without algebra', compiler: { rewrite: false } },
  { what: 'without either', compiler: { fuse: false, rewrite: false } },
  { what: 'channels first instead of blocks', compiler: { block: 0 } },
  { what: 'channels first, without either', compiler: { block: 0, fuse: false, rewrite: false } },
];

/** Times a step with each part of the compiler left out, all in turns. */
export async function measureAblation(
  { name }: StepCase,
  options: { batch: number; threads: number; rounds: number; root: string },
): Promise<AblationRow[]> {
  const { batch, threads, rounds, root } = options;
  const contestants: Contestant[] = [];
  try {
    for (const { compiler } of VARIANTS) {
      const request = { name, batch, engine: 'compiled', compiler, twin: null };
      contestants.push(await startOurs(request, threads, { root, provider: 'cpu' }));
    }
    const { times } = await race(contestants, rounds);
    return VARIANTS.map(({ what }, index) => ({
      what,
      time: spread(times[index]!),
      slowdown: spread(pairedRatios(times[index]!, times[0]!)),
      memory: contestants[index]!.peakMemory(),
    }));
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.stop()));
  }
}
