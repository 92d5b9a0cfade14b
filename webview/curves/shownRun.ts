import type { AxisValues } from './axis';
import type { RunCurves } from './data';
import type { RunStyle } from './palette';

/** A run whose curves are drawn. */
export interface ShownRun {
  id: string;
  label: string;
  style: RunStyle;
  curves: RunCurves;
}

/** A run, and where its rows stand on the horizontal axis. */
export interface PlacedRun {
  run: ShownRun;
  at: AxisValues;
}
