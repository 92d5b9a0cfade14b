import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { LayerTable } from '../../src/layers/table';
import type { Side } from './arrange';
import { searchLayers, type Found } from './search';

/** Fired when the layers that match have changed, and when one of them is chosen. */
export class FindEvent extends Event {
  static readonly type = 'find-layers';
  constructor(
    readonly found: readonly Found[],
    readonly chosen: Found | null,
  ) {
    super(FindEvent.type, { bubbles: true });
  }
}

/** A search for layers by their names; Up and Down walk the results, Enter goes to one, Escape leaves. */
@customElement('distillery-search')
export class SearchElement extends LitElement {
  @property({ attribute: false }) tables: Readonly<Record<Side, LayerTable | null>> = {
    teacher: null,
    student: null,
  };
  @state() private text = '';
  @state() private at = 0;
  @state() private isOpen = false;
  @query('input') private readonly input!: HTMLInputElement;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Puts the keys on the search. */
  open(): void {
    this.input.focus();
    this.input.select();
  }

  protected override render(): TemplateResult {
    const results = this.results();
    const shown = this.isOpen && this.text.trim() !== '';
    return html`
      <div class="search-box">
        <vscode-icon name="search" size="14"></vscode-icon>
        <input
          type="text"
          role="combobox"
          placeholder="Search layers ( / )"
          aria-label="Search layers"
          aria-expanded=${shown}
          aria-controls="search-results"
          aria-activedescendant=${shown && results.length > 0 ? `result-${this.at}` : ''}
          .value=${this.text}
          @input=${() => {
            this.text = this.input.value;
            this.at = 0;
            this.isOpen = true;
            this.tell(null);
          }}
          @focus=${() => {
            this.isOpen = true;
          }}
          @blur=${() => {
            this.isOpen = false;
          }}
          @keydown=${(event: KeyboardEvent) => {
            this.keyDown(event);
          }}
        />
      </div>
      ${
        shown
          ? html`<ul id="search-results" class="results" role="listbox" aria-label="Layers found">
              ${
                results.length === 0
                  ? html`<li class="none">No layer is called so.</li>`
                  : results.map(
                      (found, index) =>
                        html`<li
                          id=${`result-${index}`}
                          role="option"
                          aria-selected=${index === this.at}
                          @pointerdown=${(event: PointerEvent) => {
                            event.preventDefault();
                            this.goTo(found);
                          }}
                        >
                          <span class="name">${found.layer}</span><span class="side">${found.side}</span>
                        </li>`,
                    )
              }
            </ul>`
          : nothing
      }
    `;
  }

  protected override updated(): void {
    this.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }

  private results(): Found[] {
    return searchLayers(this.text, this.tables);
  }

  private keyDown(event: KeyboardEvent): void {
    const results = this.results();
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        const step = event.key === 'ArrowDown' ? 1 : -1;
        this.at = Math.max(0, Math.min(results.length - 1, this.at + step));
        break;
      }
      case 'Enter': {
        const found = results[this.at];
        if (found !== undefined) this.goTo(found);
        break;
      }
      case 'Escape':
        this.text = '';
        this.tell(null);
        this.input.blur();
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  private goTo(found: Found): void {
    this.isOpen = false;
    this.text = '';
    this.tell(found);
  }

  private tell(chosen: Found | null): void {
    this.dispatchEvent(new FindEvent(this.results(), chosen));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'distillery-search': SearchElement;
  }
}
