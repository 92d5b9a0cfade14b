import { faded } from '../shared/themeChanges';
import type { Picture } from './draw';
import { measured } from './drawNode';
import { pullsOf, type Link } from './links';

const LABEL_HEIGHT = 19;

/** Width of the text of a link with what is around it. */
export function labelWidth(text: string): number {
  return text.length * 6.2 + 18;
}

/** Draws the hints between both graphs, the one that is about to be added dashed, and their texts. */
export function drawLinks(context: CanvasRenderingContext2D, picture: Picture): void {
  const { links, draft, selectedLink } = picture;
  const isChoosing = picture.draft !== null || picture.marks.teacher.size + picture.marks.student.size > 0;
  for (const link of links) {
    drawLink(context, picture, link, link.index === selectedLink, isChoosing && link.index !== selectedLink);
  }
  if (draft !== null) drawLink(context, picture, draft, true, false);
}

function drawLink(
  context: CanvasRenderingContext2D,
  { theme, camera }: Picture,
  link: Link,
  isSelected: boolean,
  isFaint: boolean,
): void {
  const { start, end, label, text, index } = link;
  const isDraft = index < 0;
  const colour = isDraft ? theme.candidate : theme.link;
  const [first, second] = pullsOf(link);
  const thin = Math.min(1, camera.zoom * 1.3);
  context.save();
  if (isFaint) context.globalAlpha = theme.highContrast ? 0.7 : 0.5;
  context.beginPath();
  context.moveTo(start.x, start.y);
  context.bezierCurveTo(first.x, first.y, second.x, second.y, end.x, end.y);
  context.setLineDash(isDraft ? [7 / thin, 5 / thin] : []);
  context.strokeStyle = colour;
  context.lineWidth = (isSelected ? 3.2 : 2) / thin;
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = colour;
  for (const { x, y } of [start, end]) {
    context.beginPath();
    context.arc(x, y, (isSelected ? 4.5 : 3.5) / thin, 0, 2 * Math.PI);
    context.fill();
  }
  if (camera.zoom >= 0.3) {
    const scale = 1 / Math.min(1, camera.zoom * 1.25);
    context.font = `${11 * scale}px ${theme.fontFamily}`;
    const width = measured(context, text) + 16 * scale;
    const height = LABEL_HEIGHT * scale;
    context.beginPath();
    context.roundRect(label.x - width / 2, label.y - height / 2, width, height, height / 2);
    context.fillStyle = theme.background;
    context.fill();
    context.fillStyle = isSelected ? faded(colour, theme.highContrast ? 0 : 30) : faded(colour, 0);
    context.fill();
    context.strokeStyle = colour;
    context.lineWidth = (isSelected ? 2 : 1.2) * scale;
    context.stroke();
    context.fillStyle = theme.foreground;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(text, label.x, label.y + 0.5);
  }
  context.restore();
}
