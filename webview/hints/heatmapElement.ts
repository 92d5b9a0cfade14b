import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { PickedHint } from '../../src/protocol/hints';
import type { SimilarityMatrix } from '../../src/protocol/inspection';
import {
  cellAfter,
  cellAt,
  cellText,
  drawHeatmap,
  planHeatmap,
  type Cell,
  type HeatmapPlan,
} from './heatmap';
import { counted } from './text';
import type { Theme } from './theme';
import { viridis } from './viridis';

/** Fired when a cell is chosen. */
export class ChoosePairEvent extends Event {
  static readonly type = 'choose-pair';
  constructor(
    readonly teacher: string,
    readonly student: string,
  ) {
    super(ChoosePairEvent.type, { bubbles: true });
  }
}

/** How alike each layer of the teacher and each of the student are, as a map of colours. */
@customElement('distillery-heatmap')
export class HeatmapElement extends LitElement {
  @property({ attribute: false }) matrix: SimilarityMatrix | null = null;
  @property({ attribute: false }) theme: Theme | null = null;
  @property({ attribute: false }) hints: readonly PickedHint[] = [];
  @state() private cursor: Cell | null = null;
  @state() private room = 0;
  @query('canvas') private readonly canvas!: HTMLCanvasElement | null;
  private plan: HeatmapPlan | null = null;
  private readonly resizes = new ResizeObserver(([entry]) => {
    this.room = entry?.contentRect.width ?? 0;
  });

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.resizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resizes.disconnect();
  }

  protected override updated(): void {
    const { matrix, theme, canvas } = this;
    if (matrix === null || theme === null || canvas === null || this.room === 0) return;
    const plan = planHeatmap(matrix, this.room - 32);
    this.plan = plan;
    const ratio = window.devicePixelRatio;
    canvas.width = Math.round(plan.width * ratio);
    canvas.height = Math.round(plan.height * ratio);
    canvas.style.width = `${plan.width}px`;
    canvas.style.height = `${plan.height}px`;
    const context = canvas.getContext('2d')!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const cells = (pairs: readonly { teacher: string; student: string }[]): Cell[] =>
      pairs.flatMap((pair) => {
        const cell = {
          row: matrix.teacherLayers.indexOf(pair.teacher),
          column: matrix.studentLayers.indexOf(pair.student),
        };
        return cell.row < 0 || cell.column < 0 ? [] : [cell];
      });
    const marks = { suggested: cells(matrix.suggestions), present: cells(this.hints), cursor: this.cursor };
    drawHeatmap(context, matrix, plan, marks, theme);
    // The colours of the legend are set by hand: the policy of the page forbids style attributes.
    const legend = this.querySelector<HTMLElement>('.scale');
    const stops = Array.from({ length: 11 }, (_, index) => `rgb(${viridis(index / 10).join(' ')})`);
    if (legend !== null) legend.style.background = `linear-gradient(to right, ${stops.join(', ')})`;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { matrix, cursor } = this;
    if (matrix === null) return nothing;
    return html`
      <header>
        <div>
          <h2>Similarity of the layers</h2>
          <p>
            Linear CKA on ${counted(matrix.images, 'image')}: teacher downwards, student across. Numbers mark
            the suggested pairs, dots the hints there are.
          </p>
        </div>
        <div class="legend" aria-hidden="true"><span>0</span><span class="scale"></span><span>1</span></div>
      </header>
      <p class="readout" aria-live="polite">
        ${cursor === null ? 'Point at a cell, or walk with the arrow keys; Enter chooses the pair.' : cellText(matrix, cursor)}
      </p>
      <div
        class="cells"
        role="application"
        tabindex="0"
        aria-label=${`Similarity of ${counted(matrix.teacherLayers.length, 'layer')} of the teacher and ${counted(matrix.studentLayers.length, 'layer')} of the student. Arrow keys walk, Enter chooses.`}
        @keydown=${(event: KeyboardEvent) => {
          this.keyDown(matrix, event);
        }}
        @focus=${() => {
          this.cursor ??= { row: 0, column: 0 };
        }}
      >
        <canvas
          aria-hidden="true"
          @pointermove=${(event: PointerEvent) => {
            this.cursor = this.cellUnder(matrix, event) ?? this.cursor;
          }}
          @click=${(event: MouseEvent) => {
            const cell = this.cellUnder(matrix, event);
            if (cell !== null) this.choose(matrix, cell);
          }}
        ></canvas>
      </div>
      ${matrix.notes.map((note) => html`<p class="note"><vscode-icon name="info"></vscode-icon> ${note}</p>`)}
    `;
  }

  private cellUnder(matrix: SimilarityMatrix, { clientX, clientY }: MouseEvent): Cell | null {
    const box = this.canvas?.getBoundingClientRect();
    if (box === undefined || this.plan === null) return null;
    return cellAt(matrix, this.plan, clientX - box.left, clientY - box.top);
  }

  private keyDown(matrix: SimilarityMatrix, event: KeyboardEvent): void {
    const { cursor } = this;
    if (cursor === null) return;
    if (event.key === 'Enter') {
      this.choose(matrix, cursor);
      event.preventDefault();
      return;
    }
    const next = cellAfter(matrix, cursor, event.key, event.shiftKey ? 5 : 1);
    if (next === null) return;
    event.preventDefault();
    this.cursor = next;
  }

  private choose({ teacherLayers, studentLayers }: SimilarityMatrix, { row, column }: Cell): void {
    const [teacher, student] = [teacherLayers[row], studentLayers[column]];
    if (teacher !== undefined && student !== undefined) {
      this.dispatchEvent(new ChoosePairEvent(teacher, student));
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'distillery-heatmap': HeatmapElement;
  }
}
