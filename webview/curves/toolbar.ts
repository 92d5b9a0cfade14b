import { VscodeCheckbox } from '@vscode-elements/elements/dist/vscode-checkbox/vscode-checkbox.js';
import { html, nothing, type TemplateResult } from 'lit';
import type { AxisKind } from './axis';
import type { ChartKind } from './charts';
import type { Settings } from './settings';

export type ViewSettings = Omit<Settings, 'shown' | 'slots'>;

const AXES: readonly { kind: AxisKind; text: string }[] = [
  { kind: 'step', text: 'Step' },
  { kind: 'epoch', text: 'Epoch' },
  { kind: 'time', text: 'Time' },
];

/** The controls of the view: axes, smoothing, which charts, table or curves. */
export function viewControls(
  settings: ViewSettings,
  charts: readonly ChartKind[],
  change: (settings: Partial<ViewSettings>) => void,
): TemplateResult {
  return html`
    <vscode-radio-group class="axis" aria-label="Horizontal axis">
      ${AXES.map(
        ({ kind, text }) =>
          html`<vscode-radio
            name="axis"
            value=${kind}
            .checked=${settings.axis === kind}
            @change=${() => {
              // A stretch of steps means nothing in epochs.
              change({ axis: kind, zoom: null });
            }}
            >${text}</vscode-radio
          >`,
      )}
    </vscode-radio-group>
    <label class="smoothing" title="How much of the past a curve keeps; the raw curve stays visible beneath">
      Smoothing
      <input
        type="range"
        min="0"
        max="0.99"
        step="0.01"
        .value=${String(settings.smoothing)}
        @input=${(event: Event) => {
          if (event.currentTarget instanceof HTMLInputElement) {
            change({ smoothing: event.currentTarget.valueAsNumber });
          }
        }}
      />
      <output>${settings.smoothing.toFixed(2)}</output>
    </label>
    ${box('Log scale', 'Logarithmic vertical axes; accuracy stays linear', settings.logarithmic, (on) => {
      change({ logarithmic: on });
    })}
    ${box('Table', 'Show the numbers as tables', settings.asTable, (on) => {
      change({ asTable: on });
    })}
    ${chartMenu(settings, charts, change)}
    ${
      settings.zoom === null
        ? nothing
        : html`<button
            class="menu-button"
            @click=${() => {
              change({ zoom: null });
            }}
          >
            <vscode-icon name="zoom-out" size="14"></vscode-icon> Reset zoom
          </button>`
    }
  `;
}

function chartMenu(
  { hiddenCharts }: ViewSettings,
  charts: readonly ChartKind[],
  change: (settings: Partial<ViewSettings>) => void,
): TemplateResult {
  const hidden = charts.filter(({ id }) => hiddenCharts.includes(id)).length;
  return html`
    <button class="menu-button chart-menu-button" popovertarget="chart-menu">
      Charts${hidden === 0 ? '' : ` (${hidden} hidden)`}
      <vscode-icon name="chevron-down" size="14"></vscode-icon>
    </button>
    <div id="chart-menu" class="menu" popover>
      ${charts.map(({ id, title, subtitle }) =>
        box(title, subtitle, !hiddenCharts.includes(id), (on) => {
          const others = hiddenCharts.filter((chart) => chart !== id);
          change({ hiddenCharts: on ? others : [...others, id] });
        }),
      )}
    </div>
  `;
}

function box(
  text: string,
  explanation: string,
  checked: boolean,
  changed: (on: boolean) => void,
): TemplateResult {
  return html`<vscode-checkbox
    title=${explanation}
    .checked=${checked}
    @change=${(event: Event) => {
      if (event.currentTarget instanceof VscodeCheckbox) changed(event.currentTarget.checked);
    }}
    >${text}</vscode-checkbox
  >`;
}
