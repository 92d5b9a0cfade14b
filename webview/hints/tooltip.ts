import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { LayerRow } from '../../src/layers/table';
import type { Box, Size } from './camera';
import type { GraphNode } from './graph';
import type { Mark } from './marks';
import { shapeText } from './stages';
import { formatCount, formatShare, sourceText } from './text';

const WIDTH = 300;

/** What is known of a node, beside it while the pointer rests on it. */
export function tooltip(node: GraphNode, mark: Mark | undefined, at: Box, view: Size): TemplateResult {
  const isRight = at.left + at.width + WIDTH + 16 < view.width;
  const left = isRight ? at.left + at.width + 12 : Math.max(8, at.left - WIDTH - 12);
  const isLow = at.top > view.height * 0.6;
  const place = {
    left: `${left}px`,
    top: isLow ? '' : `${Math.max(8, at.top)}px`,
    bottom: isLow ? `${Math.max(8, view.height - at.top - at.height)}px` : '',
  };
  // The policy of the page forbids style attributes, not what a script sets.
  const put = (element: Element | undefined): void => {
    if (element instanceof HTMLElement) Object.assign(element.style, place);
  };
  return html`<div class="tooltip" aria-hidden="true" ${ref(put)}>
    ${
      mark?.kind === 'impossible'
        ? html`<p class="reason"><vscode-icon name="circle-slash" size="14"></vscode-icon> ${mark.reason}</p>`
        : mark?.kind === 'candidate'
          ? html`<p>
              Candidate
              ${mark.rank}${mark.similarity === null ? '' : `, similarity ${formatShare(mark.similarity)}`}
            </p>`
          : nothing
    }
    ${node.rows.map(rowDetails)}
  </div>`;
}

function rowDetails(row: LayerRow): TemplateResult {
  const facts = [
    row.kind,
    shapeText(row.shape),
    row.parameters > 0 ? `${formatCount(row.parameters)} parameters` : null,
    row.multiplyAdds > 0 ? `${formatCount(row.multiplyAdds)} multiply-adds` : null,
    row.receptiveField === null ? null : `sees ${row.receptiveField.join('×')} pixels`,
  ].filter((fact) => fact !== null);
  return html`<div class="row">
    <strong>${row.name}</strong>
    <span>${facts.join(' · ')}</span>
    ${row.source === null ? nothing : html`<span class="place">${sourceText(row.source)}</span>`}
  </div>`;
}
