import colors from 'picocolors';
import type { RunProgress } from '../runs/record';
import { duration, group, percent } from './output';

/** Where the output of a followed run goes: standard error where standard output is for machines. */
export interface ProgressTarget {
  write(text: string): void;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A part of the line; where there is no room, those with the highest `expendable` go first. */
interface Part {
  text: string;
  expendable: number;
}

/**
 * What a run is doing, on one line: epoch, step, losses, accuracy, throughput, time left.
 *
 * @param width in characters; what does not fit is left out, the least important first.
 */
export function describeProgress(name: string, progress: RunProgress, width = Infinity): string {
  const working = progress.phase === 'training' || progress.phase === 'evaluating';
  let parts = working ? trainingParts(progress) : [{ text: progress.phase, expendable: 0 }];
  const lengthOf = (given: readonly Part[]): number =>
    given.reduce((sum, { text }) => sum + gap.length + text.length, name.length);
  while (lengthOf(parts) > width && parts.some(({ expendable }) => expendable > 0)) {
    const most = Math.max(...parts.map(({ expendable }) => expendable));
    parts = parts.filter(({ expendable }) => expendable < most);
  }
  const line = parts.map(({ text }) => gap + text).join('');
  return `${colors.bold(name.slice(0, width))}${line.slice(0, Math.max(0, width - name.length))}`;
}

const gap = '  ';

function trainingParts(progress: RunProgress): Part[] {
  const { epoch, totalEpochs, step, totalSteps, losses, imagesPerSecond, secondsLeft, last } = progress;
  const { total, ...terms } = losses;
  const named = Object.entries(terms).map(([term, value]) => `${term} ${value.toPrecision(3)}`);
  const parts: Part[] = [
    { text: `epoch ${epoch.toFixed(1)}/${totalEpochs}`, expendable: 0 },
    { text: `step ${group(step)}/${group(totalSteps)}`, expendable: 4 },
  ];
  if (total !== undefined) parts.push({ text: `loss ${total.toPrecision(3)}`, expendable: 1 });
  if (named.length > 1) parts.push({ text: `(${named.join(', ')})`, expendable: 6 });
  if (last !== null) parts.push({ text: `test error ${percent(1 - last.accuracy)}`, expendable: 3 });
  if (imagesPerSecond !== null) {
    parts.push({ text: `${group(Math.round(imagesPerSecond))} images/s`, expendable: 5 });
  }
  if (secondsLeft !== null) parts.push({ text: `${duration(secondsLeft)} left`, expendable: 2 });
  return parts;
}

/** Where no line can be redrawn, a long tenth of a training gets a line this often, in milliseconds. */
const plainLineEvery = 60_000;

/**
 * Shows progress: on a terminal as one line that is redrawn, elsewhere as a plain line whenever something worth a line
 * has happened (a new phase, another tenth of the training), and every minute.
 */
export class ProgressLine {
  private drawn = false;
  private milestone = '';
  private toldAt = 0;

  /** @param now The time in milliseconds. */
  constructor(
    private readonly target: ProgressTarget,
    private readonly now: () => number = Date.now,
  ) {}

  update(name: string, progress: RunProgress): void {
    if (this.target.isTTY === true) {
      // The last column stays free: some terminals wrap as soon as it is written.
      const width = (this.target.columns ?? 80) - 1;
      this.target.write(`\r\u001b[K${describeProgress(name, progress, width)}`);
      this.drawn = true;
      return;
    }
    const working = progress.phase === 'training' || progress.phase === 'evaluating';
    const tenths = Math.floor((10 * progress.step) / Math.max(progress.totalSteps, 1));
    const milestone = `${name} ${working ? tenths : progress.phase}`;
    const isLate = working && this.now() - this.toldAt >= plainLineEvery;
    if (milestone === this.milestone && !isLate) return;
    this.milestone = milestone;
    this.toldAt = this.now();
    this.target.write(`${describeProgress(name, progress)}\n`);
  }

  /** A line that stays, above the progress. */
  say(line: string): void {
    this.clear();
    this.target.write(`${line}\n`);
  }

  clear(): void {
    if (this.drawn) this.target.write('\r\u001b[K');
    this.drawn = false;
  }
}
