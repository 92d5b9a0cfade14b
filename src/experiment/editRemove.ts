import type { YAMLMap, YAMLSeq } from 'yaml';
import { EditError } from './editError';
import { commaBehind, spliceToSet } from './editInsert';
import { holderIn, type EditTree, type Holder, type Splice } from './editTree';
import { childOf, isMapping, valueAt } from './language';
import { formatPath, type ExperimentPath } from './problem';

/** What is to be done so that a key or an item is gone: it is taken out, or the mapping that it leaves empty is kept. */
export type Removal = { kind: 'take'; path: ExperimentPath } | { kind: 'empty'; path: ExperimentPath };

/**
 * How far up a removal goes. A list without items, and a mapping that has lost its last part, go as well. A mapping
 * that has lost its last single value stays as `{}`: `soft: { weight: 1 }` without the weight is still soft targets.
 */
export function removalOf(value: unknown, path: ExperimentPath): Removal {
  const parentPath = path.slice(0, -1);
  const parent = valueAt(value, parentPath);
  const removed = childOf(parent, path.at(-1)!);
  const isLast = parentPath.length > 0 && isPart(parent) && Object.keys(parent).length === 1;
  if (!isLast || removed === undefined) return { kind: 'take', path };
  return Array.isArray(parent) || isPart(removed)
    ? removalOf(value, parentPath)
    : { kind: 'empty', path: parentPath };
}

/** How a key or an item is taken out of a text, with its line or its comma. */
export function spliceToRemove(tree: EditTree, path: ExperimentPath): Splice {
  const removal = removalOf(tree.value, path);
  const site = tree.trace(removal.path).at(-1)!;
  if (site.path.length < removal.path.length || site.holder === null) {
    throw new EditError(
      `\`${formatPath(path)}\` is not written here, so it cannot be taken out.`,
      tree.rangeOfNode(site.node),
    );
  }
  if (removal.kind === 'empty') return spliceToSet(tree, removal.path, {});
  const { holder } = site;
  return holder.collection.flow === true ? spliceOutOfFlow(tree, holder) : spliceOutOfLines(tree, holder);
}

function spliceOutOfLines(tree: EditTree, holder: Holder): Splice {
  const start = tree.startOf(holder);
  const end = tree.endOf(holder);
  if (tree.isFirstOnLine(start)) return wholeLines(tree, start, end);
  // Behind a dash: the next key or item moves up to it, unless a comment stands between them.
  const next = nextOf(holder);
  const until = next === null ? tree.lineEnd(end) : tree.startOf(next);
  const isPlainGap = tree.text.slice(tree.lineEnd(end), until).trim() === '';
  return { start, end: isPlainGap ? until : tree.lineEnd(end), text: '' };
}

function spliceOutOfFlow(tree: EditTree, holder: Holder): Splice {
  const { collection, index } = holder;
  const start = tree.startOf(holder);
  const end = tree.endOf(holder);
  const comma = commaBehind(tree.text, end, collection.range![1]);
  const behind = comma === null ? end : comma + 1;
  const isAlone = tree.isFirstOnLine(start) && tree.isLastOnLine(behind) && isOneRun(tree, end, behind);
  if (isAlone) return wholeLines(tree, start, behind);
  const next = nextOf(holder);
  if (next !== null && isBlank(tree.text.slice(behind, tree.startOf(next)))) {
    return { start, end: tree.startOf(next), text: '' };
  }
  if (next === null && index > 0) {
    const previous = tree.endOf(holderIn(collection, index - 1));
    const gap = tree.text.slice(previous, start);
    // Behind a comment the comma before it has to stay; one at the end does no harm.
    return gap.includes('#') ? { start, end: behind, text: '' } : { start: previous, end, text: '' };
  }
  if (next === null && index === 0)
    return { start: collection.range![0] + 1, end: collection.range![1] - 1, text: '' };
  return { start, end: behind, text: '' };
}

/** The lines of something that stands alone on them, with one of the line breaks around it. */
function wholeLines(tree: EditTree, start: number, end: number): Splice {
  const from = tree.lineStart(start);
  const to = tree.lineEnd(end);
  const next = tree.text.indexOf('\n', to);
  if (next >= 0) return { start: from, end: next + 1, text: '' };
  const before = from === 0 ? 0 : from - (tree.text[from - 2] === '\r' ? 2 : 1);
  return { start: before, end: to, text: '' };
}

function nextOf({ collection, index }: Holder): Holder | null {
  const inner: YAMLMap | YAMLSeq = collection;
  return index + 1 < inner.items.length ? holderIn(inner, index + 1) : null;
}

/** Whether a comma stands on the line on which its item ends. */
function isOneRun(tree: EditTree, end: number, behind: number): boolean {
  return tree.lineEnd(end) >= behind;
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

function isPart(value: unknown): value is object {
  return isMapping(value) || Array.isArray(value);
}
