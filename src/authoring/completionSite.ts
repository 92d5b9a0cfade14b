import { isMapping, propertiesOf, valueAt, variantFor, type LanguageNode } from '../experiment/language';
import type { Cursor } from './cursor';

/** Something that can be written at a cursor. */
export interface Completion {
  label: string;
  kind: 'key' | 'word' | 'part' | 'layer' | 'model' | 'file' | 'folder' | 'export';
  /** One line: type, default, shape, source. */
  detail: string;
  /** A few words that stand beside the label in every row of the list, not only in the one that is chosen. */
  beside: string;
  /** Markdown. */
  documentation: string;
  /** What is written; with places to fill in, `$1` or `${1:word}`, when it is a snippet. */
  insert: string;
  isSnippet: boolean;
  /** Offsets of what it replaces: up to the cursor, or up to the end of the word that the cursor stands in. */
  start: number;
  cursor: number;
  end: number;
  /** In the order of the list, of equal length. */
  sortText: string;
  /** Whether something can be completed right behind it. */
  goesOn: boolean;
}

/** What a completion is before it has a place. */
export type Draft = Pick<Completion, 'label' | 'kind' | 'insert'> &
  Partial<Pick<Completion, 'detail' | 'beside' | 'documentation' | 'isSnippet' | 'start' | 'goesOn'>>;

/** A cursor with what stands around it. */
export interface Site {
  cursor: Cursor;
  text: string;
  /** The plain value of the experiment, without the word that is being written. */
  value: unknown;
  /** Where the cursor stands in the language; null where that has nothing. */
  node: LanguageNode | null;
}

/** The forms that the mapping at a site may still take: all of them before a key tells. */
export function openForms(
  node: LanguageNode,
  value: unknown,
  forms: readonly LanguageNode[],
): LanguageNode[] {
  if (!isMapping(value) || Object.keys(value).length === 0) return [...forms];
  const meant = variantFor(node, value);
  const isTold =
    meant !== null &&
    propertiesOf(meant).some(([key]) => Object.hasOwn(value, key) && isTelling(key, meant, forms));
  return isTold ? [meant] : [...forms];
}

/** Whether a key belongs to one form alone, or names it. */
function isTelling(key: string, form: LanguageNode, forms: readonly LanguageNode[]): boolean {
  const property = propertiesOf(form).find(([name]) => name === key)?.[1];
  if (property?.const !== undefined) return true;
  return forms.every((other) => other === form || !propertiesOf(other).some(([name]) => name === key));
}

/** The plain value at the path of a cursor. */
export function valueAtCursor({ value, cursor }: Site): unknown {
  return valueAt(value, cursor.path);
}
