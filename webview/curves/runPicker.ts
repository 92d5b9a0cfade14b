import { VscodeCheckbox } from '@vscode-elements/elements/dist/vscode-checkbox/vscode-checkbox.js';
import { VscodeTextfield } from '@vscode-elements/elements/dist/vscode-textfield/vscode-textfield.js';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { RunSummary } from '../../src/runs/summary';
import { accuracyText, createdText, filterRuns, runLabels, STATES } from './runs';

/** More runs than these are found by typing. */
const LIMIT = 100;

/** Fired when another set of runs is chosen. */
export class ChooseRunsEvent extends Event {
  static readonly type = 'runs-choose';
  constructor(readonly runs: string[]) {
    super(ChooseRunsEvent.type, { bubbles: true });
  }
}

/** All runs that are not archived, newest first, to choose from those that are overlaid. */
@customElement('distillery-run-picker')
export class RunPicker extends LitElement {
  @property({ attribute: false }) runs: readonly RunSummary[] = [];
  @property({ attribute: false }) shown: readonly string[] = [];
  @state() private filter = '';

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    const labels = runLabels(this.runs);
    const found = filterRuns(this.runs, this.shown, this.filter);
    return html`
      <vscode-textfield
        class="filter"
        type="text"
        placeholder="Find runs by name, file or state"
        label="Find runs"
        .value=${this.filter}
        @input=${(event: Event) => {
          if (event.currentTarget instanceof VscodeTextfield) this.filter = event.currentTarget.value;
        }}
      ></vscode-textfield>
      <ul>
        ${repeat(
          found.slice(0, LIMIT),
          (run) => run.id,
          (run) => this.option(run, labels.get(run.id) ?? run.name),
        )}
      </ul>
      ${found.length === 0 ? html`<p class="more">No run fits.</p>` : nothing}
      ${
        found.length > LIMIT
          ? html`<p class="more">${found.length - LIMIT} more: type to find them.</p>`
          : nothing
      }
    `;
  }

  private option(run: RunSummary, label: string): TemplateResult {
    const accuracy = accuracyText(run);
    return html`<li title="${run.experimentPath}, seed ${run.seed}">
      <vscode-checkbox
        .checked=${this.shown.includes(run.id)}
        @change=${(event: Event) => {
          if (event.currentTarget instanceof VscodeCheckbox) this.choose(run.id, event.currentTarget.checked);
        }}
        >${label}</vscode-checkbox
      >
      <span class="details">
        ${STATES[run.state].text}, ${createdText(run)}${accuracy === null ? '' : `, best ${accuracy.best}`}
      </span>
    </li>`;
  }

  private choose(run: string, chosen: boolean): void {
    const others = this.shown.filter((id) => id !== run);
    this.dispatchEvent(new ChooseRunsEvent(chosen ? [...others, run] : others));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'distillery-run-picker': RunPicker;
  }
  interface HTMLElementEventMap {
    'runs-choose': ChooseRunsEvent;
  }
}
