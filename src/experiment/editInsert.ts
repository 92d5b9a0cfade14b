import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { EditError } from './editError';
import { EditStyle, type Form } from './editStyle';
import { holderIn, isUnwritten, type EditTree, type Site, type Splice } from './editTree';
import { isMapping } from './language';
import { formatPath, type ExperimentPath } from './problem';

/** How a value is set in a text: put in the place of another one, or added with the parents that it lacks. */
export function spliceToSet(tree: EditTree, path: ExperimentPath, value: unknown): Splice {
  const sites = tree.trace(path);
  const site = sites.at(-1)!;
  const missing = path.slice(sites.length - 1);
  const [segment, ...deeper] = missing;
  if (isAlias(site.node)) throw tree.aliasError(site);
  if (segment === undefined) return spliceToReplace(tree, site, value);
  const added = wrap(tree, deeper, value, [...site.path, segment]);
  const { node } = site;
  if (isMap(node) && typeof segment === 'string') return spliceToAddKey(tree, node, segment, added);
  const isNext = segment === (isSeq(node) ? node.items.length : 0);
  if (typeof segment === 'number' && !isNext) {
    throw new EditError(
      `\`${formatPath(site.path)}\` has no item ${segment} in line ${tree.rangeOfNode(node).line}; what is added to a list comes behind its last item.`,
      tree.rangeOfNode(node),
    );
  }
  if (isSeq(node) && node.items.length > 0) return spliceToAddItem(tree, node, added);
  return spliceToReplace(tree, site, wrap(tree, [segment], added, site.path));
}

/**
 * How an item is put before another one.
 *
 * @throws EditError when there is no such item.
 */
export function spliceToInsert(tree: EditTree, path: ExperimentPath, index: number, value: unknown): Splice {
  const site = tree.trace([...path, index]).at(-1)!;
  if (site.path.length <= path.length || site.holder?.kind !== 'item') {
    throw new EditError(
      `\`${formatPath(path)}\` has no item ${index} in line ${tree.rangeOfNode(site.node).line}.`,
      tree.rangeOfNode(site.node),
    );
  }
  const style = new EditStyle(tree);
  const { collection } = site.holder;
  const start = tree.startOf(site.holder);
  const column = tree.column(start);
  if (collection.flow === true) {
    const lead = tree.isFirstOnLine(start) ? style.breakTo(column) : ' ';
    return { start, end: start, text: `${style.inline(value)},${lead}` };
  }
  const item = style.item(value, column + 2, EditStyle.formAmong(collection));
  return { start, end: start, text: `- ${item}${style.breakTo(column)}` };
}

/** A value with the parents that it lacks. */
function wrap(tree: EditTree, path: ExperimentPath, value: unknown, at: ExperimentPath): unknown {
  const [segment, ...deeper] = path;
  if (segment === undefined) return value;
  const inner = wrap(tree, deeper, value, [...at, segment]);
  if (typeof segment === 'string') return { [segment]: inner };
  if (segment === 0) return [inner];
  throw new EditError(
    `\`${formatPath(at)}\` is not written, so there is no item ${segment} to change.`,
    tree.rangeOfNode(tree.root.node),
  );
}

function spliceToReplace(tree: EditTree, site: Site, value: unknown): Splice {
  const { node, holder } = site;
  const style = new EditStyle(tree);
  const form = formFor(tree, style, site, value);
  if (holder === null) return spliceForRoot(tree, style, node, value, form);
  if (isCollection(node) && node.flow !== true && node.items.length > 0) {
    return spliceForBlock(tree, style, site, node, value, form);
  }
  const begin = isUnwritten(node) ? tree.endOf(holder) : node!.range![0];
  const end = isUnwritten(node) ? begin : tree.endOfNode(node);
  if (form === 'flow') return spliceForInline(style, site, value, begin, end);
  const behind = tree.text.slice(end, tree.lineEnd(end)).trimEnd();
  const from = tree.text.slice(0, begin).trimEnd().length;
  if (holder.kind === 'item') {
    const column = tree.column(tree.startOf(holder)) + 2;
    return { start: from, end, text: ` ${style.block(value, column)}` };
  }
  const below = style.below(value, tree.column(tree.startOf(holder)));
  // A comment behind the old value stays on the line of its key.
  return { start: from, end: tree.lineEnd(end), text: `${behind}${below}` };
}

/** A value in the place of a single one, or of something in brackets. */
function spliceForInline(
  style: EditStyle,
  { node, holder }: Site,
  value: unknown,
  start: number,
  end: number,
): Splice {
  const text = style.inline(value);
  if (isUnwritten(node)) {
    const lacksColon = holder?.kind === 'pair' && holder.pair.srcToken?.sep?.some(isColon) !== true;
    return { start, end, text: `${lacksColon ? ':' : ''} ${text}` };
  }
  if (!isScalar(node)) return { start, end, text };
  const isQuoted = node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE';
  const kept = isQuoted && typeof value === 'string' ? requoted(value, node.type) : text;
  return { start, end, text: kept };
}

/** A value in the place of a mapping or list that stands on lines of its own. */
function spliceForBlock(
  tree: EditTree,
  style: EditStyle,
  { holder }: Site,
  node: YAMLMap | YAMLSeq,
  value: unknown,
  form: Form,
): Splice {
  const start = tree.startOf(holderIn(node, 0));
  const end = tree.endOfNode(node);
  const column = tree.column(start);
  // A list may stand at the column of its key; nothing else may.
  const isFlush = holder?.kind === 'pair' && column <= tree.column(tree.startOf(holder));
  const pad = isFlush && !(form === 'block' && Array.isArray(value)) ? style.indent : 0;
  if (form === 'block') {
    return { start, end, text: `${' '.repeat(pad)}${style.block(value, column + pad)}` };
  }
  const before = tree.text.slice(0, start).trimEnd().length;
  const isBelowComment = holder?.kind === 'pair' && !tree.text.slice(0, before).endsWith(':');
  return isBelowComment
    ? { start, end, text: `${' '.repeat(pad)}${style.inline(value)}` }
    : { start: before, end, text: ` ${style.inline(value)}` };
}

function spliceForRoot(
  tree: EditTree,
  style: EditStyle,
  node: Node | null,
  value: unknown,
  form: Form,
): Splice {
  const text = form === 'block' ? style.block(value, 0) : style.inline(value);
  if (isUnwritten(node)) {
    const end = tree.text.length;
    const isAtStart = tree.text === '' || tree.text.endsWith('\n');
    return { start: end, end, text: `${isAtStart ? '' : tree.lineBreak}${text}${tree.lineBreak}` };
  }
  return { start: node!.range![0], end: tree.endOfNode(node), text };
}

function spliceToAddKey(tree: EditTree, map: YAMLMap, key: string, value: unknown): Splice {
  const style = new EditStyle(tree);
  if (map.flow === true)
    return spliceIntoFlow(tree, map, style.inlinePair(key, value), style.inline({ [key]: value }));
  const column = tree.column(tree.startOf(holderIn(map, 0)));
  const at = tree.lineEnd(tree.endOfNode(map));
  const text = style.pair(key, value, column, EditStyle.formAmong(map));
  return { start: at, end: at, text: `${style.breakTo(column)}${text}` };
}

function spliceToAddItem(tree: EditTree, list: YAMLSeq, value: unknown): Splice {
  const style = new EditStyle(tree);
  if (list.flow === true) return spliceIntoFlow(tree, list, style.inline(value), style.inline([value]));
  const column = tree.column(tree.startOf(holderIn(list, list.items.length - 1)));
  const at = tree.lineEnd(tree.endOfNode(list));
  const text = style.item(value, column + 2, EditStyle.formAmong(list));
  return { start: at, end: at, text: `${style.breakTo(column)}- ${text}` };
}

/** A pair or an item behind the last one inside of brackets. */
function spliceIntoFlow(tree: EditTree, collection: YAMLMap | YAMLSeq, text: string, whole: string): Splice {
  const [open, close] = [collection.range![0], collection.range![1] - 1];
  if (collection.items.length === 0) {
    const isBlank = tree.text.slice(open + 1, close).trim() === '';
    if (isBlank) return { start: open, end: close + 1, text: whole };
    return { start: open + 1, end: open + 1, text: ` ${text}` };
  }
  const last = holderIn(collection, collection.items.length - 1);
  const end = tree.endOf(last);
  const comma = commaBehind(tree.text, end, close);
  const isOwnLine = tree.isFirstOnLine(tree.startOf(last));
  const lead = isOwnLine
    ? `${tree.lineBreak}${tree.text.slice(tree.lineStart(tree.startOf(last)), tree.startOf(last))}`
    : ' ';
  if (comma !== null) {
    const at = isOwnLine && tree.isLastOnLine(comma + 1) ? tree.lineEnd(comma) : comma + 1;
    return { start: at, end: at, text: `${lead}${text},` };
  }
  if (!isOwnLine || !tree.isLastOnLine(end)) return { start: end, end, text: `,${lead}${text}` };
  // A comment behind the last item stays on its line, behind the comma that the item now needs.
  const behind = tree.text.slice(end, tree.lineEnd(end)).trimEnd();
  return { start: end, end: end + behind.length, text: `,${behind}${lead}${text}` };
}

/** The offset of the comma behind an item, comments passed over; null when there is none before `limit`. */
export function commaBehind(text: string, offset: number, limit: number): number | null {
  const [gap = ''] = /^(?:[ \t\r\n]|(?<=[ \t\n])#[^\n]*)*/.exec(text.slice(offset, limit)) ?? [];
  const at = offset + gap.length;
  return text[at] === ',' && at < limit ? at : null;
}

/** Whether a value that is put at a site stands in brackets there. */
function formFor(tree: EditTree, style: EditStyle, site: Site, value: unknown): Form {
  const { node, holder } = site;
  if (tree.isInFlow(site)) return 'flow';
  if (isCollection(node) && node.items.length > 0) {
    if (node.flow === true) return 'flow';
    const isSameKind = isMap(node) ? isMapping(value) : Array.isArray(value);
    const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
    if (isSameKind && !isEmpty) return 'block';
  }
  // The text as a whole has no line to share.
  if (holder === null && isMapping(value) && Object.keys(value).length > 0) return 'block';
  return style.formOf(value, holder === null ? null : EditStyle.formAmong(holder.collection));
}

function isColon({ type }: { type: string }): boolean {
  return type === 'map-value-ind';
}

function requoted(value: string, type: Scalar['type']): string {
  return type === 'QUOTE_SINGLE' && !/[\p{Cc}]/u.test(value)
    ? `'${value.replaceAll("'", "''")}'`
    : JSON.stringify(value);
}
