import { html, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { Side } from './arrange';
import type { GraphNode, ModelGraph } from './graph';
import { BEST, type Mark } from './marks';
import { spokenNode } from './nodeText';

interface TreeParts {
  side: Side;
  graph: ModelGraph;
  label: string;
  marks: ReadonlyMap<number, Mark>;
  /** Index of the node that the keys are on; null when they are elsewhere. */
  active: number | null;
  focus: (isFocused: boolean) => void;
  key: (event: KeyboardEvent) => void;
}

/**
 * The layers of a model as a list: what a screen reader reads where others look at the canvas, and where the keys
 * arrive.
 */
export function layerTree({ side, graph, label, marks, active, focus, key }: TreeParts): TemplateResult {
  return html`<div
    class="layer-tree"
    role="tree"
    tabindex="0"
    data-side=${side}
    aria-label=${label}
    aria-activedescendant=${active === null ? '' : idOf(side, active)}
    @focus=${() => {
      focus(true);
    }}
    @blur=${() => {
      focus(false);
    }}
    @keydown=${key}
  >
    ${guard([graph, marks], () =>
      graph.nodes.map((node, index) => {
        const mark = marks.get(index);
        return html`<div
          role="treeitem"
          id=${idOf(side, index)}
          aria-level=${node.partOf === null ? 1 : 2}
          aria-selected=${mark?.kind === 'chosen'}
          aria-disabled=${mark?.kind === 'impossible'}
        >
          ${spokenNode(node)}${spokenMark(node, mark)}
        </div>`;
      }),
    )}
  </div>`;
}

function idOf(side: Side, index: number): string {
  return `${side}-${index}`;
}

function spokenMark({ isGroup }: GraphNode, mark: Mark | undefined): string {
  const chain = isGroup ? '; E takes it apart' : '';
  switch (mark?.kind) {
    case undefined:
      return chain;
    case 'chosen':
      return `, chosen: ${mark.layer}${chain}`;
    case 'candidate':
      return `${mark.rank <= BEST ? `, candidate ${mark.rank}` : ', can be paired'}${chain}`;
    case 'impossible':
      return `, cannot be paired: ${mark.reason}`;
  }
}
