import { gridPlaces, minMaxSamples, type Grid, type Sample } from './buckets';
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

/** The places at which a curve has a value, where a cursor moved by keys stops. */
export function cursorStops(chart: ChartModel, [places, ...lines]: SampledChart): number[] {
  const curves = lines.filter((_, index) => chart.lines[index]!.role !== 'raw');
  return places.filter((_, place) => curves.some((samples) => typeof samples[place] === 'number'));
}
