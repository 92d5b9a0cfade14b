import { faded } from '../shared/themeChanges';
import { sides, type PlacedEdge, type PlacedNode, type Scene, type Side } from './arrange';
import type { Camera, Size } from './camera';
import { drawLinks } from './drawLinks';
import { drawNode } from './drawNode';
import type { Link } from './links';
import type { Mark } from './marks';
import { spatialSize } from './stages';
import type { Theme } from './theme';

/** Everything that a picture depends on. */
export interface Picture {
  scene: Scene;
  camera: Camera;
  view: Size;
  theme: Theme;
  /** Sizes of the maps, each with its colour. */
  stages: readonly string[];
  marks: Readonly<Record<Side, ReadonlyMap<number, Mark>>>;
  links: readonly Link[];
  /** The pair that is about to become a hint. */
  draft: Link | null;
  /** Index of the hint that is selected. */
  selectedLink: number | null;
  hovered: { side: Side; index: number } | null;
  /** The node that keys act on, and whether the picture has the focus. */
  active: { side: Side; index: number; isFocused: boolean } | null;
  /** Nodes that were searched for, or that are made where the cursor of the editor stands. */
  matches: Readonly<Record<Side, ReadonlySet<number>>>;
}

/** Below this zoom edges have no arrows and nodes no second line. */
const DETAILED = 0.45;

/** Draws a picture onto a canvas that is `ratio` times as large as its view; nodes out of sight cost nothing. */
export function drawPicture(context: CanvasRenderingContext2D, picture: Picture, ratio: number): void {
  const { camera, view, scene } = picture;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, view.width, view.height);
  const scale = camera.zoom * ratio;
  context.setTransform(scale, 0, 0, scale, -camera.x * scale, -camera.y * scale);
  drawBands(context, picture);
  drawEdges(context, picture);
  drawLinks(context, picture);
  for (const side of sides) {
    for (const node of scene.nodes[side]) if (isSeen(picture, node)) drawNode(context, picture, node);
  }
}

function isSeen(
  { camera, view }: Picture,
  { left, top, width, height }: Pick<PlacedNode, 'left' | 'top' | 'width' | 'height'>,
): boolean {
  return (
    left + width >= camera.x - 8 &&
    left <= camera.x + view.width / camera.zoom + 8 &&
    top + height >= camera.y - 8 &&
    top <= camera.y + view.height / camera.zoom + 8
  );
}

function drawBands(context: CanvasRenderingContext2D, picture: Picture): void {
  const { scene, camera, view, theme, stages } = picture;
  const { left, right } = { left: camera.x, right: camera.x + view.width / camera.zoom };
  for (const { size, top, bottom } of scene.bands) {
    const box = { left, top, width: right - left, height: bottom - top };
    if (!isSeen(picture, box)) continue;
    const colour = theme.stage(stages.indexOf(size), stages.length);
    if (!theme.highContrast) {
      context.fillStyle = faded(colour, 6);
      context.fillRect(left, top, box.width, box.height);
    }
    context.fillStyle = colour;
    context.fillRect(left, top, 3 / camera.zoom, box.height);
    // The name of a band stays in sight as long as the band does, at a size of its own.
    const font = 11 / camera.zoom;
    const y = Math.min(Math.max(top, camera.y) + 5 / camera.zoom, bottom - font - 2 / camera.zoom);
    context.font = `600 ${font}px ${theme.fontFamily}`;
    context.textAlign = 'left';
    context.textBaseline = 'top';
    context.fillStyle = theme.muted;
    if (box.height * camera.zoom > 14) context.fillText(bandName(size), left + 10 / camera.zoom, y);
  }
}

function bandName(size: string): string {
  return size === 'vector' ? 'vectors' : size;
}

function drawEdges(context: CanvasRenderingContext2D, picture: Picture): void {
  const { camera, scene, theme } = picture;
  context.lineWidth = Math.max(1.1, 0.7 / camera.zoom);
  context.strokeStyle = theme.highContrast ? theme.muted : faded(theme.foreground, 38);
  context.fillStyle = context.strokeStyle;
  context.setLineDash([]);
  context.beginPath();
  const seen = scene.edges.filter((edge) =>
    isSeen(picture, {
      left: edge.left,
      top: edge.top,
      width: edge.right - edge.left,
      height: edge.bottom - edge.top,
    }),
  );
  for (const edge of seen) traceEdge(context, edge);
  context.stroke();
  if (camera.zoom < DETAILED) return;
  context.beginPath();
  for (const { points } of seen) {
    const tip = points.at(-1)!;
    context.moveTo(tip.x, tip.y);
    context.lineTo(tip.x - 3.5, tip.y - 6);
    context.lineTo(tip.x + 3.5, tip.y - 6);
    context.closePath();
  }
  context.fill();
}

/** A smooth way through the points, which ends level with the arrow. */
function traceEdge(context: CanvasRenderingContext2D, { points }: PlacedEdge): void {
  const [start] = points;
  const end = points.at(-1)!;
  context.moveTo(start!.x, start!.y);
  for (let index = 1; index < points.length - 1; index += 1) {
    const point = points[index]!;
    const next = points[index + 1]!;
    const isLast = index === points.length - 2;
    context.quadraticCurveTo(
      point.x,
      point.y,
      isLast ? next.x : (point.x + next.x) / 2,
      isLast ? next.y : (point.y + next.y) / 2,
    );
  }
  if (points.length === 2) context.lineTo(end.x, end.y);
}

/** Colour of the stage of a node. */
export function stageColour({ theme, stages }: Picture, { node }: PlacedNode): string {
  const size = spatialSize(node.shape);
  return size === null ? theme.muted : theme.stage(stages.indexOf(size), stages.length);
}
