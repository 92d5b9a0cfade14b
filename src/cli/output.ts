import { isAbsolute, relative } from 'node:path';
import colors from 'picocolors';
import type { ReportRow } from '../runs/report';
import type { RunState } from '../runs/summary';

/** Prints one line of JSON: what `--json` promises as the last line of standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function printLine(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Lays cells out in columns under a head.
 *
 * @param alignRight columns of numbers, by index.
 */
export function layOutTable(
  head: readonly string[],
  rows: readonly string[][],
  alignRight: readonly number[],
): string {
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column]!)].map(visibleLength)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const space = ' '.repeat(widths[column]! - visibleLength(cell));
        return alignRight.includes(column) ? space + cell : cell + space;
      })
      .join('   ')
      .trimEnd();
  return [colors.dim(line(head)), ...rows.map(line)].join('\n');
}

/** Length without the escape sequences of colours. */
function visibleLength(text: string): number {
  // eslint-disable-next-line no-control-regex -- colours are control sequences
  return text.replace(/\u001b\[\d+m/g, '').length;
}

/** The table that compares runs, as `run`, `show` and `compare` print it. */
export function layOutReport(rows: readonly ReportRow[]): string {
  return layOutTable(
    ['', 'test error', 'parameters', 'multiply-adds', 'epochs', 'time', 'run'],
    rows.map((row) => [
      row.state === null || row.state === 'finished' ? row.role : `${row.role} ${paintState(row.state)}`,
      percent(row.error),
      group(row.parameters),
      group(row.multiplyAdds),
      row.epochs === null ? '–' : `${Number(row.epochs.toFixed(1))}`,
      row.seconds === null ? '–' : duration(row.seconds),
      row.id ?? row.name,
    ]),
    [1, 2, 3, 4, 5],
  );
}

const PAINT: Record<RunState, (text: string) => string> = {
  running: colors.blue,
  finished: colors.green,
  failed: colors.red,
  stopped: colors.yellow,
  interrupted: colors.yellow,
};

export function paintState(state: RunState): string {
  return PAINT[state](state);
}

/** `12.4 %`, two decimals below ten per cent; a dash for what is not known. */
export function percent(share: number | null): string {
  if (share === null) return '–';
  const value = 100 * share;
  // 9.995 is told as 10.0: three digits either way.
  return `${value.toFixed(value < 9.995 ? 2 : 1)} %`;
}

export function group(count: number | null): string {
  return count === null ? '–' : count.toLocaleString('en-US');
}

/** A file as a terminal makes it clickable: relative to the working directory where it lies in there. */
export function nearPath(file: string): string {
  const near = relative('', file);
  return near.startsWith('..') || near === '' || isAbsolute(near) ? file : near;
}

/** `7 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
