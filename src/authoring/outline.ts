import { isMapping } from '../experiment/language';
import { sketchOf, sketchValue, type Sketch, type SketchEntry } from './sketch';

export type SymbolKind = 'data' | 'model' | 'part' | 'term' | 'hint' | 'stage' | 'value';

/** A part of an experiment, as an outline shows it. */
export interface OutlineSymbol {
  name: string;
  detail: string;
  kind: SymbolKind;
  /** Offsets of the whole part. */
  start: number;
  end: number;
  /** Offsets of what stands for it, inside of the whole. */
  nameStart: number;
  nameEnd: number;
  children: OutlineSymbol[];
}

/** The outline of an experiment: its data, teachers and student, each term and hint, each stage. */
export function outlineOf(text: string): OutlineSymbol[] {
  const sketch = sketchOf(text);
  if (sketch.kind !== 'mapping') return [];
  return sketch.entries.map((entry) => {
    switch (entry.key) {
      case 'data':
        return symbolOf(entry, 'data', detailFrom(entry.value, 'dataset'), []);
      case 'teacher':
        return symbolOf(entry, 'model', modelDetail(entry.value), membersOf(entry.value));
      case 'student':
        return symbolOf(entry, 'model', modelDetail(entry.value), []);
      case 'distill':
        return symbolOf(entry, 'part', '', entriesOf(entry.value).map(termOf));
      case 'train':
        return symbolOf(entry, 'part', '', stagesOf(entry.value));
      default:
        return symbolOf(entry, entry.value.kind === 'single' ? 'value' : 'part', singleText(entry.value), []);
    }
  });
}

function termOf(entry: SketchEntry): OutlineSymbol {
  if (entry.value.kind === 'list') {
    const hints = entry.value.items.flatMap((item) => {
      const hint = sketchValue(item);
      if (!isMapping(hint)) return [];
      const details = ['adapter', 'weight'].flatMap((key) =>
        hint[key] == null ? [] : `${key} ${text(hint[key])}`,
      );
      return [
        itemOf(item, 'hint', `${text(hint['teacher'])} → ${text(hint['student'])}`, details.join(', ')),
      ];
    });
    return symbolOf(entry, 'term', '', hints);
  }
  const term = sketchValue(entry.value);
  const keys = isMapping(term) ? Object.entries(term) : [];
  const details = keys.flatMap(([key, value]) => (typeof value === 'number' ? `${key} ${value}` : []));
  return symbolOf(
    entry,
    entry.value.kind === 'single' ? 'value' : 'term',
    details.join(', ') || singleText(entry.value),
    [],
  );
}

function membersOf(value: Sketch): OutlineSymbol[] {
  if (value.kind !== 'list') return [];
  return value.items.map((item, index) => itemOf(item, 'model', `teacher ${index}`, modelDetail(item)));
}

function stagesOf(value: Sketch): OutlineSymbol[] {
  return entriesOf(value).map((entry) => {
    if (entry.key !== 'stages' || entry.value.kind !== 'list') {
      const detail = singleText(entry.value) || detailFrom(entry.value, 'name');
      return symbolOf(entry, entry.value.kind === 'single' ? 'value' : 'part', detail, []);
    }
    const stages = entry.value.items.map((item, index) => {
      const stage = sketchValue(item);
      const only = isMapping(stage) ? stage['only'] : undefined;
      const name = isMapping(stage) && typeof stage['name'] === 'string' ? stage['name'] : null;
      const terms = Array.isArray(only) ? only.map(text).join(', ') : text(only);
      const epochs = isMapping(stage) && stage['epochs'] != null ? `${text(stage['epochs'])} epochs` : '';
      const detail = [name === null ? '' : terms, epochs].filter((part) => part !== '').join(', ');
      return itemOf(item, 'stage', name ?? (terms === '' ? `stage ${index + 1}` : terms), detail);
    });
    return symbolOf(entry, 'part', '', stages);
  });
}

function symbolOf(
  entry: SketchEntry,
  kind: SymbolKind,
  detail: string,
  children: OutlineSymbol[],
): OutlineSymbol {
  const { key, keyStart, keyEnd, colon, value } = entry;
  const end = Math.max(keyEnd, (colon ?? 0) + 1, value.end);
  // Editors want a name for each part, and a half-typed one may have none.
  return {
    name: key === '' ? '…' : key,
    detail,
    kind,
    start: keyStart,
    end,
    nameStart: keyStart,
    nameEnd: keyEnd,
    children,
  };
}

function itemOf(item: Sketch, kind: SymbolKind, name: string, detail: string): OutlineSymbol {
  return {
    name,
    detail,
    kind,
    start: item.start,
    end: item.end,
    nameStart: item.start,
    nameEnd: item.end,
    children: [],
  };
}

function entriesOf(value: Sketch): SketchEntry[] {
  return value.kind === 'mapping' ? value.entries : [];
}

function modelDetail(value: Sketch): string {
  return detailFrom(value, 'experiment') || detailFrom(value, 'model');
}

function detailFrom(value: Sketch, key: string): string {
  const plain = sketchValue(value);
  return isMapping(plain) ? text(plain[key]) : '';
}

function singleText(value: Sketch): string {
  return value.kind === 'single' ? value.text : '';
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
}
