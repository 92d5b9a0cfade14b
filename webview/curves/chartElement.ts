import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Range } from './buckets';
import type { ChartModel, CurvesModel } from './charts';
import { CursorLink } from './cursorLink';
import { keyedMove } from './keyboard';
import { Plot } from './plot';
import { placeText, readings, spokenReading, type Reading } from './readout';
import { swatch } from './swatch';
import type { Theme } from './theme';

/** Fired when a chart is zoomed (a range) or reset (null) on the axis that all charts share. */
export class ZoomEvent extends Event {
  static readonly type = 'chart-zoom';
  constructor(readonly range: Range | null) {
    super(ZoomEvent.type, { bubbles: true });
  }
}

/** Fired when a chart is to be hidden. */
export class HideChartEvent extends Event {
  static readonly type = 'chart-hide';
  constructor(readonly chart: string) {
    super(HideChartEvent.type, { bubbles: true });
  }
}

/** One chart: its title, its plot, and the values under the cursor. It lives in the light DOM, styled by curves.css. */
@customElement('distillery-chart')
export class ChartElement extends LitElement {
  @property({ attribute: false }) chart: ChartModel | null = null;
  @property({ attribute: false }) model: CurvesModel | null = null;
  @property({ attribute: false }) theme: Theme | null = null;
  @property({ attribute: false }) highlighted: string | null = null;
  @property({ attribute: false }) link = new CursorLink();
  @state() private place: number | null = null;
  @state() private spoken = '';
  @state() private zoomedVertically = false;
  @query('.plot') private readonly plotHost!: HTMLElement;
  private plot: Plot | null = null;
  private unfollow: (() => void) | null = null;
  private near = false;
  private readonly resizes = new ResizeObserver(() => {
    this.draw();
  });
  /** Charts out of sight are not drawn. */
  private readonly sight = new IntersectionObserver(
    (entries) => {
      this.near = entries.at(-1)?.isIntersecting ?? false;
      this.draw();
    },
    { rootMargin: '300px' },
  );

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.unfollow = this.link.follow((x) => {
      this.place = x;
      this.plot?.showCursor(x);
    });
    this.sight.observe(this);
    if (this.hasUpdated) this.resizes.observe(this.plotHost);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unfollow?.();
    this.sight.disconnect();
    this.resizes.disconnect();
    this.plot?.dispose();
    this.plot = null;
  }

  protected override firstUpdated(): void {
    this.resizes.observe(this.plotHost);
  }

  protected override updated(changed: PropertyValues<this>): void {
    const drawn = ['chart', 'model', 'theme', 'highlighted'] as const;
    if (drawn.some((name) => changed.has(name))) this.draw();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { chart, model } = this;
    if (chart === null || model === null) return nothing;
    const entries = readings(chart, this.place);
    const place = this.place === null ? nothing : placeText(model.axis, this.place);
    return html`
      <header>
        <h2>${chart.title}</h2>
        <span class="subtitle">${chart.subtitle}</span>
        <span class="place">${place}</span>
        ${
          this.zoomedVertically
            ? html`<vscode-toolbar-button
                icon="zoom-out"
                label="Reset the zoom of ${chart.title}"
                title="Reset zoom"
                @click=${this.reset}
              ></vscode-toolbar-button>`
            : nothing
        }
        <vscode-toolbar-button
          class="hide"
          icon="eye-closed"
          label="Hide the chart ${chart.title}"
          title="Hide this chart"
          @click=${() => this.dispatchEvent(new HideChartEvent(chart.id))}
        ></vscode-toolbar-button>
      </header>
      <div
        class="plot"
        tabindex="0"
        role="application"
        aria-roledescription="chart"
        aria-label=${this.description(chart, model)}
        aria-describedby="chart-keys"
        @keydown=${this.pressed}
        @blur=${() => {
          this.link.moveTo(null);
        }}
      ></div>
      <ul class="legend ${legendLayout(chart, entries)}">
        ${entries.map(legendEntry)}
      </ul>
      <div class="visually-hidden" aria-live="polite">${this.spoken}</div>
    `;
  }

  private description(chart: ChartModel, { axis, range }: CurvesModel): string {
    const runs = readings(chart, null).map(
      ({ run, main, train }) =>
        `${run.label} ${main ?? (train === null ? 'without values' : `train ${train}`)}`,
    );
    const reach =
      range === null ? '' : ` from ${placeText(axis, range.min)} to ${placeText(axis, range.max)}`;
    return `${chart.title}${reach}. Newest values: ${runs.join('; ')}.`;
  }

  private draw(): void {
    const { chart, model, theme, highlighted } = this;
    if (!this.near || !this.hasUpdated || chart === null || model === null || theme === null) return;
    this.plot ??= new Plot(this.plotHost, {
      pointed: (x) => {
        this.link.moveTo(x);
      },
      zoomed: (range) => {
        this.zoomedVertically = this.plot?.zoomedVertically ?? false;
        if (range !== null) this.dispatchEvent(new ZoomEvent(range));
      },
      reset: this.reset,
    });
    this.plot.show({ chart, model, theme, highlighted });
    this.zoomedVertically = this.plot.zoomedVertically;
  }

  private readonly reset = (): void => {
    this.plot?.resetVertical();
    this.zoomedVertically = false;
    this.dispatchEvent(new ZoomEvent(null));
  };

  private readonly pressed = (event: KeyboardEvent): void => {
    const { chart, model, plot } = this;
    if (chart === null || model === null || plot === null || model.range === null) return;
    const move = keyedMove(event, plot.stops(), this.place, model.range);
    if (move === null) return;
    event.preventDefault();
    if (move.kind === 'reset') {
      this.reset();
      this.spoken = 'Everything is shown.';
    } else if (move.kind === 'zoom') {
      this.dispatchEvent(new ZoomEvent(move.range));
      this.spoken = `From ${placeText(model.axis, move.range.min)} to ${placeText(model.axis, move.range.max)}.`;
    } else {
      this.link.moveTo(move.x);
      this.spoken = spokenReading(model, chart, move.x);
    }
  };
}

/** Many runs leave no room for their names, which then stand in the tooltips; pairs of values need more room. */
function legendLayout({ lines }: ChartModel, entries: readonly Reading[]): string {
  if (entries.length > 6) return 'dense';
  return lines.some(({ role }) => role === 'train') ? 'paired' : '';
}

function legendEntry({ run, main, train }: Reading): TemplateResult {
  return html`<li title=${run.label}>
    ${swatch(run.style)}
    <span class="label">${run.label}</span>
    <span class="value">
      ${main ?? '–'}${train === null ? nothing : html`<span class="train">train ${train}</span>`}
    </span>
  </li>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'distillery-chart': ChartElement;
  }
  interface HTMLElementEventMap {
    'chart-zoom': ZoomEvent;
    'chart-hide': HideChartEvent;
  }
}
