import type { SimilarityMatrix } from '../../src/protocol/inspection';
import { formatShare } from './text';
import type { Theme } from './theme';
import { viridis } from './viridis';

/** A cell: the index of a layer of the teacher and of one of the student. */
export interface Cell {
  row: number;
  column: number;
}

/** Where the cells of a matrix lie, in pixels. */
export interface HeatmapPlan {
  left: number;
  top: number;
  /** Width and height of a cell. */
  cellWidth: number;
  cellHeight: number;
  width: number;
  height: number;
}

const LABEL_CHARACTER = 6;
const LABEL_ROOM = 170;
const SMALLEST_CELL = 4;
const LARGEST_CELL = 30;
/** Cells from this size on have names beside them. */
const LABELLED = 11;

/** Plans a heatmap for a width: cells as large as fits, names beside them where there is room. */
export function planHeatmap({ teacherLayers, studentLayers }: SimilarityMatrix, room: number): HeatmapPlan {
  const longest = (names: readonly string[]) => Math.max(0, ...names.map(({ length }) => length));
  const left = Math.min(LABEL_ROOM, longest(teacherLayers) * LABEL_CHARACTER + 14);
  const top = Math.min(LABEL_ROOM, longest(studentLayers) * LABEL_CHARACTER + 14);
  const cellWidth = sizeOfCell((room - left - 8) / Math.max(1, studentLayers.length));
  const cellHeight = Math.min(cellWidth, teacherLayers.length > 40 ? 14 : 24);
  return {
    left,
    top,
    cellWidth,
    cellHeight: Math.max(cellHeight, Math.min(LABELLED + 1, cellWidth)),
    width: left + cellWidth * studentLayers.length + 8,
    height: top + Math.max(cellHeight, Math.min(LABELLED + 1, cellWidth)) * teacherLayers.length + 8,
  };
}

function sizeOfCell(wanted: number): number {
  return Math.max(SMALLEST_CELL, Math.min(LARGEST_CELL, Math.floor(wanted)));
}

/** The cell at a point, in pixels of the heatmap. */
export function cellAt(matrix: SimilarityMatrix, plan: HeatmapPlan, x: number, y: number): Cell | null {
  const column = Math.floor((x - plan.left) / plan.cellWidth);
  const row = Math.floor((y - plan.top) / plan.cellHeight);
  const isInside =
    row >= 0 && column >= 0 && row < matrix.teacherLayers.length && column < matrix.studentLayers.length;
  return isInside ? { row, column } : null;
}

/** The cell that a key leads to; null for keys that lead nowhere. */
export function cellAfter(
  matrix: SimilarityMatrix,
  { row, column }: Cell,
  key: string,
  leap: number,
): Cell | null {
  const [rows, columns] = [matrix.teacherLayers.length, matrix.studentLayers.length];
  const at = (nextRow: number, nextColumn: number): Cell => ({
    row: Math.max(0, Math.min(rows - 1, nextRow)),
    column: Math.max(0, Math.min(columns - 1, nextColumn)),
  });
  switch (key) {
    case 'ArrowUp':
      return at(row - leap, column);
    case 'ArrowDown':
      return at(row + leap, column);
    case 'ArrowLeft':
      return at(row, column - leap);
    case 'ArrowRight':
      return at(row, column + leap);
    case 'Home':
      return at(row, 0);
    case 'End':
      return at(row, columns - 1);
    default:
      return null;
  }
}

/** Linear CKA of a cell; NaN where a layer is constant. */
export function valueOf({ values, studentLayers }: SimilarityMatrix, { row, column }: Cell): number {
  return values[row * studentLayers.length + column] ?? NaN;
}

/** `block2/relu × conv2: 0.87`. */
export function cellText(matrix: SimilarityMatrix, cell: Cell): string {
  const value = valueOf(matrix, cell);
  const names = `${matrix.teacherLayers[cell.row] ?? ''} × ${matrix.studentLayers[cell.column] ?? ''}`;
  return `${names}: ${Number.isNaN(value) ? 'one of them is constant' : formatShare(value)}`;
}

export interface HeatmapMarks {
  /** Suggested pairs, best first. */
  suggested: readonly Cell[];
  /** Pairs that are hints already. */
  present: readonly Cell[];
  cursor: Cell | null;
}

/** Draws a heatmap with the names of the layers, the suggested pairs with their ranks, and the cursor. */
export function drawHeatmap(
  context: CanvasRenderingContext2D,
  matrix: SimilarityMatrix,
  plan: HeatmapPlan,
  marks: HeatmapMarks,
  theme: Theme,
): void {
  const { left, top, cellWidth, cellHeight } = plan;
  context.clearRect(0, 0, plan.width, plan.height);
  const gap = cellWidth > 9 && cellHeight > 9 ? 1 : 0;
  matrix.teacherLayers.forEach((_, row) => {
    matrix.studentLayers.forEach((_other, column) => {
      const value = valueOf(matrix, { row, column });
      const [red, green, blue] = viridis(value);
      context.fillStyle = Number.isNaN(value) ? theme.border : `rgb(${red} ${green} ${blue})`;
      context.fillRect(left + column * cellWidth, top + row * cellHeight, cellWidth - gap, cellHeight - gap);
    });
  });
  drawNames(context, matrix, plan, marks.cursor, theme);
  for (const cell of marks.present) drawPresent(context, plan, cell);
  marks.suggested.forEach((cell, index) => {
    drawSuggested(context, plan, cell, String(index + 1), theme);
  });
  if (marks.cursor !== null) {
    const { row, column } = marks.cursor;
    context.strokeStyle = theme.foreground;
    context.lineWidth = 2;
    context.strokeRect(
      left + column * cellWidth - 1.5,
      top + row * cellHeight - 1.5,
      cellWidth + 2,
      cellHeight + 2,
    );
  }
}

function drawNames(
  context: CanvasRenderingContext2D,
  { teacherLayers, studentLayers }: SimilarityMatrix,
  { left, top, cellWidth, cellHeight }: HeatmapPlan,
  cursor: Cell | null,
  theme: Theme,
): void {
  context.textBaseline = 'middle';
  const font = (isStrong: boolean): string => `${isStrong ? '600 ' : ''}11px ${theme.fontFamily}`;
  teacherLayers.forEach((name, row) => {
    const isStrong = cursor?.row === row;
    if (cellHeight < LABELLED && !isStrong) return;
    context.font = font(isStrong);
    context.fillStyle = isStrong ? theme.foreground : theme.muted;
    context.textAlign = 'right';
    context.fillText(shortened(name, left), left - 7, top + (row + 0.5) * cellHeight);
  });
  studentLayers.forEach((name, column) => {
    const isStrong = cursor?.column === column;
    if (cellWidth < LABELLED && !isStrong) return;
    context.save();
    context.font = font(isStrong);
    context.fillStyle = isStrong ? theme.foreground : theme.muted;
    context.textAlign = 'left';
    context.translate(left + (column + 0.5) * cellWidth, top - 7);
    context.rotate(-Math.PI / 2);
    context.fillText(shortened(name, top), 0, 0);
    context.restore();
  });
}

function shortened(name: string, room: number): string {
  const characters = Math.floor((room - 12) / LABEL_CHARACTER);
  return name.length > characters ? `…${name.slice(1 - characters)}` : name;
}

function drawPresent(
  context: CanvasRenderingContext2D,
  { left, top, cellWidth, cellHeight }: HeatmapPlan,
  { row, column }: Cell,
): void {
  const [x, y] = [left + (column + 0.5) * cellWidth, top + (row + 0.5) * cellHeight];
  context.beginPath();
  context.arc(x, y, Math.max(2, Math.min(cellWidth, cellHeight) / 5), 0, 2 * Math.PI);
  context.fillStyle = 'white';
  context.fill();
  context.strokeStyle = 'black';
  context.lineWidth = 1;
  context.stroke();
}

/** White within black: seen on every colour of the scale. */
function drawSuggested(
  context: CanvasRenderingContext2D,
  { left, top, cellWidth, cellHeight }: HeatmapPlan,
  { row, column }: Cell,
  rank: string,
  theme: Theme,
): void {
  const [x, y] = [left + column * cellWidth, top + row * cellHeight];
  context.strokeStyle = 'black';
  context.lineWidth = 4;
  context.strokeRect(x, y, cellWidth - 1, cellHeight - 1);
  context.strokeStyle = 'white';
  context.lineWidth = 2;
  context.strokeRect(x, y, cellWidth - 1, cellHeight - 1);
  if (Math.min(cellWidth, cellHeight) < 12) return;
  context.font = `700 11px ${theme.fontFamily}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineWidth = 3;
  context.strokeStyle = 'black';
  context.strokeText(rank, x + cellWidth / 2 - 0.5, y + cellHeight / 2);
  context.fillStyle = 'white';
  context.fillText(rank, x + cellWidth / 2 - 0.5, y + cellHeight / 2);
}
