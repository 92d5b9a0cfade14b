import { firstAtLeast, gridPlaces, minMaxSamples, type Grid, type Sample } from './buckets';
import type { ChartModel } from './charts';

/** The places of a grid, and each line's samples there, in the order of the lines. */
export type SampledChart = [places: number[], ...lines: Sample[][]];

/** Samples the lines of a chart again only when the grid changed or rows were added. */
export class SampleMemo {
  private key = '';
  private columns: readonly (readonly unknown[])[] = [];
  private sampled: SampledChart = [[]];

  get(chart: ChartModel, grid: Grid): SampledChart {
    const key = JSON.stringify([
      grid,
      chart.logarithmic,
      chart.lines.map(({ run, role }) => [run.id, role, run.curves.version]),
    ]);
    // A run that was sent again may have the same version, but never the same columns.
    const columns = chart.lines.flatMap(({ x, y }) => [x, y]);
    const held =
      columns.length === this.columns.length && columns.every((each, i) => each === this.columns[i]);
    if (key !== this.key || !held) {
      this.key = key;
      this.columns = columns;
      this.sampled = sampleChart(chart, grid);
    }
    return this.sampled;
  }
}

export function sampleChart(chart: ChartModel, grid: Grid): SampledChart {
  const above = chart.logarithmic ? 0 : undefined;
  return [gridPlaces(grid), ...chart.lines.map(({ x, y }) => minMaxSamples(x, y, grid, above))];
}

/**
 * The rows at which a cursor moved by keys stops: of each curve the first and the last that are seen, and about one for
 * each place of the grid between them. Ascending, each once.
 */
export function cursorStops(chart: ChartModel, [places, ...lines]: SampledChart): number[] {
  const stops = new Set<number>();
  lines.forEach((samples, index) => {
    const { role, x } = chart.lines[index]!;
    if (role === 'raw') return;
    const first = x[firstAtLeast(x, places[0]!)];
    const last = x.findLast((row) => row <= places.at(-1)!);
    if (first !== undefined && last !== undefined && first <= last) stops.add(first).add(last);
    // The first and the last place are the borders, where there is a value but no row.
    for (let place = 1; place < places.length - 1; place += 1) {
      if (typeof samples[place] === 'number') stops.add(nearestRow(x, places[place]!));
    }
  });
  return [...stops].sort((first, second) => first - second);
}

function nearestRow(xs: readonly number[], place: number): number {
  const after = firstAtLeast(xs, place);
  const next = xs[after] ?? xs.at(-1)!;
  const previous = xs[after - 1] ?? next;
  return place - previous < next - place ? previous : next;
}
