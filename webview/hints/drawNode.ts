import { faded } from '../shared/themeChanges';
import type { PlacedNode } from './arrange';
import { stageColour, type Picture } from './draw';
import { TOGGLE_WIDTH } from './hit';
import { BEST, type Mark } from './marks';
import { nodeDetails, nodeTitle } from './nodeText';
import { shapeText } from './stages';

/** Below these zooms a node has no second line, and no text at all. */
const SECOND_LINE = 0.5;
const ANY_TEXT = 0.3;
const RADIUS = 5;
const TEXT_LEFT = 13;

/** Draws a node: its stage at the left, its title and shape, what it is made of, and how it takes part in the choice. */
export function drawNode(context: CanvasRenderingContext2D, picture: Picture, placed: PlacedNode): void {
  const { theme, camera, hovered, active } = picture;
  const { side, index, left, top, width, height } = placed;
  const mark = picture.marks[side].get(index);
  const isDimmed = mark?.kind === 'impossible';
  const isChosen = mark?.kind === 'chosen';
  const isHovered = hovered?.side === side && hovered.index === index;
  context.save();
  if (isDimmed) context.globalAlpha = theme.highContrast ? 0.55 : 0.38;
  if (placed.node.isGroup && camera.zoom >= ANY_TEXT) stack(context, picture, placed);
  context.beginPath();
  context.roundRect(left, top, width, height, RADIUS);
  context.fillStyle = isChosen ? theme.chosen : theme.surface;
  context.fill();
  if (isHovered && !isChosen) {
    context.fillStyle = faded(theme.foreground, 8);
    context.fill();
  }
  context.setLineDash(isDimmed && theme.highContrast ? [4, 3] : []);
  context.strokeStyle = outline(picture, placed, mark);
  context.lineWidth = outlineWidth(picture, placed, mark) / Math.min(1, camera.zoom * 1.4);
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  context.roundRect(left, top, 6, height, [RADIUS, 0, 0, RADIUS]);
  context.fillStyle = stageColour(picture, placed);
  context.fill();
  if (camera.zoom < ANY_TEXT) {
    context.globalAlpha *= 0.55;
    context.fillRect(left + 6, top, width - 6, height);
  } else texts(context, picture, placed, isChosen);
  context.restore();
  if (mark?.kind === 'candidate' && mark.rank <= BEST) badge(context, picture, placed, String(mark.rank));
  if (active?.side === side && active.index === index && active.isFocused)
    focusRing(context, picture, placed);
}

function outline({ theme, matches }: Picture, { side, index }: PlacedNode, mark: Mark | undefined): string {
  if (mark?.kind === 'chosen') return theme.highContrast ? theme.focus : theme.chosen;
  if (matches[side].has(index)) return theme.match;
  if (mark?.kind === 'candidate' && mark.rank <= BEST) return theme.candidate;
  return theme.border;
}

function outlineWidth(
  { theme, matches }: Picture,
  { side, index }: PlacedNode,
  mark: Mark | undefined,
): number {
  const isSpecial =
    mark?.kind === 'chosen' || matches[side].has(index) || (mark?.kind === 'candidate' && mark.rank <= BEST);
  return (isSpecial ? 2 : 1) + (theme.highContrast && mark?.kind === 'chosen' ? 1.5 : 0);
}

/** The edge of a card behind the card: there is more in it. */
function stack(context: CanvasRenderingContext2D, { theme }: Picture, placed: PlacedNode): void {
  const { left, top, width, height } = placed;
  context.beginPath();
  context.roundRect(left + 3, top + 3, width, height, RADIUS);
  context.fillStyle = theme.background;
  context.fill();
  context.strokeStyle = theme.border;
  context.lineWidth = 1;
  context.stroke();
}

function texts(
  context: CanvasRenderingContext2D,
  { theme, camera, hovered }: Picture,
  placed: PlacedNode,
  isChosen: boolean,
): void {
  const { node, side, index, left, top, width, height } = placed;
  const foreground = isChosen ? theme.chosenText : theme.foreground;
  const muted = isChosen ? theme.chosenText : theme.muted;
  const canToggle = node.isGroup || node.partOf !== null;
  const isHovered = hovered?.side === side && hovered.index === index;
  const room = width - TEXT_LEFT - (canToggle ? TOGGLE_WIDTH : 9);
  const hasSecond = camera.zoom >= SECOND_LINE;
  const firstLine = hasSecond ? top + 15 : top + height / 2;
  context.textBaseline = 'middle';
  context.font = `11px ${theme.fontFamily}`;
  context.fillStyle = muted;
  const shape = shapeText(node.shape);
  const shapeWidth = hasSecond ? measured(context, shape) : 0;
  if (hasSecond) {
    context.textAlign = 'left';
    context.fillText(fittedText(context, nodeDetails(node), room), left + TEXT_LEFT, top + 29.5);
    context.textAlign = 'right';
    context.fillText(shape, left + TEXT_LEFT + room, firstLine);
  }
  context.textAlign = 'left';
  context.font = `600 ${hasSecond ? 12 : 15}px ${theme.fontFamily}`;
  context.fillStyle = foreground;
  const title = fittedText(context, nodeTitle(node), room - shapeWidth - (hasSecond ? 8 : 0), true);
  context.fillText(title, left + TEXT_LEFT, firstLine);
  if (canToggle && hasSecond) {
    chevron(context, placed, node.isGroup, isHovered ? foreground : muted);
  }
}

function chevron(
  context: CanvasRenderingContext2D,
  { left, top, width }: PlacedNode,
  isClosed: boolean,
  colour: string,
): void {
  const [x, y] = [left + width - 11, top + 21];
  context.beginPath();
  if (isClosed) {
    context.moveTo(x - 3.5, y - 2);
    context.lineTo(x, y + 2);
    context.lineTo(x + 3.5, y - 2);
  } else {
    context.moveTo(x - 3.5, y + 2);
    context.lineTo(x, y - 2);
    context.lineTo(x + 3.5, y + 2);
  }
  context.strokeStyle = colour;
  context.lineWidth = 1.4;
  context.stroke();
}

/** The rank of a candidate, on the border that faces the other model. */
function badge(
  context: CanvasRenderingContext2D,
  { theme, camera }: Picture,
  { side, left, top, width, height }: PlacedNode,
  text: string,
): void {
  const radius = 9 / Math.min(1, Math.max(0.4, camera.zoom));
  const x = side === 'teacher' ? left + width + radius * 0.6 : left - radius * 0.6;
  const y = top + height / 2;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = theme.background;
  context.fill();
  context.strokeStyle = theme.candidate;
  context.lineWidth = radius / 6;
  context.stroke();
  context.font = `600 ${radius * 1.2}px ${theme.fontFamily}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = theme.foreground;
  context.fillText(text, x, y + radius * 0.06);
}

function focusRing(
  context: CanvasRenderingContext2D,
  { theme, camera }: Picture,
  { left, top, width, height }: PlacedNode,
): void {
  const gap = 4 / Math.min(1, camera.zoom * 1.2);
  context.beginPath();
  context.roundRect(left - gap, top - gap, width + 2 * gap, height + 2 * gap, RADIUS + gap);
  context.strokeStyle = theme.highContrast ? theme.focus : theme.foreground;
  context.lineWidth = 2 / Math.min(1, camera.zoom * 1.2);
  context.setLineDash([]);
  context.stroke();
}

const widths = new Map<string, number>();
const fits = new Map<string, string>();

/** The width of a text in the font that is set; measuring is what costs most of a frame, so it is remembered. */
export function measured(context: CanvasRenderingContext2D, text: string): number {
  const key = `${context.font}\n${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    width = context.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}

/** The text, shortened until it is no wider than `room`: at its end, or at its beginning, where paths are alike. */
function fittedText(
  context: CanvasRenderingContext2D,
  text: string,
  room: number,
  fromStart = false,
): string {
  if (measured(context, text) <= room) return text;
  const key = `${context.font}\n${text}\n${Math.round(room)}`;
  const known = fits.get(key);
  if (known !== undefined) return known;
  let shorter = '';
  for (let length = text.length - 1; length > 0; length -= 1) {
    shorter = fromStart ? `…${text.slice(-length)}` : `${text.slice(0, length).trimEnd()}…`;
    if (context.measureText(shorter).width <= room) break;
  }
  fits.set(key, shorter);
  return shorter;
}
