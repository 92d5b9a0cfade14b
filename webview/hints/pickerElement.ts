import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Candidate } from '../../src/layers/candidates';
import { watchTheme } from '../shared/themeChanges';
import type { Side } from './arrange';
import { banners } from './banners';
import type { GraphActions } from './graphKeys';
import './graphElement';
import type { GraphElement } from './graphElement';
import './heatmapElement';
import type { ChoosePairEvent } from './heatmapElement';
import type { Found } from './search';
import './searchElement';
import type { FindEvent, SearchElement } from './searchElement';
import type { PickerSession } from './session';
import { sidePanel } from './sidePanel';
import { emptyState } from './emptyStates';
import { readTheme, type Theme } from './theme';
import { toolbar } from './toolbar';
import { graphView } from './viewOf';

/** The whole picker. It shows what the session holds. */
@customElement('distillery-hints')
export class PickerElement extends LitElement {
  @property({ attribute: false }) session: PickerSession | null = null;
  @state() private theme: Theme = readTheme();
  @state() private found: readonly Found[] = [];
  @query('distillery-graph') private readonly graph!: GraphElement | null;
  @query('distillery-search') private readonly search!: SearchElement | null;
  private themes: MutationObserver | null = null;
  private waiting: { side: Side; layer: string } | null = null;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.themes = watchTheme(() => {
      this.theme = readTheme();
    });
    this.addEventListener('keydown', (event) => {
      this.keyDown(event);
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.themes?.disconnect();
  }

  /** Brings a layer into sight once it is there. */
  reveal(side: Side, layer: string): void {
    this.waiting = { side, layer };
    this.requestUpdate();
  }

  protected override updated(): void {
    const { waiting, graph } = this;
    if (waiting === null || graph === null) return;
    this.waiting = null;
    // The graph shows the newest view before it is asked for a place in it.
    void graph.updateComplete.then(() => {
      graph.reveal(waiting.side, waiting.layer);
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    const { session, theme } = this;
    if (session === null) return nothing;
    const empty = emptyState(session, theme);
    if (empty !== null)
      return html`<div class="banners">${banners(session)}</div>
        ${empty}`;
    const candidates = session.candidates();
    return html`
      ${toolbar(session, theme, {
        zoomIn: () => this.graph?.zoomIn(),
        zoomOut: () => this.graph?.zoomOut(),
        fit: () => this.graph?.fit(),
        search: html`<distillery-search
          .tables=${session.tables}
          @find-layers=${({ found, chosen }: FindEvent) => {
            this.found = found;
            if (chosen !== null) this.goTo(session, chosen);
          }}
        ></distillery-search>`,
      })}
      <div class="banners">${banners(session)}</div>
      <div class="body">
        <main>
          ${session.settings.showsMatrix ? this.matrix(session) : this.picture(session, candidates)}
        </main>
        <aside aria-label="Hints">${sidePanel(session, candidates)}</aside>
      </div>
    `;
  }

  private picture(session: PickerSession, candidates: readonly Candidate[]): TemplateResult {
    return html`<distillery-graph
      .view=${graphView(session, candidates, this.found)}
      .theme=${this.theme}
      .actions=${this.actions(session)}
    ></distillery-graph>`;
  }

  private matrix(session: PickerSession): TemplateResult {
    const { comparison, member } = session;
    if (comparison?.member !== member) {
      return html`<section class="empty">
        <p>The layers of this teacher have not been compared with those of the student yet.</p>
        <vscode-button
          @click=${() => {
            session.compare();
          }}
          >Suggest hints</vscode-button
        >
      </section>`;
    }
    if (comparison.kind === 'running') {
      return html`<section class="empty" role="status">
        ${this.theme.reducedMotion ? nothing : html`<vscode-progress-ring></vscode-progress-ring>`}
        <p>${comparison.message}</p>
        <progress max="1" .value=${comparison.share} aria-label="Comparing the layers"></progress>
        <vscode-button
          secondary
          @click=${() => {
            session.stopComparing();
          }}
          >Cancel</vscode-button
        >
      </section>`;
    }
    if (comparison.kind === 'failed') {
      return html`<section class="empty" role="alert">
        <vscode-icon name="error" size="24"></vscode-icon>
        <p>The layers could not be compared: ${comparison.message}</p>
        <vscode-button
          @click=${() => {
            session.compare();
          }}
          >Try again</vscode-button
        >
      </section>`;
    }
    return html`<distillery-heatmap
      .matrix=${comparison.matrix}
      .theme=${this.theme}
      .hints=${session.list.filter((hint) => hint.member === member)}
      @choose-pair=${({ teacher, student }: ChoosePairEvent) => {
        session.choosePair(teacher, student);
      }}
    ></distillery-heatmap>`;
  }

  private actions(session: PickerSession): GraphActions {
    const nodeOf = (side: Side, index: number) => session.graphOf(side)?.nodes[index];
    return {
      choose: (side, index) => {
        const node = nodeOf(side, index);
        const layer = node === undefined ? null : session.layerOf(side, node);
        if (layer !== null) session.choose(side, layer);
      },
      toggle: (side, index) => {
        const node = nodeOf(side, index);
        if (node !== undefined && (node.isGroup || node.partOf !== null)) {
          session.toggleGroup(side, node.partOf ?? node.id);
        }
      },
      showSource: (side, index) => {
        const node = nodeOf(side, index);
        if (node === undefined) return;
        const chosen = session.pick[side];
        const isChosen = node.rows.some(({ name }) => name === chosen);
        session.showSource(side, isChosen && chosen !== null ? chosen : node.id);
      },
      selectHint: (index) => {
        session.selectHint(index);
      },
      stepBack: () => {
        session.stepBack();
      },
      clear: () => {
        session.clear();
      },
      remove: (side, index) => {
        const names = new Set(nodeOf(side, index)?.rows.map(({ name }) => name));
        const { hint } = session.pick;
        const here = session.list.findIndex(
          (each) => names.has(each[side]) && (side === 'student' || each.member === session.member),
        );
        // Without one selected, Delete first shows what it would remove.
        if (hint !== null) void session.remove(hint);
        else if (here >= 0) session.selectHint(here);
      },
      search: () => {
        this.search?.open();
      },
    };
  }

  private goTo(session: PickerSession, { side, layer }: Found): void {
    session.change({ showsMatrix: false });
    this.reveal(side, layer);
    void this.updateComplete.then(() => this.graph?.focusOn(side));
  }

  private keyDown(event: KeyboardEvent): void {
    const { session } = this;
    if (session === null || event.defaultPrevented) return;
    const [target] = event.composedPath();
    const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
    if (event.key === '/' && !isTyping) {
      this.search?.open();
      event.preventDefault();
    } else if (event.key === 'Escape' && !isTyping) {
      session.stepBack();
    } else if (event.key === 'Delete' && !isTyping && session.pick.hint !== null) {
      void session.remove(session.pick.hint);
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'distillery-hints': PickerElement;
  }
}
