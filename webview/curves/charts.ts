import { axisValues, type AxisKind, type AxisValues } from './axis';
import type { Range } from './buckets';
import type { RunCurves } from './data';
import { formatPercent } from './format';
import { CurvesMemo } from './memo';
import type { PlacedRun, ShownRun } from './shownRun';
import { smooth } from './smoothing';
import { stageView, type StageView } from './stages';

/**
 * - `main`: the curve of a run;
 * - `raw`: the same before it was smoothed, drawn faintly beneath;
 * - `train`: a companion of `main`, drawn thinly: accuracy on the training images beside that on the test images.
 */
export type LineRole = 'main' | 'raw' | 'train';

export interface Line {
  run: ShownRun;
  role: LineRole;
  x: readonly number[];
  y: readonly (number | null)[];
}

/** A horizontal line to compare with; of one run, or of all that have it. */
export interface Reference {
  value: number;
  label: string;
  run: ShownRun | null;
}

export interface ChartModel {
  id: string;
  title: string;
  /** What is measured, in a few words. */
  subtitle: string;
  /** `share`: in [0, 1], read as a percentage. */
  quantity: 'value' | 'share';
  logarithmic: boolean;
  /** Each row of a `main` line is a measurement of its own and gets a dot. */
  dots: boolean;
  /** In drawing order. */
  lines: Line[];
  /** The best measurement of each run. */
  best: { run: ShownRun; x: number; y: number }[];
  references: Reference[];
}

/** Everything that is drawn, in units of the axes. */
export interface CurvesModel {
  axis: AxisKind;
  /** What the horizontal axes show; null while there are no rows. */
  range: Range | null;
  /** What they would show without a zoom. */
  full: Range | null;
  charts: ChartModel[];
  stages: StageView;
  /** Where a run was resumed. */
  breaks: { run: ShownRun; x: number }[];
}

export interface ModelSettings {
  axis: AxisKind;
  smoothing: number;
  logarithmic: boolean;
  hiddenCharts: readonly string[];
  zoom: Range | null;
}

/** @param highlighted The run that is pointed at, whose stages are shown when runs have different ones. */
export function curvesModel(
  runs: readonly ShownRun[],
  settings: ModelSettings,
  highlighted: string | null,
): CurvesModel {
  const placed = runs.map((run) => ({ run, at: axisOf(run.curves, settings.axis) }));
  const full = extent(placed.map(({ at }) => at));
  return {
    axis: settings.axis,
    range: full === null ? null : (settings.zoom ?? full),
    full,
    charts: chartKinds(runs)
      .filter(({ id }) => !settings.hiddenCharts.includes(id))
      .map((kind) => buildChart(kind, placed, settings)),
    stages: stageView(placed, full?.max ?? 0, highlighted),
    breaks: placed.flatMap(({ run, at }) => run.curves.resumes.map((step) => ({ run, x: at.ofStep(step) }))),
  };
}

export interface ChartKind {
  id: string;
  title: string;
  subtitle: string;
}

/** The charts that these runs have something for, in the order they are laid out. */
export function chartKinds(runs: readonly ShownRun[]): ChartKind[] {
  const terms = new Set(runs.flatMap(({ curves }) => Object.keys(curves.training.losses)));
  const has = (test: (curves: RunCurves) => boolean) => runs.some(({ curves }) => test(curves));
  const kinds: ChartKind[] = [];
  if (terms.delete('total')) {
    kinds.push({ id: 'loss:total', title: 'Total loss', subtitle: 'all terms, weighted' });
  }
  if (
    has(({ training, evaluation }) => evaluation.step.length > 0 || training.trainAccuracy.some(isNumber))
  ) {
    kinds.push({ id: 'accuracy', title: 'Accuracy', subtitle: 'dots: test; thin: train' });
  }
  kinds.push(...[...terms].sort(compareTerms).map(termKind));
  if (has(({ evaluation }) => evaluation.step.length > 0)) {
    kinds.push({ id: 'test-loss', title: 'Test loss', subtitle: 'cross-entropy on the test images' });
  }
  if (has(({ training }) => training.step.length > 0)) {
    kinds.push({ id: 'learning-rate', title: 'Learning rate', subtitle: '' });
    kinds.push({ id: 'gradient-norm', title: 'Gradient norm', subtitle: 'L2, over all weights' });
  }
  return kinds;
}

const termOrder = ['hard', 'soft'];

/** `hard`, `soft`, then the hints in the order of their numbers. */
function compareTerms(first: string, second: string): number {
  const rank = (term: string) => {
    const index = termOrder.indexOf(term);
    return index < 0 ? termOrder.length : index;
  };
  return rank(first) - rank(second) || first.localeCompare(second, 'en', { numeric: true });
}

function termKind(term: string): ChartKind {
  const id = `loss:${term}`;
  if (term === 'hard') return { id, title: 'Hard loss', subtitle: 'to the labels, weighted' };
  if (term === 'soft')
    return { id, title: 'Soft loss', subtitle: 'to the teacher’s softened output, weighted' };
  const title = term.charAt(0).toUpperCase() + term.slice(1);
  return term.startsWith('hint')
    ? { id, title, subtitle: 'to the teacher’s feature maps, weighted' }
    : { id, title, subtitle: 'weighted' };
}

function buildChart(kind: ChartKind, placed: readonly PlacedRun[], settings: ModelSettings): ChartModel {
  const shared = { ...kind, logarithmic: settings.logarithmic, dots: false, best: [], references: [] };
  const { smoothing } = settings;
  switch (kind.id) {
    case 'accuracy':
      return accuracyChart(kind, placed, smoothing);
    case 'test-loss': {
      const lines = placed.map(({ run, at }) => main(run, at.evaluation, run.curves.evaluation.loss));
      return { ...shared, quantity: 'value', dots: true, lines };
    }
    case 'learning-rate': {
      const lines = placed.map(({ run, at }) => main(run, at.training, run.curves.training.learningRate));
      return { ...shared, quantity: 'value', lines };
    }
    case 'gradient-norm': {
      const lines = smoothLines(placed, smoothing, kind.id, ({ training }) => training.gradientNorm);
      return { ...shared, quantity: 'value', lines };
    }
    default: {
      const term = kind.id.slice('loss:'.length);
      const lines = smoothLines(placed, smoothing, kind.id, ({ training }) => training.losses[term]);
      return { ...shared, quantity: 'value', lines };
    }
  }
}

function accuracyChart(kind: ChartKind, placed: readonly PlacedRun[], smoothing: number): ChartModel {
  const train = placed
    .filter(({ run }) => run.curves.training.trainAccuracy.some(isNumber))
    .map(({ run, at }): Line => {
      const values = smoothed(run.curves, 'accuracy', smoothing, run.curves.training.trainAccuracy);
      return { run, role: 'train', x: at.training, y: values };
    });
  const test = placed
    .filter(({ at }) => at.evaluation.length > 0)
    .map(({ run, at }) => main(run, at.evaluation, run.curves.evaluation.accuracy));
  const best = test.map(({ run, x }) => {
    const { accuracy } = run.curves.evaluation;
    const y = accuracy.reduce((highest, value) => Math.max(highest, value));
    return { run, x: x[accuracy.indexOf(y)]!, y };
  });
  const references = teacherReferences(placed);
  return {
    ...kind,
    quantity: 'share',
    logarithmic: false,
    dots: true,
    lines: [...train, ...test],
    best,
    references,
  };
}

/** One line for teachers that are equally good; it takes the colour of a run only when it is the teacher of that run alone. */
function teacherReferences(placed: readonly PlacedRun[]): Reference[] {
  const byAccuracy = new Map<string, { value: number; runs: ShownRun[] }>();
  for (const { run } of placed) {
    const value = run.curves.teacherAccuracy;
    if (value === null) continue;
    const label = `teacher ${formatPercent(value)}`;
    const found = byAccuracy.get(label);
    if (found === undefined) byAccuracy.set(label, { value, runs: [run] });
    else found.runs.push(run);
  }
  const several = byAccuracy.size > 1;
  return [...byAccuracy].map(([label, { value, runs }]) => ({
    value,
    label,
    run: several && runs.length === 1 ? runs[0]! : null,
  }));
}

function smoothLines(
  placed: readonly PlacedRun[],
  smoothing: number,
  key: string,
  column: (curves: RunCurves) => readonly (number | null)[] | undefined,
): Line[] {
  const raw: Line[] = [];
  const mains: Line[] = [];
  for (const { run, at } of placed) {
    const values = column(run.curves);
    if (values === undefined) continue;
    if (smoothing > 0) raw.push({ run, role: 'raw', x: at.training, y: values });
    mains.push(main(run, at.training, smoothed(run.curves, key, smoothing, values)));
  }
  return [...raw, ...mains];
}

function main(run: ShownRun, x: readonly number[], y: readonly (number | null)[]): Line {
  return { run, role: 'main', x, y };
}

function isNumber(value: number | null): boolean {
  return value !== null;
}

function extent(axes: readonly AxisValues[]): Range | null {
  const last = Math.max(
    ...axes.flatMap(({ training, evaluation }) => [training.at(-1) ?? 0, evaluation.at(-1) ?? 0]),
  );
  const rows = axes.some(({ training, evaluation }) => training.length + evaluation.length > 0);
  if (!rows) return null;
  return { min: 0, max: last > 0 ? last : 1 };
}

const axes = new CurvesMemo<AxisValues>();
const averages = new CurvesMemo<(number | null)[]>();

function axisOf(curves: RunCurves, kind: AxisKind): AxisValues {
  return axes.get(curves, kind, 0, () => axisValues(curves, kind));
}

function smoothed(
  curves: RunCurves,
  key: string,
  weight: number,
  values: readonly (number | null)[],
): readonly (number | null)[] {
  return weight === 0 ? values : averages.get(curves, key, weight, () => smooth(values, weight));
}
