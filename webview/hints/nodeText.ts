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

/** Widths of the texts are estimated, so that they are the same on every machine and known before anything is drawn. */
const CHARACTER = 6.4;
const NARROWEST = 116;
const WIDEST = 250;
const PADDING = 30;
const BETWEEN = 14;

/** Width of a node in pixels: that of its texts, within bounds. */
export function nodeWidth(node: GraphNode): number {
  const first = nodeTitle(node).length + shapeText(node.shape).length;
  const second = nodeDetails(node).length * 0.92;
  const texts = Math.max(first * CHARACTER + BETWEEN, second * CHARACTER);
  return Math.round(Math.max(NARROWEST, Math.min(WIDEST, texts + PADDING)));
}
