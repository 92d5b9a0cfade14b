import { faded } from '../shared/themeChanges';
import type { Range } from './buckets';
import type { ChartModel, CurvesModel, Line } from './charts';
import type { ShownRun } from './shownRun';
import type { Theme } from './theme';

/** What a plot shows. */
export interface PlotView {
  chart: ChartModel;
  model: CurvesModel;
  theme: Theme;
  /** The run that is pointed at; the others are dimmed. */
  highlighted: string | null;
}

/** What a chart draws on: a canvas, and where its plotting area and its values are, all in canvas pixels. */
export interface Surface {
  context: CanvasRenderingContext2D;
  left: number;
  top: number;
  width: number;
  height: number;
  /** Canvas pixels for each CSS pixel. */
  ratio: number;
  toX: (value: number) => number;
  toY: (value: number) => number;
}

export interface LineStyle {
  stroke: string;
  width: number;
  dash: number[];
  alpha: number;
}

const FULL: Readonly<Record<Line['role'], { width: number; alpha: number; contrastAlpha: number }>> = {
  main: { width: 1.5, alpha: 1, contrastAlpha: 1 },
  raw: { width: 1, alpha: 0.28, contrastAlpha: 0.45 },
  train: { width: 1, alpha: 0.55, contrastAlpha: 0.8 },
};
/** More resumes than these are drawn without a word. */
const LABELLED_BREAKS = 3;
/** The raw curves of more runs than these would bury the smoothed ones, and are fainter. */
const UNCROWDED = 4;
/** What is left of the other runs while one is pointed at. */
const DIMMED = 0.2;

export function lineStyle({ run, role }: Line, { chart, theme, highlighted }: PlotView): LineStyle {
  const { width, alpha, contrastAlpha } = FULL[role];
  const strength = theme.highContrast ? contrastAlpha : alpha;
  const runs = chart.lines.filter((line) => line.role === role).length;
  const room = role === 'raw' ? Math.min(1, UNCROWDED / runs) : 1;
  return {
    stroke: theme.hues[run.style.hue]!,
    width: width + (theme.highContrast ? 0.5 : 0) + (run.id === highlighted && role === 'main' ? 0.75 : 0),
    // The noise of a raw curve would hide a dash.
    dash: role === 'raw' ? [] : [...run.style.dash],
    alpha: strength * room * (isDimmed(run, highlighted) ? DIMMED : 1),
  };
}

function isDimmed(run: ShownRun, highlighted: string | null): boolean {
  return highlighted !== null && run.id !== highlighted;
}

/** What the vertical axis shows of data between `low` and `high`: room at both ends, references included. */
export function verticalRange(chart: ChartModel, low: number | null, high: number | null): Range {
  const values = chart.references.map(({ value }) => value);
  if (low !== null && high !== null) values.push(low, high);
  if (chart.logarithmic) {
    const positive = values.filter((value) => value > 0);
    if (positive.length === 0) return { min: 0.1, max: 10 };
    const room = Math.max(1.05, (Math.max(...positive) / Math.min(...positive)) ** 0.05);
    return { min: Math.min(...positive) / room, max: Math.max(...positive) * room };
  }
  if (values.length === 0) return { min: 0, max: 1 };
  const min = Math.min(...values);
  const max = Math.max(...values);
  const room = (max - min) * 0.06 || Math.abs(max) * 0.1 || 1;
  // A curve that comes near to zero is shown down to zero, and nothing is shown below it that cannot be.
  const bottom = min >= 0 && min - 2 * room < 0 ? 0 : min - room;
  // The label of a reference stands above its line.
  const top = chart.references.length > 0 ? 2 * room : room;
  return { min: bottom, max: max + top };
}

/** Shaded stages, drawn beneath the curves; their names stand above the plotting area. */
export function drawStages(surface: Surface, { model, theme }: PlotView): void {
  const { context, left, top, width, height, ratio, toX } = surface;
  const right = left + width;
  context.save();
  context.font = `${10 * ratio}px ${theme.fontFamily}`;
  context.textBaseline = 'bottom';
  context.textAlign = 'left';
  model.stages.bands.forEach(({ name, from, to }, index) => {
    const start = Math.max(left, toX(from));
    const end = Math.min(right, toX(to));
    if (end <= start) return;
    if (index % 2 === 1) {
      context.fillStyle = faded(theme.foreground, theme.highContrast ? 10 : 6);
      context.fillRect(start, top, end - start, height);
    }
    const text = fitted(context, name, end - start - 4 * ratio);
    context.fillStyle = theme.muted;
    context.fillText(text, start + (index === 0 ? 0 : 2 * ratio), top - 2 * ratio);
  });
  context.restore();
}

/** The text, shortened until it is no wider than `width`; empty where not even an ellipsis fits. */
function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  for (let length = text.length - 1; length > 0; length -= 1) {
    const shorter = `${text.slice(0, length).trimEnd()}…`;
    if (context.measureText(shorter).width <= width) return shorter;
  }
  return '';
}

/** Everything above the curves: resumes, stage marks, references, dots and the best measurements. */
export function drawOverlay(surface: Surface, { chart, model, theme, highlighted }: PlotView): void {
  const { context, left, top, width, height, ratio } = surface;
  context.save();
  context.beginPath();
  // Rings and labels may reach a little over the border.
  context.rect(left - 6 * ratio, top - 6 * ratio, width + 12 * ratio, height + 12 * ratio);
  context.clip();
  context.font = `${10 * ratio}px ${theme.fontFamily}`;
  context.textAlign = 'left';
  const ofRun = (run: ShownRun | null, draw: (colour: string) => void) => {
    context.globalAlpha = run !== null && isDimmed(run, highlighted) ? DIMMED : 1;
    draw(run === null ? theme.muted : theme.hues[run.style.hue]!);
  };
  for (const { run, x } of model.breaks) {
    ofRun(run, (colour) => {
      drawBreak(surface, x, colour);
      if (model.breaks.length <= LABELLED_BREAKS) {
        // Losses fall and accuracies rise: the word stands where the curves no longer are.
        const base = chart.quantity === 'share' ? top + height - 4 * ratio : top + 14 * ratio;
        drawLabel(surface, 'resumed', surface.toX(x) + 4 * ratio, base, theme.muted, theme);
      }
    });
  }
  for (const { run, x } of model.stages.edges) {
    ofRun(run, (colour) => {
      drawEdge(surface, x, colour);
    });
  }
  chart.references.forEach((reference, index) => {
    ofRun(reference.run, (colour) => {
      drawReference(surface, reference, index, colour, theme);
    });
  });
  for (const line of dottedLines(chart, surface)) {
    ofRun(line.run, (colour) => {
      drawDots(surface, line, colour);
    });
  }
  for (const { run, x, y } of chart.best) {
    ofRun(run, (colour) => {
      drawRing(surface, surface.toX(x), surface.toY(y), colour, theme);
    });
  }
  context.restore();
}

function drawBreak({ context, top, height, ratio, toX }: Surface, x: number, colour: string): void {
  const at = Math.round(toX(x)) + 0.5;
  context.strokeStyle = colour;
  context.lineWidth = ratio;
  context.setLineDash([4 * ratio, 4 * ratio]);
  context.beginPath();
  context.moveTo(at, top);
  context.lineTo(at, top + height);
  context.stroke();
  context.setLineDash([]);
}

/** A small triangle on the upper border. */
function drawEdge({ context, top, ratio, toX }: Surface, x: number, colour: string): void {
  const at = toX(x);
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(at - 4 * ratio, top);
  context.lineTo(at + 4 * ratio, top);
  context.lineTo(at, top + 7 * ratio);
  context.fill();
}

/** A dotted line with its label above the left end; the labels of several stand side by side. */
function drawReference(
  { context, left, width, ratio, toY }: Surface,
  { value, label }: ChartModel['references'][number],
  index: number,
  colour: string,
  theme: Theme,
): void {
  const y = Math.round(toY(value)) + 0.5;
  context.strokeStyle = colour;
  context.lineWidth = ratio;
  context.setLineDash([ratio, 3 * ratio]);
  context.beginPath();
  context.moveTo(left, y);
  context.lineTo(left + width, y);
  context.stroke();
  context.setLineDash([]);
  const x = left + 4 * ratio + index * (context.measureText(label).width + 12 * ratio);
  drawLabel({ context, ratio }, label, x, y - 2 * ratio, colour, theme);
}

/** A word on the curves, with a rim of the background so that they don't cross it. */
function drawLabel(
  { context, ratio }: Pick<Surface, 'context' | 'ratio'>,
  text: string,
  x: number,
  y: number,
  colour: string,
  theme: Theme,
): void {
  context.textBaseline = 'bottom';
  context.lineJoin = 'round';
  context.lineWidth = 3 * ratio;
  context.strokeStyle = theme.background;
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/** Lines whose rows get dots: measurements with room between them, and curves of a single row, else invisible. */
function dottedLines(chart: ChartModel, { width, ratio }: Surface): Line[] {
  return chart.lines.filter(
    ({ role, x }) => x.length === 1 || (chart.dots && role === 'main' && x.length * 7 * ratio < width),
  );
}

function drawDots({ context, ratio, toX, toY }: Surface, { x, y }: Line, colour: string): void {
  context.fillStyle = colour;
  x.forEach((place, row) => {
    const value = y[row] ?? null;
    if (value === null) return;
    context.beginPath();
    context.arc(toX(place), toY(value), 2.25 * ratio, 0, 2 * Math.PI);
    context.fill();
  });
}

function drawRing({ context, ratio }: Surface, x: number, y: number, colour: string, theme: Theme): void {
  context.beginPath();
  context.arc(x, y, 4 * ratio, 0, 2 * Math.PI);
  context.fillStyle = theme.background;
  context.fill();
  context.lineWidth = 2 * ratio;
  context.strokeStyle = colour;
  context.stroke();
}
