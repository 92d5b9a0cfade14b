import uPlot from 'uplot';
import type { AxisKind } from './axis';
import type { Range, Sample } from './buckets';
import type { ChartModel, CurvesModel } from './charts';
import {
  cursorStops,
  drawOverlay,
  drawStages,
  lineStyle,
  sampleChart,
  verticalRange,
  type Surface,
} from './draw';
import { formatClock, formatPercentTick, formatTick } from './format';
import { faded, type Theme } from './theme';

/** What a plot shows. */
export interface PlotView {
  chart: ChartModel;
  model: CurvesModel;
  theme: Theme;
  /** The run that is pointed at; the others are dimmed. */
  highlighted: string | null;
}

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
  private columns: [number[], ...Sample[][]] = [[]];
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
    if (width === 0 || height === 0 || range === null) return;
    const columns = Math.max(1, Math.round(width * Math.min(2, devicePixelRatio)));
    this.columns = sampleChart(view.chart, { ...range, columns });
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
        Object.assign(chart.series[index + 1]!, pick(lineStyle(line, view.theme, view.highlighted)));
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

  private options(
    { chart, model, theme, highlighted }: PlotView,
    width: number,
    height: number,
  ): uPlot.Options {
    const axis = {
      stroke: theme.muted,
      font: `11px ${theme.fontFamily}`,
      grid: { stroke: faded(theme.foreground, theme.highContrast ? 25 : 10), width: 1 },
      ticks: { show: false },
    };
    return {
      width,
      height,
      padding: [model.stages.bands.length > 0 ? 16 : 8, 12, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: false, range: (_chart, min, max) => [min, max] },
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a const enum of a declaration file
        y: { distr: chart.logarithmic ? 3 : 1, range: (_chart, min, max) => this.verticalRange(min, max) },
      },
      axes: [
        {
          ...axis,
          size: 26,
          gap: 4,
          space: 64,
          values: (_chart, splits) => splits.map(placeTicks(model.axis)),
        },
        {
          ...axis,
          gap: 4,
          space: 32,
          size: (_chart, values) => 16 + 6.5 * Math.max(4, ...values.map((value) => value.length)),
          values: (_chart, splits) => splits.map((value) => tick(chart.quantity, value)),
        },
      ],
      series: [
        {},
        ...chart.lines.map((line) => ({
          ...lineStyle(line, theme, highlighted),
          points: { show: false },
        })),
      ],
      cursor: {
        y: false,
        drag: { x: true, y: true, uni: 24, dist: 4, setScale: false },
        points: {
          size: (_chart, index) => (chart.lines[index - 1]?.role === 'raw' ? 0 : 7),
          fill: theme.background,
          width: 2,
        },
        bind: {
          dblclick: () => () => {
            this.resetVertical();
            this.events.reset();
            return null;
          },
        },
      },
      hooks: {
        setSelect: [
          (self) => {
            this.selected(self);
          },
        ],
        drawClear: [
          (self) => {
            this.draw(self, ({ model: shown, theme: colours }, surface) => {
              drawStages(surface, shown, colours);
            });
          },
        ],
        draw: [
          (self) => {
            this.draw(self, (shown, surface) => {
              drawOverlay(surface, shown.chart, shown.model, shown.theme, shown.highlighted);
            });
          },
        ],
      },
    };
  }

  private draw(chart: uPlot, draw: (view: PlotView, surface: Surface) => void): void {
    if (this.view !== null) draw(this.view, surfaceOf(chart));
  }

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
