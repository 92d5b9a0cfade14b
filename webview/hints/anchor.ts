import { sides, type PlacedNode, type Scene, type Side } from './arrange';
import type { Camera, Size } from './camera';

/** A node that is to stay where it is on the screen while the layout around it changes. */
export interface Anchor {
  side: Side;
  layer: string;
  /** Its place from the upper left corner of the view, in pixels of the picture. */
  x: number;
  y: number;
}

/** The node that people look at: the one the keys are on where there is one, else the one nearest to the middle. */
export function anchorOf(
  scene: Scene,
  camera: Camera,
  view: Size,
  active: { side: Side; index: number } | null,
): Anchor | null {
  const middle = { x: camera.x + view.width / 2 / camera.zoom, y: camera.y + view.height / 2 / camera.zoom };
  const away = ({ left, top, width, height }: PlacedNode) =>
    Math.hypot(left + width / 2 - middle.x, top + height / 2 - middle.y);
  let chosen = active === null ? undefined : scene.nodes[active.side][active.index];
  if (chosen === undefined) {
    for (const node of sides.flatMap((side) => scene.nodes[side])) {
      if (chosen === undefined || away(node) < away(chosen)) chosen = node;
    }
  }
  if (chosen === undefined) return null;
  return { side: chosen.side, layer: chosen.node.id, x: chosen.left - camera.x, y: chosen.top - camera.y };
}

/** The camera that sees a node where its anchor says. */
export function keptAt({ x, y }: Anchor, { left, top }: PlacedNode, { zoom }: Camera): Camera {
  return { zoom, x: left - x, y: top - y };
}
