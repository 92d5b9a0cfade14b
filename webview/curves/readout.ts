import type { AxisKind } from './axis';
import { firstAtLeast, type Range } from './buckets';
import type { ChartModel, CurvesModel, Line } from './charts';
import { formatClock, formatPercent, formatValue, formatWhole } from './format';

/** Where on the horizontal axis: `step 1,204`, `epoch 3.21`, `3:07`. */
export function placeText(axis: AxisKind, x: number): string {
  if (axis === 'step') return `step ${formatWhole(x)}`;
  return axis === 'epoch' ? `epoch ${x.toFixed(2)}` : formatClock(x);
}

export function quantityText(quantity: ChartModel['quantity'], value: number): string {
  return quantity === 'share' ? formatPercent(value) : formatValue(value);
}

/** What a chart says of one run at one place. */
export interface Reading {
  run: Line['run'];
  main: string | null;
  train: string | null;
}

/** The values of every run of a chart at a place, or its newest values where `x` is null. */
export function readings(chart: ChartModel, x: number | null): Reading[] {
  const found = new Map<string, Reading>();
  for (const line of chart.lines) {
    if (line.role === 'raw') continue;
    const reading = found.get(line.run.id) ?? { run: line.run, main: null, train: null };
    found.set(line.run.id, reading);
    const value = x === null ? newest(line) : nearest(line, x);
    reading[line.role] = value === null ? null : quantityText(chart.quantity, value);
  }
  return [...found.values()];
}

function newest({ y }: Line): number | null {
  for (let row = y.length - 1; row >= 0; row -= 1) {
    const value = y[row] ?? null;
    if (value !== null) return value;
  }
  return null;
}

/** The row nearest to x; null beyond the ends of the curve, further than its rows are apart there. */
function nearest({ x: xs, y }: Line, x: number): number | null {
  const after = firstAtLeast(xs, x);
  const before = after - 1;
  const toAfter = after < xs.length ? xs[after]! - x : Number.POSITIVE_INFINITY;
  const toBefore = before >= 0 ? x - xs[before]! : Number.POSITIVE_INFINITY;
  const row = toAfter <= toBefore ? after : before;
  if (after === xs.length && xs.length > 1 && toBefore > xs[before]! - xs[before - 1]!) return null;
  if (before < 0 && xs.length > 1 && toAfter > xs[1]! - xs[0]!) return null;
  return y[row] ?? null;
}

/** One sentence for a screen reader: where the cursor is, and what every run has there. */
export function spokenReading(model: CurvesModel, chart: ChartModel, x: number): string {
  const stage = model.stages.bands.find(({ from, to }) => x >= from && x < to);
  const place = placeText(model.axis, x) + (stage === undefined ? '' : `, stage ${stage.name}`);
  const values = readings(chart, x).map(({ run, main, train }) => {
    const parts = [main ?? 'no value', ...(train === null ? [] : [`train ${train}`])];
    return `${run.label}: ${parts.join(', ')}`;
  });
  return `${place}. ${values.join('; ')}.`;
}

/** The same numbers as a chart, for those who read rather than look. */
export interface DataTable {
  title: string;
  header: string[];
  rows: string[][];
}

/**
 * A chart as a table: the places of its densest curve, thinned evenly to `limit` rows with the first and the last of
 * the range among them, and the value of every run there.
 */
export function dataTable(model: CurvesModel, chart: ChartModel, limit: number): DataTable {
  const heads = { step: 'Step', epoch: 'Epoch', time: 'Time' };
  const companions = chart.lines.some(({ role }) => role === 'train');
  const runs = readings(chart, null).map(({ run }) => run);
  const header = [
    heads[model.axis],
    ...runs.flatMap(({ label }) => (companions ? [`${label}, test`, `${label}, train`] : [label])),
  ];
  const rows = tablePlaces(chart, model.range, limit).map((x) => {
    const values = readings(chart, x).flatMap(({ main, train }) => (companions ? [main, train] : [main]));
    return [placeCell(model.axis, x), ...values.map((value) => value ?? '–')];
  });
  return { title: chart.title, header, rows };
}

function placeCell(axis: AxisKind, x: number): string {
  return axis === 'step' ? formatWhole(x) : axis === 'epoch' ? x.toFixed(2) : formatClock(x);
}

function tablePlaces(chart: ChartModel, range: Range | null, limit: number): number[] {
  const mains = chart.lines.filter(({ role }) => role === 'main');
  const lines = mains.length > 0 ? mains : chart.lines;
  const densest = lines.reduce<readonly number[]>((xs, { x }) => (x.length > xs.length ? x : xs), []);
  const places = range === null ? densest : densest.filter((x) => x >= range.min && x <= range.max);
  if (places.length <= limit) return [...places];
  const step = (places.length - 1) / (limit - 1);
  return Array.from({ length: limit }, (_, index) => places[Math.round(index * step)]!);
}
