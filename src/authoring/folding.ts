import { sketchOf, type Sketch } from './sketch';
import { positionIn } from './token';

/** Lines, from 0, that can be folded into the first of them. */
export interface Fold {
  start: number;
  end: number;
  isComment: boolean;
}

/** What of an experiment can be folded: parts, items and brackets of several lines, and blocks of comments. */
export function foldsOf(text: string): Fold[] {
  const folds = new Map<number, Fold>();
  const add = (from: number, to: number): void => {
    const start = positionIn(text, from).line - 1;
    const end = positionIn(text, to).line - 1;
    // The outermost part that begins on a line is folded there.
    if (end > start && !folds.has(start)) folds.set(start, { start, end, isComment: false });
  };
  const walk = (part: Sketch): void => {
    if (part.kind === 'mapping') {
      for (const { keyStart, value } of part.entries) {
        add(keyStart, value.end);
        walk(value);
      }
    }
    if (part.kind !== 'list') return;
    for (const item of part.items) {
      add(item.start, item.end);
      walk(item);
    }
  };
  walk(sketchOf(text));
  return [...folds.values(), ...commentsOf(text)].sort((a, b) => a.start - b.start);
}

function commentsOf(text: string): Fold[] {
  const folds: Fold[] = [];
  const lines = text.split('\n');
  let start: number | null = null;
  for (const [index, line] of [...lines, ''].entries()) {
    if (line.trimStart().startsWith('#')) {
      start ??= index;
    } else {
      if (start !== null && index - start > 1) folds.push({ start, end: index - 1, isComment: true });
      start = null;
    }
  }
  return folds;
}
