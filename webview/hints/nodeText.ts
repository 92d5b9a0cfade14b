import { kindsOf, type GraphNode } from './graph';
import { shapeText } from './stages';

/** What a node says: the layer that a click chooses, its shape, and what it is made of. */
export function nodeTitle({ rows }: GraphNode): string {
  return rows.at(-1)!.name;
}

export function nodeDetails({ rows }: GraphNode): string {
  return kindsOf(rows);
}

/** `stage1/relu, Conv2D · BatchNorm · Activation, 32×32×16`: a node for those who hear it. */
export function spokenNode(node: GraphNode): string {
  return `${nodeTitle(node)}, ${nodeDetails(node)}, ${shapeText(node.shape)}`;
}

/** Widths of a character are estimated, so that nodes are as wide on every machine, and before anything is drawn. */
const TITLE_CHARACTER = 8.1;
const CHARACTER = 6.4;
const NARROWEST = 116;
const WIDEST = 300;
/** Around the texts, the mark that a chain can be opened included. */
const PADDING = 36;
const BETWEEN = 12;

/** Width of a node in pixels: that of its texts, within bounds. */
export function nodeWidth(node: GraphNode): number {
  const first = nodeTitle(node).length * TITLE_CHARACTER + BETWEEN + shapeText(node.shape).length * CHARACTER;
  const second = nodeDetails(node).length * CHARACTER;
  return Math.round(Math.max(NARROWEST, Math.min(WIDEST, Math.max(first, second) + PADDING)));
}
