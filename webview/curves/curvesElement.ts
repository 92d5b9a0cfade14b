import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { RunAction } from '../../src/protocol/messages';
import type { RunSummary } from '../../src/runs/summary';
import { watchTheme } from '../shared/themeChanges';
import './chartElement';
import type { HideChartEvent, ZoomEvent } from './chartElement';
import { chartKinds, curvesModel, type CurvesModel } from './charts';
import { CursorLink } from './cursorLink';
import { notices, problemBar } from './notices';
import { styleOfSlot } from './palette';
import { runCards, type RunCard } from './runCards';
import './runPicker';
import type { ChooseRunsEvent } from './runPicker';
import { runLabels, runNotice } from './runs';
import type { Session } from './session';
import type { ShownRun } from './shownRun';
import { tableView } from './tableView';
import { readTheme, type Theme } from './theme';
import { viewControls } from './toolbar';

/** The whole panel. It shows what the session holds; everything it decides itself is what the pointer is on. */
@customElement('distillery-curves')
export class CurvesElement extends LitElement {
  @property({ attribute: false }) session: Session | null = null;
  @state() private theme: Theme = readTheme();
  @state() private highlighted: string | null = null;
  private readonly link = new CursorLink();
  private themes: MutationObserver | null = null;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.themes = watchTheme(() => {
      this.theme = readTheme();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.themes?.disconnect();
  }

  /** Deltas of many runs may arrive between two frames; they are drawn once. */
  protected override async scheduleUpdate(): Promise<void> {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await super.scheduleUpdate();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    const { session } = this;
    if (session !== null && this.highlighted !== null && !session.settings.shown.includes(this.highlighted)) {
      this.highlighted = null;
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    const { session } = this;
    if (session === null) return nothing;
    const { problem, phase } = session;
    const retry = phase === 'failed' ? () => void session.start() : null;
    return html`
      ${
        problem === null
          ? nothing
          : problemBar(
              problem,
              () => {
                session.dismissProblem();
              },
              retry,
            )
      }
      ${
        phase === 'loading'
          ? waiting('Reading the runs…', !this.theme.reducedMotion)
          : phase === 'failed'
            ? nothing
            : session.shownRuns.length === 0
              ? this.empty(session)
              : this.panel(session)
      }
    `;
  }

  private empty(session: Session): TemplateResult {
    if (session.list.length === 0) {
      return html`<section class="empty">
        <vscode-icon name="graph-line" size="32"></vscode-icon>
        <h1>No runs yet</h1>
        <p>
          Open an experiment (<code>*.distill.yaml</code>) and run it with the button in the title of its
          editor. Its curves appear here while it trains.
        </p>
      </section>`;
    }
    return html`<section class="empty">
      <h1>No run chosen</h1>
      <p>Choose the runs whose curves you want to see; several are drawn over one another.</p>
      ${this.picker(session)}
    </section>`;
  }

  private picker(session: Session): TemplateResult {
    return html`<distillery-run-picker
      .runs=${session.list}
      .shown=${session.settings.shown}
      @runs-choose=${(event: ChooseRunsEvent) => void session.setShown(event.runs)}
    ></distillery-run-picker>`;
  }

  private panel(session: Session): TemplateResult {
    const { settings, shownRuns } = session;
    const labels = runLabels(shownRuns);
    const labelOf = (run: RunSummary) => labels.get(run.id) ?? run.name;
    const cards = shownRuns.map((run): RunCard => ({
      run,
      label: labelOf(run),
      style: styleOfSlot(settings.slots[run.id] ?? 0),
      muted: settings.mutedRuns.includes(run.id),
    }));
    const drawn = drawnRuns(session, cards);
    const model = curvesModel(drawn, settings, this.highlighted);
    const act = (action: RunAction, run: string) => void session.act(action, run);
    const hasRows = (run: string) => (session.curvesOf(run)?.training.step.length ?? 0) > 0;
    const list = cards.flatMap(({ run, label }) => runNotice(run, label, hasRows(run.id)) ?? []);
    return html`
      ${runCards(
        cards,
        {
          toggle: (run) => {
            this.toggle(session, run);
          },
          remove: (run) => void session.setShown(settings.shown.filter((id) => id !== run)),
          act,
          highlight: (run) => {
            this.highlighted = run;
          },
        },
        this.theme.reducedMotion,
      )}
      ${notices(list, act)}
      <div class="toolbar" role="group" aria-label="View">
        <button class="menu-button run-menu-button" popovertarget="run-menu">
          Choose runs <vscode-icon name="chevron-down" size="14"></vscode-icon>
        </button>
        <div id="run-menu" class="menu" popover @toggle=${focusFilter}>${this.picker(session)}</div>
        ${viewControls(settings, chartKinds(drawn), (changes) => {
          session.change(changes);
        })}
      </div>
      ${this.curves(session, cards, model)}
    `;
  }

  private withoutRows(session: Session, cards: readonly RunCard[]): TemplateResult {
    const visible = cards.filter(({ muted }) => !muted);
    if (visible.length === 0) return waiting('All runs are switched off.');
    if (visible.some(({ run }) => session.curvesOf(run.id) === undefined)) {
      return waiting('Reading the curves…', !this.theme.reducedMotion);
    }
    return waiting('No curves yet: they begin with the first steps of training.');
  }

  private toggle(session: Session, run: string): void {
    const { mutedRuns } = session.settings;
    const others = mutedRuns.filter((id) => id !== run);
    const muted = others.length === mutedRuns.length;
    session.change({ mutedRuns: muted ? [...others, run] : others });
    this.highlighted = muted ? null : run;
  }

  private curves(session: Session, cards: readonly RunCard[], model: CurvesModel): TemplateResult {
    if (model.range === null) return this.withoutRows(session, cards);
    if (model.charts.length === 0) return html`<p class="hollow">All charts are hidden.</p>`;
    if (session.settings.asTable) return tableView(model);
    const { full } = model;
    return html`
      <p id="chart-keys" class="visually-hidden">
        Left and Right move the cursor, with Shift further, Home and End to the ends; plus and minus zoom,
        Escape shows everything.
      </p>
      <div
        class="charts"
        @chart-zoom=${({ range }: ZoomEvent) => {
          const all = range === null || (full !== null && range.min <= full.min && range.max >= full.max);
          session.change({ zoom: all ? null : range });
        }}
        @chart-hide=${({ chart }: HideChartEvent) => {
          session.change({ hiddenCharts: [...session.settings.hiddenCharts, chart] });
        }}
      >
        ${repeat(
          model.charts,
          ({ id }) => id,
          (chart) =>
            html`<distillery-chart
              data-chart=${chart.id}
              .chart=${chart}
              .model=${model}
              .theme=${this.theme}
              .highlighted=${this.highlighted}
              .link=${this.link}
            ></distillery-chart>`,
        )}
      </div>
    `;
  }
}

/** The runs that have curves and are not switched off. */
function drawnRuns(session: Session, cards: readonly RunCard[]): ShownRun[] {
  return cards.flatMap(({ run, label, style, muted }) => {
    const curves = session.curvesOf(run.id);
    return curves === undefined || muted ? [] : [{ id: run.id, label, style, curves }];
  });
}

function waiting(text: string, turning = false): TemplateResult {
  return html`<section class="empty" role="status">
    ${turning ? html`<vscode-progress-ring></vscode-progress-ring>` : nothing}
    <p>${text}</p>
  </section>`;
}

function focusFilter(event: Event): void {
  if (!(event instanceof ToggleEvent) || event.newState !== 'open') return;
  if (event.currentTarget instanceof HTMLElement) {
    event.currentTarget.querySelector<HTMLElement>('vscode-textfield')?.focus();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'distillery-curves': CurvesElement;
  }
}
