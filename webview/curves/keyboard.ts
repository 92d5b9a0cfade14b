import type { Range } from './buckets';

/** What a key does to a chart. */
export type KeyedMove =
  { kind: 'cursor'; x: number } | { kind: 'zoom'; range: Range } | { kind: 'reset' } | null;

/** How many stops the cursor moves with Shift. */
const LEAP = 20;

/**
 * Left and right move the cursor from stop to stop (with Shift by twenty), Home and End to the ends; + and − zoom
 * around the cursor; Escape shows everything. Other keys, and keys with Ctrl, Alt or Meta, are not the chart's.
 *
 * @param stops Ascending places where the cursor may stand.
 * @param place Where it is, or null.
 */
export function keyedMove(
  { key, shiftKey, ctrlKey, altKey, metaKey }: KeyPress,
  stops: readonly number[],
  place: number | null,
  range: Range,
): KeyedMove {
  if (ctrlKey || altKey || metaKey) return null;
  if (key === 'Escape') return { kind: 'reset' };
  if (key === '+' || key === '=') return { kind: 'zoom', range: zoomed(range, place, 0.5) };
  if (key === '-') return { kind: 'zoom', range: zoomed(range, place, 2) };
  const x = cursorAfter(key, shiftKey ? LEAP : 1, stops, place);
  return x === null ? null : { kind: 'cursor', x };
}

type KeyPress = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'altKey' | 'metaKey'>;

function cursorAfter(
  key: string,
  leap: number,
  stops: readonly number[],
  place: number | null,
): number | null {
  const last = stops.length - 1;
  const at = (index: number) => stops[Math.max(0, Math.min(last, index))] ?? null;
  switch (key) {
    case 'Home':
      return at(0);
    case 'End':
      return at(last);
    case 'ArrowRight': {
      if (place === null) return at(0);
      const next = stops.findIndex((x) => x > place);
      return next < 0 ? at(last) : at(next + leap - 1);
    }
    case 'ArrowLeft': {
      if (place === null) return at(last);
      const previous = stops.findLastIndex((x) => x < place);
      return previous < 0 ? at(0) : at(previous - leap + 1);
    }
    default:
      return null;
  }
}

function zoomed({ min, max }: Range, place: number | null, factor: number): Range {
  const centre = place ?? (min + max) / 2;
  const start = centre - (centre - min) * factor;
  return { min: Math.max(0, start), max: centre + (max - centre) * factor };
}
