import {
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  stringify,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { EditTree } from './editTree';
import { isMapping } from './language';

const DEFAULT_INDENT = 2;

/** On lines of its own, or in brackets. */
export type Form = 'block' | 'flow';

/**
 * How a text is written, so that what is added looks like the rest: how far parts are indented, and whether small
 * mappings and lists stand in brackets. What a text does not tell is written as in the reference.
 */
export class EditStyle {
  /** By how many columns a part is indented. */
  indent = DEFAULT_INDENT;
  private listIndent: number | null = null;
  /** How many brackets have blanks inside, less those that have none. */
  private mappingPadding = 0;
  private listPadding = 0;
  private readonly mappings = new Set<Form>();
  private readonly lists = new Set<Form>();

  constructor(private readonly tree: EditTree) {
    let isIndentKnown = false;
    visit(tree.document, {
      Pair: (_, { key, value }) => {
        if (!isScalar(key) || !isCollection(value) || value.flow === true || value.items.length === 0) return;
        const step = tree.column(value.range?.[0] ?? 0) - tree.column(key.range?.[0] ?? 0);
        if (isSeq(value)) this.listIndent ??= Math.max(0, step);
        else if (!isIndentKnown && step > 0) {
          this.indent = step;
          isIndentKnown = true;
        }
      },
      Map: (_, map) => {
        this.look(map);
      },
      Seq: (_, list) => {
        if (list.flow === true) this.listPadding += padding(tree.text, list);
        if (list.items.length > 0 && list.items.every((item) => !isCollection(item)))
          this.lists.add(list.flow === true ? 'flow' : 'block');
      },
    });
  }

  /** A value in brackets, or a single one. */
  inline(value: unknown): string {
    if (Array.isArray(value)) {
      const items = value.map((item) => this.inline(item)).join(', ');
      return this.listPadding > 0 && value.length > 0 ? `[ ${items} ]` : `[${items}]`;
    }
    if (!isMapping(value)) return scalarText(value);
    const pairs = Object.entries(value).map(([key, inner]) => this.inlinePair(key, inner));
    const text = pairs.join(', ');
    return this.mappingPadding < 0 || pairs.length === 0 ? `{${text}}` : `{ ${text} }`;
  }

  inlinePair(key: string, value: unknown): string {
    return `${scalarText(key)}: ${this.inline(value)}`;
  }

  /** Whether a value is put on lines of its own, beside others that were written like `siblings`. */
  formOf(value: unknown, siblings: Form | null): Form {
    if (Array.isArray(value)) {
      if (value.length === 0) return 'flow';
      return value.some(isPart) || prevailing(this.lists) === 'block' ? 'block' : 'flow';
    }
    if (!isMapping(value) || Object.keys(value).length === 0) return 'flow';
    const isFlat = Object.values(value).every(
      (inner) =>
        !isPart(inner) || Object.values(inner).length === 0 || (Array.isArray(inner) && !inner.some(isPart)),
    );
    return isFlat ? (siblings ?? prevailing(this.mappings)) : 'block';
  }

  /** `key: value` in a mapping whose keys stand at a column; the first line without its indentation. */
  pair(key: string, value: unknown, column: number, siblings: Form | null = null): string {
    if (this.formOf(value, siblings) === 'flow') return this.inlinePair(key, value);
    return `${scalarText(key)}:${this.below(value, column)}`;
  }

  /** A value on the lines below the key that holds it. */
  below(value: unknown, column: number): string {
    const inner = this.columnBelow(value, column);
    return `${this.breakTo(inner)}${this.block(value, inner)}`;
  }

  /** A list item behind its dash, at the column behind that. */
  item(value: unknown, column: number, siblings: Form | null = null): string {
    return this.formOf(value, siblings) === 'flow' ? this.inline(value) : this.block(value, column);
  }

  /** A mapping or list on lines of its own; the first line without its indentation. */
  block(value: unknown, column: number): string {
    if (Array.isArray(value)) {
      return value.map((item) => `- ${this.item(item, column + 2)}`).join(this.breakTo(column));
    }
    const entries = isMapping(value) ? Object.entries(value) : [];
    return entries.map(([key, inner]) => this.pair(key, inner, column)).join(this.breakTo(column));
  }

  /** A line break and the indentation of the next line. */
  breakTo(column: number): string {
    return `${this.tree.lineBreak}${' '.repeat(column)}`;
  }

  /** How the small mappings of a collection are written; the last one counts, null when it has none. */
  static formAmong({ items }: YAMLMap | YAMLSeq): Form | null {
    const values = items.map((item): unknown => (isPair(item) ? item.value : item));
    const last = values.findLast((value) => isMap(value) && isSmall(value));
    return isMap(last) ? (last.flow === true ? 'flow' : 'block') : null;
  }

  private columnBelow(value: unknown, column: number): number {
    return column + (Array.isArray(value) ? (this.listIndent ?? this.indent) : this.indent);
  }

  private look(map: YAMLMap): void {
    if (map.items.length === 0) return;
    if (map.flow === true) {
      this.mappingPadding += padding(this.tree.text, map);
      this.mappings.add('flow');
    } else if (isSmall(map) && map !== this.tree.document.contents) this.mappings.add('block');
  }
}

/**
 * A single value on one line. In quotes only where YAML 1.2 would read it as something else, inside of brackets or not.
 */
export function scalarText(value: unknown): string {
  if (typeof value !== 'string') return stringify(value, { lineWidth: 0 }).trimEnd();
  // `<<` would merge, and a text of several lines stands on one here.
  if (value === '<<' || /[\p{Cc}\u2028\u2029]/u.test(value)) return JSON.stringify(value);
  return stringify([value], { collectionStyle: 'flow', lineWidth: 0 }).trimEnd().slice(2, -2);
}

/** Whether a mapping holds single values only. */
function isSmall({ items }: YAMLMap): boolean {
  return items.length > 0 && items.every(({ value }) => !isCollection(value));
}

function prevailing(forms: ReadonlySet<Form>): Form {
  return forms.has('block') && !forms.has('flow') ? 'block' : 'flow';
}

function isPart(value: unknown): value is object {
  return isMapping(value) || Array.isArray(value);
}

/** 1 for blanks inside of the brackets, −1 for none, 0 where there is nothing to tell. */
function padding(text: string, { range, items }: YAMLMap | YAMLSeq): number {
  const next = text[(range?.[0] ?? 0) + 1];
  if (items.length === 0 || next === '\n' || next === '\r') return 0;
  return next === ' ' ? 1 : -1;
}
