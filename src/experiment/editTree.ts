import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type CST,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { EditError } from './editError';
import { childOf, valueAt } from './language';
import { formatPath, type ExperimentPath, type TextRange } from './problem';
import { ExperimentSource, YAML_OPTIONS } from './source';

const BYTE_ORDER_MARK = '\uFEFF';

/** What holds a value: a key of a mapping, or a place in a list. */
export type Holder =
  | { kind: 'pair'; collection: YAMLMap; index: number; pair: Pair }
  | { kind: 'item'; collection: YAMLSeq; index: number };

/** A value that the text holds. */
export interface Site {
  path: ExperimentPath;
  /** The value; an empty one is a scalar of null that takes no space. */
  node: Node | null;
  /** Null for the root. */
  holder: Holder | null;
}

/** A stretch of the text that is replaced, as offsets. */
export interface Splice {
  start: number;
  end: number;
  text: string;
}

/** A text that is to be edited: its plain value, and where what stands, down to commas and dashes. */
export class EditTree {
  /** The text without a byte order mark. */
  readonly text: string;
  readonly document: Document;
  readonly value: unknown;
  readonly lineBreak: string;
  private readonly lines = new LineCounter();

  /** @throws EditError when the text has a mistake of notation, which leaves its structure in doubt. */
  constructor(text: string) {
    this.text = withoutMark(text);
    const source = new ExperimentSource(this.text);
    const mistake = source.syntaxProblems.find(({ severity }) => severity === 'error');
    if (mistake !== undefined) {
      const { range, message } = mistake;
      throw new EditError(
        `This text cannot be edited before line ${range.line} is mended: ${message}`,
        mistake.range,
      );
    }
    this.value = source.value();
    this.document = parseDocument(this.text, {
      ...YAML_OPTIONS,
      lineCounter: this.lines,
      keepSourceTokens: true,
    });
    this.lineBreak = /\r?\n/.exec(this.text)?.[0] ?? '\n';
  }

  get root(): Site {
    return { path: [], node: this.document.contents, holder: null };
  }

  /**
   * The values along a path, from the root to the deepest that is written.
   *
   * @throws EditError when the path leads through an alias, or through something that has no such parts.
   */
  trace(path: ExperimentPath): Site[] {
    const sites = [this.root];
    for (const [depth, segment] of path.entries()) {
      const next = this.step(sites.at(-1)!, segment, path.length - depth - 1);
      if (next === null) break;
      sites.push(next);
    }
    return sites;
  }

  /** From offsets to lines and columns. */
  range(start: number, end: number): TextRange {
    const from = this.lines.linePos(start);
    const to = this.lines.linePos(end);
    return { line: from.line, column: from.col, endLine: to.line, endColumn: to.col };
  }

  rangeOfNode(node: Node | null): TextRange {
    return this.range(node?.range?.[0] ?? 0, node?.range?.[1] ?? 0);
  }

  lineStart(offset: number): number {
    return this.text.lastIndexOf('\n', offset - 1) + 1;
  }

  /** Where the line of an offset ends, before its line break. */
  lineEnd(offset: number): number {
    const feed = this.text.indexOf('\n', offset);
    if (feed < 0) return this.text.length;
    return this.text[feed - 1] === '\r' && feed > offset ? feed - 1 : feed;
  }

  column(offset: number): number {
    return offset - this.lineStart(offset);
  }

  /** Whether nothing but blanks stands before an offset on its line. */
  isFirstOnLine(offset: number): boolean {
    return this.text.slice(this.lineStart(offset), offset).trim() === '';
  }

  /** Whether nothing but blanks and a comment stands behind an offset on its line. */
  isLastOnLine(offset: number): boolean {
    return /^\s*(#|$)/.test(this.text.slice(offset, this.lineEnd(offset)));
  }

  /** Where a key or an item begins: at its dash, anchor, tag, key or value. */
  startOf(holder: Holder): number {
    const token = tokensBefore(holder).find(isTelling);
    if (token !== undefined) return token.offset;
    const node = holder.kind === 'pair' ? holder.pair.key : holder.collection.items[holder.index];
    return headOf(node);
  }

  /** Where a key with its value, or an item, ends; comments and line breaks behind it do not belong to it. */
  endOf(holder: Holder): number {
    if (holder.kind === 'pair') {
      const { key, value, srcToken } = holder.pair;
      const value_ = this.endOfNode(value);
      return Math.max(this.endOfNode(key), endOfTokens(srcToken?.sep), value_, endOfTokens(srcToken?.start));
    }
    return Math.max(endOfTokens(tokensBefore(holder)), this.endOfNode(holder.collection.items[holder.index]));
  }

  /** Where something ends, without the comments behind it; -1 when it takes no space. */
  endOfNode(node: unknown): number {
    if (isPair(node)) return Math.max(this.endOfNode(node.key), this.endOfNode(node.value));
    if (isCollection(node) && node.flow !== true && node.items.length > 0) {
      return this.endOf(holderIn(node, node.items.length - 1));
    }
    if (!(isScalar(node) || isAlias(node) || isCollection(node)) || !node.range) return -1;
    const [start, end] = node.range;
    if (end === start) return -1;
    const isBlockText = isScalar(node) && node.srcToken?.type === 'block-scalar';
    // The last line break of a block text ends its line; what comes next begins behind it.
    return isBlockText ? end - (/\r?\n$/.exec(this.text.slice(start, end))?.[0].length ?? 0) : end;
  }

  /** Whether a value stands inside of brackets, where everything else has to stand in brackets too. */
  isInFlow(site: Site): boolean {
    return this.trace(site.path.slice(0, -1)).some(({ node }) => isCollection(node) && node.flow === true);
  }

  private step(site: Site, segment: string | number, deeper: number): Site | null {
    const { node, path } = site;
    if (node === null || (isScalar(node) && node.value === null)) return null;
    if (isAlias(node)) throw this.aliasError(site);
    const next = [...path, segment];
    if (isSeq(node) && typeof segment === 'number') {
      if (segment >= node.items.length) return null;
      const holder: Holder = { kind: 'item', collection: node, index: segment };
      return { path: next, node: nodeOf(node.items[segment]), holder };
    }
    if (!isMap(node) || typeof segment !== 'string') {
      const kind = isSeq(node) ? 'a list' : isMap(node) ? 'a mapping' : 'a single value';
      throw new EditError(
        `\`${formatPath(path)}\` is ${kind} in line ${this.rangeOfNode(node).line}, so it cannot hold \`${formatPath(next)}\`.`,
        this.rangeOfNode(node),
      );
    }
    const index = node.items.findLastIndex(({ key }) => isScalar(key) && String(key.value) === segment);
    const pair = node.items[index];
    if (pair !== undefined) {
      const holder: Holder = { kind: 'pair', collection: node, index, pair };
      return { path: next, node: nodeOf(pair.value), holder };
    }
    if (deeper > 0 && childOf(valueAt(this.value, path), segment) !== undefined) {
      const range = this.rangeOfNode(node);
      throw new EditError(
        `\`${formatPath(next)}\` comes from the mapping that \`<<\` merges in line ${range.line}. Change it where it is written.`,
        range,
      );
    }
    return null;
  }

  /** The refusal to edit what an alias stands for. */
  aliasError({ node, path }: Site): EditError {
    const target = isAlias(node) ? node.resolve(this.document) : undefined;
    const line = this.rangeOfNode(target ?? null).line;
    const name = isAlias(node) ? node.source : '';
    return new EditError(
      `\`${formatPath(path)}\` is the alias \`*${name}\` of what stands in line ${line}. Change it there, or write a value of its own here first.`,
      this.rangeOfNode(node),
    );
  }
}

/** The key or item of a collection at an index. */
export function holderIn(collection: YAMLMap | YAMLSeq, index: number): Holder {
  if (isSeq(collection)) return { kind: 'item', collection, index };
  return { kind: 'pair', collection, index, pair: collection.items[index]! };
}

/** A text without the byte order mark, which counts for no column. */
export function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** Whether a node is a value that is not written: `key:` and nothing behind it. */
export function isUnwritten(node: Node | null): boolean {
  return node === null || (isScalar(node) && (node.range?.[0] ?? 0) === (node.range?.[1] ?? 0));
}

export function nodeOf(value: unknown): Node | null {
  return isScalar(value) || isCollection(value) || isAlias(value) ? value : null;
}

function tokensBefore(holder: Holder): readonly CST.SourceToken[] {
  if (holder.kind === 'pair') return holder.pair.srcToken?.start ?? [];
  const token = holder.collection.srcToken;
  const items = token?.type === 'block-seq' || token?.type === 'flow-collection' ? token.items : [];
  return items[holder.index]?.start ?? [];
}

function isTelling({ type }: CST.SourceToken): boolean {
  return type !== 'space' && type !== 'newline' && type !== 'comment' && type !== 'comma';
}

function endOfTokens(tokens: readonly CST.SourceToken[] | undefined): number {
  const last = tokens?.findLast(isTelling);
  return last === undefined ? -1 : last.offset + last.source.length;
}

function headOf(node: unknown): number {
  if (isPair(node)) return headOf(node.key);
  return isScalar(node) || isCollection(node) || isAlias(node) ? (node.range?.[0] ?? 0) : 0;
}
