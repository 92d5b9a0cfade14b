import { html, nothing, type TemplateResult } from 'lit';
import type { LayerRow } from '../../src/layers/table';
import type { Side } from './arrange';
import type { GraphNode } from './graph';
import type { PickerSession } from './session';
import { shapeText } from './stages';
import { formatCount, sourceText } from './text';

/** The layer that is chosen of one model: what it is, the others of its chain, and the way to its source. */
export function layerCard(session: PickerSession, side: Side, layer: string): TemplateResult {
  const row = session.tables[side]?.rows.find(({ name }) => name === layer);
  const graph = session.graphOf(side);
  const node = graph?.nodes[graph.nodeOf.get(layer) ?? -1];
  return html`<section class="card" data-side=${side}>
    <header>
      <span class="role">${side === 'teacher' ? 'Teacher' : 'Student'}</span>
      <strong class="name">${layer}</strong>
    </header>
    ${
      row === undefined
        ? html`<p class="warning"><vscode-icon name="warning"></vscode-icon> The model has no such layer.</p>`
        : html`<p class="facts">${facts(row)}</p>
            ${source(session, side, row)}`
    }
    ${node !== undefined && node.rows.length > 1 && session.pick.hint === null ? exactLayer(session, side, node, layer) : nothing}
  </section>`;
}

function facts({ kind, shape, parameters, receptiveField }: LayerRow): string {
  return [
    kind,
    shapeText(shape),
    ...(parameters > 0 ? [`${formatCount(parameters)} parameters`] : []),
    ...(receptiveField === null ? [] : [`sees ${receptiveField.join('×')} pixels`]),
  ].join(' · ');
}

function source(
  session: PickerSession,
  side: Side,
  { name, source: made }: LayerRow,
): TemplateResult | typeof nothing {
  if (made === null) return nothing;
  const places = made.chain.length > 0 ? made.chain : [{ ...made, function: null }];
  return html`<p class="places">
    ${places.map(
      (place, index) =>
        html`<button
          class="link"
          title=${place.file}
          aria-label=${`Go to source of ${name}: ${sourceText(place)}`}
          @click=${() => {
            session.showSource(side, name, index);
          }}
        >
          ${index === 0 ? html`<vscode-icon name="go-to-file" size="14"></vscode-icon>` : html`<span class="from">from</span>`}
          ${sourceText(place)}
        </button>`,
    )}
  </p>`;
}

function exactLayer(session: PickerSession, side: Side, node: GraphNode, layer: string): TemplateResult {
  return html`<div class="parts" role="radiogroup" aria-label="Layer of this chain">
    ${node.rows.map(
      ({ name, kind }) =>
        html`<label title=${name}>
          <input
            type="radio"
            name=${`part-${side}`}
            .checked=${name === layer}
            @change=${() => {
              session.choose(side, name);
            }}
          />
          <span class="name">${name}</span><span class="kind">${kind}</span>
        </label>`,
    )}
  </div>`;
}
