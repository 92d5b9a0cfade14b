import uPlot from 'uplot';
import { faded } from '../shared/themeChanges';
import type { AxisKind } from './axis';
import type { Range } from './buckets';
import type { ChartModel } from './charts';
import { drawOverlay, drawStages, lineStyle, verticalRange, type PlotView, type Surface } from './draw';
import { formatClock, formatPercentTick, formatTick } from './format';
import { cursorStops, SampleMemo, type SampledChart } from './sampling';
import { logTicks } from './ticks';

/** What a person does to a plot. */
export interface PlotEvents {
  /** The pointer is over this place of the horizontal axis, or nowhere. */
  pointed: (x: number | null) => void;
  /** A stretch was dragged over: of the horizontal axis, or (null) of the vertical axis only. */
  zoomed: (range: Range | null) => void;
  /** Back to everything. */
  reset: () => void;
}

/** One chart on a canvas. It redraws what changed and builds itself anew only when lines come or go. */
export class Plot {
  private chart: uPlot | null = null;
  private built = '';
  private view: PlotView | null = null;
  private columns: SampledChart = [[]];
  private readonly sampled = new SampleMemo();
  /** The part of the vertical axis that was dragged over. */
  private verticalZoom: Range | null = null;
  private cursor: number | null = null;

  constructor(
    private readonly host: HTMLElement,
    private readonly events: PlotEvents,
  ) {}

  /** Draws; does nothing while the host has no size or there are no rows. */
  show(view: PlotView): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    const { range } = view.model;
    this.view = view;
    // What was dragged over on a linear axis may reach below what a logarithmic one can show.
    if (view.chart.logarithmic && (this.verticalZoom?.min ?? 1) <= 0) this.verticalZoom = null;
    if (width === 0 || height === 0 || range === null) return;
    const columns = Math.max(1, Math.round(width * Math.min(2, devicePixelRatio)));
    this.columns = this.sampled.get(view.chart, { ...range, columns });
    const built = structureOf(view);
    if (this.chart === null || built !== this.built) {
      this.built = built;
      this.rebuild(view, width, height);
    }
    const chart = this.chart;
    if (chart === null) return;
    if (chart.width !== width || chart.height !== height) chart.setSize({ width, height });
    chart.batch(() => {
      view.chart.lines.forEach((line, index) => {
        Object.assign(chart.series[index + 1]!, pick(lineStyle(line, view)));
      });
      chart.setData(this.columns, false);
      chart.setScale('x', range);
    });
    this.showCursor(this.cursor);
  }

  /** Puts the cursor at a place of the horizontal axis, or takes it away. */
  showCursor(x: number | null): void {
    this.cursor = x;
    const { chart } = this;
    if (chart === null) return;
    const inside = x !== null && x >= (chart.scales['x']?.min ?? 0) && x <= (chart.scales['x']?.max ?? 0);
    chart.setCursor({ left: inside ? chart.valToPos(x, 'x') : -10, top: inside ? 0 : -10 }, false);
  }

  /** The places where a cursor moved by keys stops: where a curve has values, about a pixel apart. */
  stops(): number[] {
    return this.view === null ? [] : cursorStops(this.view.chart, this.columns);
  }

  /** Whether only a part of the vertical axis is shown. */
  get zoomedVertically(): boolean {
    return this.verticalZoom !== null;
  }

  /** Shows the whole vertical axis again. */
  resetVertical(): void {
    this.verticalZoom = null;
    if (this.view !== null) this.show(this.view);
  }

  dispose(): void {
    this.chart?.destroy();
    this.chart = null;
    this.built = '';
  }

  private rebuild(view: PlotView, width: number, height: number): void {
    this.dispose();
    this.built = structureOf(view);
    this.chart = new uPlot(this.options(view, width, height), this.columns, this.host);
    const { over } = this.chart;
    over.addEventListener('mousemove', ({ clientX }) => {
      const left = clientX - over.getBoundingClientRect().left;
      this.events.pointed(this.chart?.posToVal(left, 'x') ?? null);
    });
    over.addEventListener('mouseleave', () => {
      this.events.pointed(null);
    });
  }

  private options(view: PlotView, width: number, height: number): uPlot.Options {
    const { chart, model, theme } = view;
    return {
      width,
      height,
      padding: [model.stages.bands.length > 0 ? 16 : 8, 20, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false, range: (_chart, min, max) => [min, max] },
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a const enum of a declaration file
        y: { distr: chart.logarithmic ? 3 : 1, range: (_chart, min, max) => this.verticalRange(min, max) },
      },
      axes: axesOf(view),
      series: [{}, ...chart.lines.map((line) => ({ ...lineStyle(line, view), points: { show: false } }))],
      cursor: {
        y: false,
        drag: { x: true, y: true, uni: 24, dist: 4, setScale: false },
        points: {
          size: (_chart, index) => (chart.lines[index - 1]?.role === 'raw' ? 0 : 7),
          fill: theme.background,
          width: (_chart, _index, size) => (size === 0 ? 0 : 2),
        },
        // Where a curve has no row nearby it has no point; measurements are few and far between.
        hover: { prox: chart.dots ? null : 12 },
        bind: { dblclick: () => this.doubleClicked },
      },
      hooks: {
        setSelect: [
          (self) => {
            this.selected(self);
          },
        ],
        drawClear: [
          (self) => {
            if (this.view !== null) drawStages(surfaceOf(self), this.view);
          },
        ],
        draw: [
          (self) => {
            if (this.view !== null) drawOverlay(surfaceOf(self), this.view);
          },
        ],
      },
    };
  }

  private readonly doubleClicked = (): null => {
    this.resetVertical();
    this.events.reset();
    return null;
  };

  private verticalRange(low: number | null, high: number | null): [number, number] {
    if (this.verticalZoom !== null) return [this.verticalZoom.min, this.verticalZoom.max];
    if (this.view === null) return [0, 1];
    const { min, max } = verticalRange(this.view.chart, low, high);
    return [min, max];
  }

  /** A drag that reaches over the whole of one axis zooms only the other. */
  private selected(chart: uPlot): void {
    const { left, top, width, height } = chart.select;
    if (width === 0 || height === 0) return;
    const { clientWidth, clientHeight } = chart.over;
    const value = (position: number, scale: string) => chart.posToVal(position, scale);
    if (height < clientHeight) {
      this.verticalZoom = { min: value(top + height, 'y'), max: value(top, 'y') };
    }
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    const range = width < clientWidth ? { min: value(left, 'x'), max: value(left + width, 'x') } : null;
    if (range === null && this.view !== null) this.show(this.view);
    this.events.zoomed(range);
  }
}

function axesOf({ chart, model, theme }: PlotView): uPlot.Axis[] {
  const shared = {
    stroke: theme.muted,
    font: `11px ${theme.fontFamily}`,
    grid: { stroke: faded(theme.foreground, theme.highContrast ? 25 : 10), width: 1 },
    ticks: { show: false },
    gap: 4,
  };
  return [
    { ...shared, size: 26, space: 64, values: (_chart, places) => places.map(placeTicks(model.axis)) },
    {
      ...shared,
      space: 32,
      ...(chart.logarithmic ? LOGARITHMIC_AXIS : {}),
      size: (_chart, values) => axisWidth(values),
      values: (_chart, places) => places.map((value) => tick(chart.quantity, value)),
    },
  ];
}

const LOGARITHMIC_AXIS: uPlot.Axis = {
  splits: (chart, _axis, min, max) => logTicks(min, max, labelLimit(chart)).places,
  filter: (chart, places) => {
    const { min = 0.1, max = 10 } = chart.scales['y'] ?? {};
    const { labelled } = logTicks(min, max, labelLimit(chart));
    return places.map((place) => (labelled.has(place) ? place : null));
  },
};

function labelLimit(chart: uPlot): number {
  return Math.max(2, Math.floor(chart.height / 36));
}

/** What a plot must be built anew for; all else can be changed in place. */
function structureOf({ chart, model, theme }: PlotView): string {
  const lines = chart.lines.map(({ run, role }) => [run.id, run.style, role]);
  return JSON.stringify([
    chart.logarithmic,
    chart.quantity,
    lines,
    model.axis,
    model.stages.bands.length > 0,
    theme,
  ]);
}

/** `stroke` and `dash` are functions once uPlot has them; only what changes while pointing is set again. */
function pick({ width, alpha }: { width: number; alpha: number }): { width: number; alpha: number } {
  return { width, alpha };
}

function surfaceOf(chart: uPlot): Surface {
  return {
    context: chart.ctx,
    ...chart.bbox,
    ratio: devicePixelRatio,
    toX: (value) => chart.valToPos(value, 'x', true),
    toY: (value) => chart.valToPos(value, 'y', true),
  };
}

function placeTicks(axis: AxisKind): (value: number) => string {
  return axis === 'time' ? formatClock : formatTick;
}

/** uPlot hands null for the ticks of a logarithmic axis that get no label. */
function tick(quantity: ChartModel['quantity'], value: number | null): string {
  if (value === null) return '';
  return quantity === 'share' ? formatPercentTick(value) : formatTick(value);
}

/** Room for the longest tick; uPlot hands null before the first ticks are known. */
function axisWidth(values: readonly string[] | null): number {
  return 16 + 6.5 * Math.max(4, ...(values ?? []).map((value) => value.length));
}
