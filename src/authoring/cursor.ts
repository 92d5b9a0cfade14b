import type { ExperimentPath } from '../experiment/problem';
import { sketchOf, type Sketch, type SketchEntry } from './sketch';

/** Stands for the cursor in a text that ends there; no text that people write holds it. */
const MARK = '\uE000';
/** Up to where the word goes on behind the cursor. */
const REST_OF_KEY = /^[\w-]*/;
const REST_OF_VALUE = /^[^\s,{}[\]"'#]*/;

/** Where a cursor stands in an experiment, and which word is being written there. */
export interface Cursor {
  /**
   * `key`: a key of the mapping at the path; `value`: the value at the path; `line`: the first line below a key, which
   * may become a key, an item or the value itself.
   */
  place: 'key' | 'value' | 'line';
  /** Of the mapping that gets the key, or of the value. */
  path: ExperimentPath;
  /** What is written of the word, before the cursor. */
  word: string;
  /** Offset at which the word begins; inside of its quotes. */
  start: number;
  offset: number;
  /** Offset at which the word ends. */
  end: number;
  quote: '"' | "'" | '';
  /** Whether it stands in brackets. */
  isFlow: boolean;
  /** Whether it stands behind a dash. */
  isItem: boolean;
  /** At which column the word begins, and at which its line. */
  column: number;
  indent: number;
}

/** Where an offset stands in a text, however broken that is; null in comments and where nothing belongs. */
export function cursorAt(text: string, offset: number): Cursor | null {
  const found = findMark(sketchOf(text.slice(0, offset) + MARK), [], false, false);
  if (found === null) return null;
  const { place, path, isFlow, isItem } = found;
  const start = found.start + found.quote.length;
  const behind = text.slice(offset);
  const [rest = ''] = (place === 'key' ? REST_OF_KEY : REST_OF_VALUE).exec(behind) ?? [];
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const [blanks = ''] = /^ */.exec(text.slice(lineStart, offset)) ?? [];
  return {
    place,
    path,
    word: text.slice(start, offset),
    start,
    offset,
    end: offset + rest.length,
    quote: found.quote,
    isFlow,
    isItem,
    column: start - lineStart,
    indent: blanks.length,
  };
}

interface Found {
  place: Cursor['place'];
  path: ExperimentPath;
  start: number;
  quote: Cursor['quote'];
  isFlow: boolean;
  isItem: boolean;
}

function findMark(sketch: Sketch, path: ExperimentPath, isBelow: boolean, isItem: boolean): Found | null {
  switch (sketch.kind) {
    case 'single': {
      const { start, quote, text } = sketch;
      // Block texts, which hold their header, have nothing to complete.
      if (!text.endsWith(MARK) || /^[|>]/.test(text)) return null;
      return { place: isBelow && quote === '' ? 'line' : 'value', path, start, quote, isFlow: false, isItem };
    }
    case 'list':
      return firstOf(sketch.items, (item, index) => {
        const found = findMark(item, [...path, index], false, !sketch.isFlow);
        // The beginning of an item may become its first key.
        if (found === null || item.kind !== 'single') return inFlow(found, sketch.isFlow);
        return inFlow({ ...found, place: sketch.isFlow || found.quote !== '' ? 'value' : 'line' }, sketch.isFlow);
      });
    case 'mapping':
      return firstOf(sketch.entries, (entry, index) => {
        const found = findInEntry(entry, path);
        const isFirstOfItem = isItem && index === 0 && found?.place === 'key' && found.path === path;
        return inFlow(found === null ? null : { ...found, isItem: found.isItem || isFirstOfItem }, sketch.isFlow);
      });
  }
}

function findInEntry({ key, keyStart, colon, value }: SketchEntry, path: ExperimentPath): Found | null {
  if (colon === null) {
    if (!key.endsWith(MARK)) return null;
    return { place: 'key', path, start: keyStart, quote: '', isFlow: false, isItem: false };
  }
  return findMark(value, [...path, key], false, false);
}

function inFlow(found: Found | null, isFlow: boolean): Found | null {
  return found === null || !isFlow ? found : { ...found, isFlow: true };
}

function firstOf<T>(list: readonly T[], find: (each: T, index: number) => Found | null): Found | null {
  for (const [index, each] of list.entries()) {
    const found = find(each, index);
    if (found !== null) return found;
  }
  return null;
}
