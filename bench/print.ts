import { layOutTable, printLine } from '../src/cli/output';
import type { AblationRow } from './ablation';
import type { EditorRow } from './editor';
import type { EndToEndRow } from './endToEnd';
import type { Machine } from './machine';
import type { Torch } from './python';
import { geometricMean, groupBy, type Spread } from './report';
import type { NodeTime } from './profile';
import type { StepRow } from './step';

/** The peak of the machine, in GFLOP/s, as each side reaches it. */
export interface Peak {
  threads: number;
  ours: number;
  torch: number | null;
}

/** Progress goes to standard error, so that standard output holds the result alone. */
export function tellProgress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Says loudly that there is nothing to compare with. */
export function printMissingTorch(reason: string): void {
  const line = '!'.repeat(96);
  tellProgress(`${line}\nNO PYTORCH: ${reason}\nOurs is measured alone; there are no ratios.\n${line}`);
}

/** On a machine that is busy, threads wait for each other, and times mean little. */
export function warnOfLoad({ load, cores }: Machine): void {
  if (load <= 0.3) return;
  tellProgress(
    `The load of this machine is ${load.toFixed(1)} on ${cores} cores: other programs disturb what is measured.`,
  );
}

export function printMachine(machine: Machine, torch: Torch | null): void {
  const peer = torch ? `torch ${torch.version} (${torch.libraries})` : 'no torch';
  printLine(`${machine.processor}, ${machine.cores} cores, Node ${machine.node}, ${peer}`);
}

export function printPeaks(peaks: readonly Peak[]): void {
  for (const { threads, ours, torch } of peaks) {
    const beside = torch === null ? '' : `, torch ${torch.toFixed(0)}`;
    printLine(`Product of large matrices on ${threads} threads: ours ${ours.toFixed(0)} GFLOP/s${beside}`);
  }
  printLine();
}

export function printStepRows(rows: readonly StepRow[], peaks: readonly Peak[]): void {
  const engines = new Set(rows.map(({ engine }) => engine));
  printLine(`Ours: ${[...engines].join('; ')}. Medians; in brackets the quartiles over the rounds.`);
  printLine('Ratio: time of torch (its better layout) / ours; above 1, ours is faster.\n');
  const cells = rows.map((row) => {
    const peak = peakOf(peaks, row.threads);
    const share = (value: number | null): string =>
      value === null ? '–' : `${value.toFixed(0)} (${((100 * value) / peak).toFixed(0)} %)`;
    return [
      row.case,
      `${row.batch}`,
      `${row.threads}`,
      row.torch ? `${milliseconds(row.torch.median)} ${bestLayout(row)}` : '–',
      milliseconds(row.ours.median),
      row.ratio ? ratioText(row.ratio) : '–',
      `${row.processor.torch === null ? '–' : milliseconds(row.processor.torch)} / ${milliseconds(row.processor.ours)}`,
      share(row.gigaflops.torch),
      share(row.gigaflops.ours),
      `${memoryText(row.memory.torch)} / ${memoryText(row.memory.ours)}`,
      `${(row.firstStep.ours / 1000).toFixed(2)} s${compilationText(row)}`,
    ];
  });
  const head = [
    ...['case', 'batch', 'threads', 'torch ms', 'ours ms', 'ratio', 'CPU ms'],
    ...['torch GFLOP/s', 'ours GFLOP/s', 'MiB', 'first step'],
  ];
  printLine(layOutTable(head, cells, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  for (const { case: name, batch, compilation } of rows) {
    if (compilation?.refusal) printLine(`NOT COMPILED: ${name}, batch ${batch}: ${compilation.refusal}`);
  }
  const ratios = rows.flatMap(({ ratio }) => (ratio ? [ratio.median] : []));
  if (ratios.length > 0) printLine(`\nGeometric mean of the ratios: ${geometricMean(ratios).toFixed(2)}`);
}

/** What `train` and `start` measured. */
export function printEndToEnd(
  benchmark: 'train' | 'start',
  asked: { images: number; epochs: number; batch: number; hints: boolean; threads: number },
  rows: readonly EndToEndRow[],
): void {
  const { images, epochs, batch, hints, threads } = asked;
  const what =
    benchmark === 'train'
      ? `${epochs} epochs of ${images} images, from the start of the process to its end`
      : `from the start of the process to the end of the first step, ${images} images`;
  printLine(`${what}; batch ${batch}, ${threads} threads${hints ? ', with a hint' : ''}.`);
  printLine('Ratio: time of torch (its better layout) / ours; above 1, ours is faster.\n');
  const cells = rows.flatMap(({ pair, ours, torch, ratio }) =>
    [ours, torch].flatMap((side) =>
      side === null
        ? []
        : [
            [
              pair,
              side.device,
              `${side.seconds.median.toFixed(1)} [${side.seconds.low.toFixed(1)}–${side.seconds.high.toFixed(1)}]`,
              side === ours && ratio ? ratioText(ratio) : '',
              side.firstStep.toFixed(1),
              side.accuracy === null ? '–' : `${(100 * side.accuracy).toFixed(1)} %`,
              memoryText(side.memory),
            ],
          ],
    ),
  );
  const head = ['pair', 'side', 'seconds', 'ratio', 'first step s', 'accuracy', 'MiB'];
  printLine(layOutTable(head, cells, [2, 3, 4, 5, 6]));
}

/** What `editor` measured. */
export function printEditor(rows: readonly EditorRow[]): void {
  printLine('Medians; in brackets the quartiles over the rounds.\n');
  const cells = rows.map(({ name, milliseconds: { median, low, high } }) => [
    name,
    `${median.toFixed(0)} [${low.toFixed(0)}–${high.toFixed(0)}]`,
  ]);
  printLine(layOutTable(['what', 'ms'], cells, [1]));
}

function peakOf(peaks: readonly Peak[], threads: number): number {
  const found = peaks.find((peak) => peak.threads === threads);
  return Math.max(found?.ours ?? 0, found?.torch ?? 0);
}

/** Milliseconds of tracing, lowering and loading. */
function compilationText({ compilation }: StepRow): string {
  if (!compilation?.milliseconds) return '';
  const { trace, lower, load } = compilation.milliseconds;
  return ` (${trace.toFixed(0)} + ${lower.toFixed(0)} + ${load.toFixed(0)} ms)`;
}

function bestLayout({ layouts }: StepRow): string {
  const [best] = Object.entries(layouts).toSorted(([, first], [, second]) => first - second);
  return best?.[0] === 'channels_last' ? 'NHWC' : 'NCHW';
}

export function milliseconds(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

export function ratioText({ median, low, high }: Spread): string {
  return `${median.toFixed(2)} [${low.toFixed(2)}–${high.toFixed(2)}]`;
}

export function memoryText(value: number | null): string {
  return value === null ? '–' : value.toFixed(0);
}

export function printAblation(name: string, rows: readonly AblationRow[]): void {
  printLine(`${name}. Medians; in brackets the quartiles over the rounds.\n`);
  const cells = rows.map(({ what, time, slowdown, memory }) => [
    what,
    milliseconds(time.median),
    `${slowdown.median.toFixed(2)} [${slowdown.low.toFixed(2)}–${slowdown.high.toFixed(2)}]`,
    memory === null ? '–' : memory.toFixed(0),
  ]);
  printLine(layOutTable(['compiled with', 'ms', 'times the whole', 'MiB'], cells, [1, 2, 3]));
}

export function printProfile(nodes: readonly NodeTime[], top: number): void {
  const total = sumOf(nodes);
  printLine(`${nodes.length} nodes, ${total.toFixed(1)} ms together, each at its fastest\n`);
  const byOp = [...groupBy(nodes, ({ op }) => op)].sort(([, a], [, b]) => sumOf(b) - sumOf(a));
  const share = (value: number): string => `${((100 * value) / total).toFixed(1)} %`;
  const ops = byOp.map(([op, list]) => [op, `${list.length}`, sumOf(list).toFixed(2), share(sumOf(list))]);
  printLine(layOutTable(['op', 'nodes', 'ms', 'share'], ops.slice(0, 15), [1, 2, 3]));
  printLine();
  const slowest = nodes.slice(0, top).map((node) => [node.name, node.milliseconds.toFixed(2), node.shapes]);
  printLine(layOutTable(['node', 'ms', 'shapes'], slowest, [1]));
}

function sumOf(nodes: readonly NodeTime[]): number {
  return nodes.reduce((sum, node) => sum + node.milliseconds, 0);
}
