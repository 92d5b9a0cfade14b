import colors from 'picocolors';
import type { RunProgress } from '../runs/record';
import { duration, percent } from './output';

/** Where the output of a followed run goes: standard error where standard output is for machines. */
export interface ProgressTarget {
  write(text: string): void;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a run is doing, on one line: epoch, losses, accuracy, throughput, time left. */
export function describeProgress(name: string, progress: RunProgress): string {
  const { phase, epoch, totalEpochs, losses, imagesPerSecond, secondsLeft, last } = progress;
  if (phase !== 'training' && phase !== 'evaluating') return `${colors.bold(name)}  ${phase}`;
  const { total, ...terms } = losses;
  const named = Object.entries(terms).map(([term, value]) => `${term} ${value.toPrecision(3)}`);
  const parts = [
    `epoch ${epoch.toFixed(1)}/${totalEpochs}`,
    total === undefined
      ? ''
      : `loss ${total.toPrecision(3)}${named.length > 1 ? ` (${named.join(', ')})` : ''}`,
    last === null ? '' : `test error ${percent(1 - last.accuracy)}`,
    imagesPerSecond === null ? '' : `${Math.round(imagesPerSecond).toLocaleString('en-US')} images/s`,
    secondsLeft === null ? '' : `${duration(secondsLeft)} left`,
  ];
  return [colors.bold(name), ...parts.filter(Boolean)].join('  ');
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
      this.target.write(
        `\r\u001b[K${shortened(describeProgress(name, progress), (this.target.columns ?? 80) - 1)}`,
      );
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

/** Cuts a coloured line to a width; colours are closed again. */
function shortened(line: string, width: number): string {
  let visible = 0;
  let cut = '';
  // eslint-disable-next-line no-control-regex -- colours are control sequences
  for (const part of line.split(/(\u001b\[\d+m)/)) {
    if (part.startsWith('\u001b[')) cut += part;
    else {
      cut += part.slice(0, Math.max(0, width - visible));
      visible += part.length;
    }
  }
  return cut;
}
