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
  /** Whether the blank behind the colon is missing. */
  isTight: boolean;
  /** At which column the word begins, and at which its line. */
  column: number;
  indent: number;
}

/** Where an offset stands in a text, however broken that is; null in comments and where nothing belongs. */
export function cursorAt(text: string, offset: number): Cursor | null {
  const found = findMark(text, sketchOf(text.slice(0, offset) + MARK), [], false);
  if (found === null) return null;
  const { place, path, isFlow, isItem } = found;
  const start = found.start + found.quote.length;
  const behind = text.slice(offset);
  const [rest = ''] = (place === 'key' ? REST_OF_KEY : REST_OF_VALUE).exec(behind) ?? [];
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const [blanks = ''] = /^ */.exec(text.slice(lineStart, offset)) ?? [];
  const cursor: Cursor = {
    place,
    path,
    word: text.slice(start, offset),
    start,
    offset,
    end: offset + rest.length,
    quote: found.quote,
    isFlow,
    isItem,
    isTight: false,
    column: start - lineStart,
    indent: blanks.length,
  };
  const [, key] = /^([\w-]+):$/.exec(cursor.word) ?? [];
  if (key === undefined || found.quote !== '') return cursor;
  // Right behind a colon a value is about to be written.
  return {
    ...cursor,
    place: 'value',
    path: [...path, key],
    word: '',
    start: offset,
    end: offset,
    isTight: true,
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

function findMark(text: string, sketch: Sketch, path: ExperimentPath, isItem: boolean): Found | null {
  switch (sketch.kind) {
    case 'single': {
      const { start, quote, text: written } = sketch;
      // Block texts, which hold their header, have nothing to complete.
      if (!written.endsWith(MARK) || /^[|>]/.test(written)) return null;
      return { place: 'value', path, start, quote, isFlow: false, isItem };
    }
    case 'list':
      return firstOf(sketch.items, (item, index) => {
        const found = findMark(text, item, [...path, index], !sketch.isFlow);
        const isBegun = item.kind === 'single' && !sketch.isFlow && found?.quote === '';
        if (found !== null && isBegun && columnOf(text, item.start) === columnOf(text, sketch.start)) {
          return { ...found, place: 'line', path, isItem: false };
        }
        // The beginning of an item may become its first key.
        return inFlow(found !== null && isBegun ? { ...found, place: 'line' } : found, sketch.isFlow);
      });
    case 'mapping':
      return firstOf(sketch.entries, (entry, index) => {
        const found = findInEntry(text, entry, path);
        const isFirst = isItem && index === 0 && found?.path === path;
        return inFlow(found !== null && isFirst ? { ...found, isItem: true } : found, sketch.isFlow);
      });
  }
}

function findInEntry(text: string, entry: SketchEntry, path: ExperimentPath): Found | null {
  const { key, keyStart, colon, value } = entry;
  if (colon === null) {
    if (!key.endsWith(MARK)) return null;
    return { place: 'key', path, start: keyStart, quote: '', isFlow: false, isItem: false };
  }
  const found = findMark(text, value, [...path, key], false);
  const isBelow =
    value.kind === 'single' && found?.quote === '' && text.slice(colon, value.start).includes('\n');
  return found !== null && isBelow ? { ...found, place: 'line' } : found;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
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
