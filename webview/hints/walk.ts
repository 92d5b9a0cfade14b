import type { PlacedNode } from './arrange';

/** The nearest node in a direction: along the graph with Up and Down, among those of one height with Left and Right. */
export function walked(nodes: readonly PlacedNode[], from: number, key: string): number | null {
  const start = nodes[from];
  if (start === undefined) return nodes.length === 0 ? null : 0;
  switch (key) {
    case 'Home':
      return nearest(
        nodes,
        () => true,
        ({ top }) => top,
      );
    case 'End':
      return nearest(
        nodes,
        () => true,
        ({ top }) => -top,
      );
    case 'ArrowDown':
      return nearest(nodes, ({ top }) => top > start.top + 1, stepCost(start));
    case 'ArrowUp':
      return nearest(nodes, ({ top }) => top < start.top - 1, stepCost(start));
    case 'ArrowRight':
      return nearest(
        nodes,
        ({ left, top }) => left > start.left + 1 && overlaps(top, start),
        sideCost(start),
      );
    case 'ArrowLeft':
      return nearest(
        nodes,
        ({ left, top }) => left < start.left - 1 && overlaps(top, start),
        sideCost(start),
      );
    case 'PageDown':
    case 'PageUp': {
      const way = key === 'PageDown' ? 1 : -1;
      const ahead = nodes.filter(({ top }) => (top - start.top) * way > 1);
      const ordered = ahead.sort((a, b) => (a.top - b.top) * way);
      return (ordered[Math.min(9, ordered.length - 1)] ?? start).index;
    }
    default:
      return null;
  }
}

function overlaps(top: number, start: PlacedNode): boolean {
  return Math.abs(top - start.top) < start.height * 1.5;
}

function stepCost(start: PlacedNode): (node: PlacedNode) => number {
  return ({ left, width, top }) =>
    Math.abs(top - start.top) + 0.5 * Math.abs(left + width / 2 - start.left - start.width / 2);
}

function sideCost(start: PlacedNode): (node: PlacedNode) => number {
  return ({ left, top }) => Math.abs(left - start.left) + 2 * Math.abs(top - start.top);
}

function nearest(
  nodes: readonly PlacedNode[],
  isMeant: (node: PlacedNode) => boolean,
  cost: (node: PlacedNode) => number,
): number | null {
  let best: PlacedNode | null = null;
  for (const node of nodes) if (isMeant(node) && (best === null || cost(node) < cost(best))) best = node;
  return best?.index ?? null;
}
