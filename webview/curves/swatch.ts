import { svg, type TemplateResult } from 'lit';
import { html } from 'lit';
import type { RunStyle } from './palette';

/** A short piece of a run's line, for legends. Colours come from classes: the page allows no inline styles. */
export function swatch({ hue, dash }: RunStyle): TemplateResult {
  const line = svg`<line x1="1" y1="5" x2="21" y2="5" stroke-dasharray=${dash.join(' ')} />`;
  return html`<svg class="swatch hue-${hue}" width="22" height="10" viewBox="0 0 22 10" aria-hidden="true">
    ${line}
  </svg>`;
}
