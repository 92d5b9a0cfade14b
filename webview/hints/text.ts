import type { SourcePosition } from '../../src/layers/table';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3, notation: 'compact' });

/** Parameters and multiply-adds: `1,088`, from a hundred thousand on `1.23M`. */
export function formatCount(value: number): string {
  return value < 100_000 ? whole.format(value) : short.format(value);
}

/** A similarity from 0 to 1 with two digits: `0.87`. */
export function formatShare(value: number): string {
  return value.toFixed(2);
}

/** `student.ts:14`: enough to know the place by. */
export function sourceText({ file, line }: SourcePosition): string {
  return `${file.split(/[\\/]/).at(-1) ?? file}:${line}`;
}

/** `1 layer`, `2 layers`. */
export function counted(count: number, noun: string): string {
  return `${whole.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}
