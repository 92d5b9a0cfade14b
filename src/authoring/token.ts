import type { ExperimentPath, TextRange } from '../experiment/problem';
import type { Sketch } from './sketch';

/** A key or a single value of an experiment. */
export interface Token {
  part: 'key' | 'value';
  /** Of the value that the key has, or that it is. */
  path: ExperimentPath;
  /** Offsets. */
  start: number;
  end: number;
  /** What it says, without quotes. */
  text: string;
}

/** The key or single value at an offset, its ends included; null between them. */
export function tokenAt(sketch: Sketch, offset: number, path: ExperimentPath = []): Token | null {
  switch (sketch.kind) {
    case 'single': {
      const { start, end, text } = sketch;
      const isHere = start < end && start <= offset && offset <= end;
      return isHere ? { part: 'value', path, start, end, text } : null;
    }
    case 'list':
      for (const [index, item] of sketch.items.entries()) {
        const token = tokenAt(item, offset, [...path, index]);
        if (token !== null) return token;
      }
      return null;
    case 'mapping':
      for (const { key, keyStart, keyEnd, value } of sketch.entries) {
        const place = [...path, key];
        if (keyStart <= offset && offset <= keyEnd) {
          return { part: 'key', path: place, start: keyStart, end: keyEnd, text: key };
        }
        const token = tokenAt(value, offset, place);
        if (token !== null) return token;
      }
      return null;
  }
}

/** The path of what stands at the beginning of a range: of a key's value, of an item, of a value. */
export function pathAt(sketch: Sketch, offset: number, path: ExperimentPath = []): ExperimentPath {
  if (sketch.kind === 'list') {
    const index = sketch.items.findIndex((item) => item.start <= offset && offset <= item.end);
    return index < 0 ? path : pathAt(sketch.items[index]!, offset, [...path, index]);
  }
  if (sketch.kind === 'single') return path;
  for (const { key, keyStart, keyEnd, value } of sketch.entries) {
    const place = [...path, key];
    if (keyStart <= offset && offset <= keyEnd) return place;
    if (value.start <= offset && offset <= value.end) return pathAt(value, offset, place);
  }
  return path;
}

/** From lines and columns to an offset. */
export function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let skipped = 1; skipped < line; skipped += 1) {
    const feed = text.indexOf('\n', start);
    if (feed < 0) return text.length;
    start = feed + 1;
  }
  return Math.min(text.length, start + column - 1);
}

/** From offsets to lines and columns. */
export function rangeIn(text: string, start: number, end: number): TextRange {
  const from = positionIn(text, start);
  const to = positionIn(text, end);
  return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}

export function positionIn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
