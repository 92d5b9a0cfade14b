import { isAlias, isCollection, isScalar, visit } from 'yaml';
import { EditError } from './editError';
import { spliceToInsert, spliceToSet } from './editInsert';
import { removalOf, spliceToRemove } from './editRemove';
import { EditTree, withoutMark, type Splice } from './editTree';
import { isMapping, valueAt } from './language';
import { formatPath, type ExperimentPath, type TextRange } from './problem';
import type { HintConfig } from './schema';
import { ExperimentSource } from './source';

export { EditError } from './editError';

/** A text in the place of a range of another. */
export interface TextEdit {
  range: TextRange;
  text: string;
}

/** A hint as it is written: what it leaves out has its default. */
export type WrittenHint = Pick<HintConfig, 'teacher' | 'student'> & Partial<HintConfig>;

export type HintChanges = { [Key in keyof HintConfig]?: HintConfig[Key] | undefined };

const HINTS: ExperimentPath = ['distill', 'hints'];
/** The order in which the reference writes the keys of a hint. */
const HINT_KEYS = ['teacher', 'student', 'member', 'adapter', 'distance', 'weight'] as const;

/**
 * Sets the value at a path: in the place of what stands there, or as a new key at the end of its mapping, with the
 * parents that it lacks. Everything else stays as it is written, byte for byte, and what is new is written like the
 * rest of the text.
 *
 * @param path - an index may be the number of items, which adds one.
 * @throws EditError when the text has a mistake of notation, when the path leads through an alias or a merge key, or
 *   when other places share what would change.
 */
export function setValue(text: string, path: ExperimentPath, value: unknown): TextEdit {
  const tree = new EditTree(text);
  const expected = withValue(tree.value, path, value);
  if (isEqual(expected, tree.value) && path.length > 0 && valueAt(tree.value, path) !== undefined) {
    return { range: rangeBefore(tree, path), text: '' };
  }
  return finish(tree, path, spliceToSet(tree, path, value), expected);
}

/**
 * Adds an item at the end of a list, which is made when it is not there.
 *
 * @throws EditError as {@link setValue} does, and when something else than a list stands there.
 */
export function appendItem(text: string, path: ExperimentPath, value: unknown): TextEdit {
  const list = valueAt(new ExperimentSource(withoutMark(text)).value(), path);
  return setValue(text, [...path, Array.isArray(list) ? list.length : 0], value);
}

/**
 * Puts an item before another one of a list.
 *
 * @throws EditError as {@link setValue} does, and when there is no such item.
 */
export function insertItem(text: string, path: ExperimentPath, index: number, value: unknown): TextEdit {
  const tree = new EditTree(text);
  const splice = spliceToInsert(tree, path, index, value);
  const list = valueAt(tree.value, path);
  const items = Array.isArray(list) ? list.map((item: unknown) => item) : [];
  return finish(tree, path, splice, withValue(tree.value, path, items.toSpliced(index, 0, value)));
}

/**
 * Takes a key or an item out, with its line or its comma. A list that has lost its last item goes with it, and so does
 * a mapping that has lost its last part (`distill` without its only term); one that has lost its last single value
 * stays as `{}`, since `soft: {}` still means soft targets.
 *
 * @throws EditError as {@link setValue} does, and when nothing is written there.
 */
export function removeAt(text: string, path: ExperimentPath): TextEdit {
  const tree = new EditTree(text);
  const removal = removalOf(tree.value, path);
  const expected =
    removal.kind === 'empty'
      ? withValue(tree.value, removal.path, {})
      : withoutValue(tree.value, removal.path);
  return finish(tree, path, spliceToRemove(tree, path), expected);
}

/** The text with an edit made. */
export function applyEdit(text: string, { range, text: inserted }: TextEdit): string {
  const mark = text.length - withoutMark(text).length;
  const starts = [mark, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const offset = (line: number, column: number): number => (starts[line - 1] ?? text.length) + column - 1;
  const start = offset(range.line, range.column);
  return `${text.slice(0, start)}${inserted}${text.slice(offset(range.endLine, range.endColumn))}`;
}

/** Adds a hint at the end of `distill.hints`, which is made when it is not there. */
export function addHint(text: string, hint: WrittenHint): TextEdit {
  const keys = HINT_KEYS.filter((key) => hint[key] !== undefined);
  return appendItem(text, HINTS, Object.fromEntries(keys.map((key) => [key, hint[key]])));
}

/**
 * Changes some keys of a hint, in one edit.
 *
 * @param changes - undefined takes a key out, so that its default counts.
 */
export function changeHint(text: string, index: number, changes: HintChanges): TextEdit {
  const keys = HINT_KEYS.filter((key) => Object.hasOwn(changes, key));
  return editInSteps(
    text,
    keys.map((key) => (draft) => {
      const path = [...HINTS, index, key];
      const value = changes[key];
      if (value !== undefined) return setValue(draft, path, value);
      const isWritten = valueAt(new ExperimentSource(draft).value(), path) !== undefined;
      return isWritten ? removeAt(draft, path) : null;
    }),
  );
}

/**
 * Several edits, each of the text that the one before made, as one.
 *
 * @param steps - null for nothing to do.
 */
export function editInSteps(text: string, steps: readonly ((draft: string) => TextEdit | null)[]): TextEdit {
  const before = withoutMark(text);
  const after = steps.reduce((draft, step) => {
    const edit = step(draft);
    return edit === null ? draft : applyEdit(draft, edit);
  }, before);
  return difference(before, after);
}

/** Takes a hint out; the last one takes `hints` with it, and `distill` when nothing else is in it. */
export function removeHint(text: string, index: number): TextEdit {
  return removeAt(text, [...HINTS, index]);
}

/** The edit of a splice, once it is sure that it does what it should, and nothing else. */
function finish(tree: EditTree, path: ExperimentPath, splice: Splice, expected: unknown): TextEdit {
  const edited = `${tree.text.slice(0, splice.start)}${splice.text}${tree.text.slice(splice.end)}`;
  const source = new ExperimentSource(edited);
  const isSound = source.syntaxProblems.every(({ severity }) => severity !== 'error');
  if (!isSound || !isEqual(source.value() ?? {}, expected ?? {})) throw refusal(tree, path);
  return { range: tree.range(splice.start, splice.end), text: splice.text };
}

/** The one edit that makes a text out of another. */
function difference(before: string, after: string): TextEdit {
  const shortest = Math.min(before.length, after.length);
  let start = 0;
  while (start < shortest && before[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < shortest - start && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const range = new EditTree(before).range(start, before.length - tail);
  return { range, text: after.slice(start, after.length - tail) };
}

/** Why an edit that looked right does something else: as a rule, since an anchor shares what it changes. */
function refusal(tree: EditTree, path: ExperimentPath): EditError {
  const used = new Set<string>();
  visit(tree.document, {
    Alias: (_, alias) => {
      used.add(alias.source);
    },
  });
  const sites = tree.trace(path);
  const shared = sites.find(
    ({ node }) =>
      (isScalar(node) || isCollection(node)) && node.anchor !== undefined && used.has(node.anchor),
  )?.node;
  const anchor = isScalar(shared) || isCollection(shared) ? shared.anchor : undefined;
  const range = tree.rangeOfNode(shared ?? sites.at(-1)?.node ?? null);
  return new EditError(
    anchor === undefined
      ? `\`${formatPath(path)}\` cannot be changed alone in line ${range.line}. Change the text by hand.`
      : `\`${formatPath(path)}\` is shared: other places use it as \`*${anchor}\`, and would change too. Change the text in line ${range.line} by hand.`,
    range,
  );
}

function rangeBefore(tree: EditTree, path: ExperimentPath): TextRange {
  const { node } = tree.trace(path).at(-1)!;
  const start = isAlias(node) || isScalar(node) || isCollection(node) ? (node.range?.[0] ?? 0) : 0;
  return tree.range(start, start);
}

/** The plain value with another one at a path. What is not there, or null, becomes what the path needs. */
function withValue(root: unknown, path: ExperimentPath, value: unknown): unknown {
  const [segment, ...rest] = path;
  if (segment === undefined) return value;
  if (typeof segment === 'number') {
    const list = Array.isArray(root) ? root.map((item: unknown) => item) : [];
    list[segment] = withValue(list[segment], rest, value);
    return list;
  }
  const mapping = isMapping(root) ? root : {};
  return { ...mapping, [segment]: withValue(mapping[segment], rest, value) };
}

function withoutValue(root: unknown, path: ExperimentPath): unknown {
  const [segment, ...rest] = path;
  if (segment === undefined) return undefined;
  if (Array.isArray(root)) {
    return root.flatMap((item: unknown, index) => {
      if (index !== segment) return [item];
      return rest.length === 0 ? [] : [withoutValue(item, rest)];
    });
  }
  if (!isMapping(root)) return root;
  return Object.fromEntries(
    Object.entries(root).flatMap(([key, inner]) => {
      if (key !== segment) return [[key, inner]];
      return rest.length === 0 ? [] : [[key, withoutValue(inner, rest)]];
    }),
  );
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  }
  if (!isMapping(a) || !isMapping(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
  );
}
