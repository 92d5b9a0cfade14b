import { sides, type PlacedNode, type Scene } from './arrange';
import type { Point } from './layout';
import { pointOf, type Link } from './links';

/** What lies under the pointer. */
export type Hit =
  { kind: 'node'; node: PlacedNode; onToggle: boolean } | { kind: 'link'; index: number } | null;

/** Width of the corner of a node that takes a chain apart or puts it together. */
export const TOGGLE_WIDTH = 22;
const LINK_SAMPLES = 24;

/**
 * Finds what is at a point of the picture. Texts of links lie above nodes, nodes above the lines of links.
 * @param reach How far from a line it still counts, in pixels of the picture.
 */
export function hitAt(
  scene: Scene,
  links: readonly Link[],
  { x, y }: Point,
  reach: number,
  labelWidth: (text: string) => number,
): Hit {
  const label = links.find(
    (link) => Math.abs(link.label.y - y) <= 11 && Math.abs(link.label.x - x) <= labelWidth(link.text) / 2 + 2,
  );
  if (label !== undefined) return { kind: 'link', index: label.index };
  for (const side of sides) {
    const node = scene.nodes[side].find(
      ({ left, top, width, height }) => x >= left && x <= left + width && y >= top && y <= top + height,
    );
    if (node === undefined) continue;
    const canToggle = node.node.isGroup || node.node.partOf !== null;
    return { kind: 'node', node, onToggle: canToggle && x >= node.left + node.width - TOGGLE_WIDTH };
  }
  const line = links.find((link) => isNear(link, { x, y }, reach));
  return line === undefined ? null : { kind: 'link', index: line.index };
}

function isNear(link: Link, { x, y }: Point, reach: number): boolean {
  let before = link.start;
  for (let sample = 1; sample <= LINK_SAMPLES; sample += 1) {
    const after = pointOf(link, sample / LINK_SAMPLES);
    if (distanceToStretch({ x, y }, before, after) <= reach) return true;
    before = after;
  }
  return false;
}

function distanceToStretch(point: Point, from: Point, to: Point): number {
  const [width, height] = [to.x - from.x, to.y - from.y];
  const length = width ** 2 + height ** 2;
  const share = length === 0 ? 0 : ((point.x - from.x) * width + (point.y - from.y) * height) / length;
  const at = Math.max(0, Math.min(1, share));
  return Math.hypot(point.x - from.x - at * width, point.y - from.y - at * height);
}
