import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { ExperimentPath, TextRange } from './problem';

const BYTE_ORDER_MARK = '\uFEFF';
/** More uses of anchors than this are a "billion laughs" text, not an experiment. */
const MAX_ALIASES = 100;
const MAX_SYNTAX_ERRORS = 20;

/** Mistakes of the notation that leave no doubt about the structure around them. */
const HARMLESS_TO_STRUCTURE: ReadonlySet<string> = new Set<YAMLError['code']>([
  'ALIAS_PROPS',
  'BAD_DIRECTIVE',
  'BAD_DQ_ESCAPE',
  'BAD_SCALAR_START',
  'DUPLICATE_KEY',
  'MULTIPLE_ANCHORS',
  'MULTIPLE_DOCS',
  'MULTIPLE_TAGS',
  'TAG_RESOLVE_FAILED',
]);

/** How the text of an experiment is read, wherever it is. */
export const YAML_OPTIONS = {
  logLevel: 'error',
  merge: true,
  prettyErrors: false,
  resolveKnownTags: false,
  stringKeys: true,
} as const;

export interface SyntaxProblem {
  severity: 'error' | 'warning';
  message: string;
  range: TextRange;
}

interface Owner {
  map: YAMLMap;
  pair: Pair;
}

interface Place {
  /** How much of the path exists. */
  depth: number;
  key: unknown;
  value: unknown;
  /** The mapping that holds the pair, and the pair; null for the root and for items of a list. */
  owner: Owner | null;
  /** Puts another node there; null for the root. */
  assign: ((node: Node) => void) | null;
}

/**
 * The text of an experiment as YAML (1.2 with merge keys): its plain value, its mistakes of notation, and where each
 * path stands. Columns count UTF-16 units, lines and columns start at 1, a byte order mark counts for nothing.
 */
export class ExperimentSource {
  readonly syntaxProblems: readonly SyntaxProblem[];
  /** Whether the text stands for a value at all; without one, only its notation can be judged. */
  readonly isUsable: boolean;
  /**
   * Up to which offset the structure is beyond doubt: behind a bracket that is never closed nothing can be said of
   * what belongs where.
   */
  private readonly reliableUntil: number;
  private readonly text: string;
  private readonly lines = new LineCounter();
  private readonly document: Document;

  constructor(text: string) {
    this.text = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    this.document = parseDocument(this.text, { ...YAML_OPTIONS, lineCounter: this.lines });
    const { errors, warnings } = this.document;
    const structural = errors.find(({ code }) => !HARMLESS_TO_STRUCTURE.has(code));
    this.reliableUntil = structural?.pos[0] ?? Infinity;
    const referenceProblem = this.findReferenceProblem();
    // What aliases stand for cannot be followed then, so nothing behind the notation is looked at.
    if (referenceProblem !== null) this.document.contents = null;
    this.isUsable = referenceProblem === null;
    this.syntaxProblems = [
      ...tellingErrors(errors).map((error) => this.describe(error, 'error')),
      ...tellingErrors(warnings).map((warning) => this.describe(warning, 'warning')),
      ...(referenceProblem === null ? [] : [referenceProblem]),
    ];
  }

  /** Whether nothing is written: an empty text, or comments only. */
  get isEmpty(): boolean {
    const { contents } = this.document;
    return contents === null || (isScalar(contents) && contents.value === null);
  }

  /** Whether the structure is known at all places; {@link isReliable} tells for one. */
  get isWhole(): boolean {
    return this.reliableUntil === Infinity;
  }

  /** Whether a range stands before the first mistake that leaves the structure in doubt. */
  isReliable(range: TextRange): boolean {
    if (this.isWhole) return true;
    const limit = this.lines.linePos(this.reliableUntil);
    return range.line < limit.line || (range.line === limit.line && range.column < limit.col);
  }

  /** The plain value, every alias resolved; null for an empty text. */
  value(): unknown {
    const value: unknown = this.document.toJS({ maxAliasCount: MAX_ALIASES });
    return value ?? null;
  }

  /** Whether the text itself holds this path, and not only a default. */
  isWritten(path: ExperimentPath): boolean {
    return this.find(path).depth === path.length;
  }

  /**
   * Where a path stands. `value` is the whole value, `key` the key before it or, for items of a list and the root,
   * their first line. What is not written is placed at the key of its nearest ancestor that is.
   */
  rangeOf(path: ExperimentPath, part: 'key' | 'value' = 'value'): TextRange {
    const place = this.find(path);
    const whole = part === 'value' && place.depth === path.length ? offsetsOf(place.value) : null;
    const [start, end] = whole ?? offsetsOf(place.key) ?? headOf(place.value) ?? [0, 0];
    return this.range(start, end);
  }

  /** Gives a key another name, as if it had been written so; ranges stay those of the text. */
  rename(path: ExperimentPath, key: string): void {
    const pair = this.find(path).owner?.pair;
    if (pair !== undefined && isScalar(pair.key)) pair.key.value = key;
  }

  /** Leaves a key and its value out, as if it had not been written. */
  remove(path: ExperimentPath): void {
    const owner = this.find(path).owner;
    if (owner !== null) owner.map.items = owner.map.items.filter((pair) => pair !== owner.pair);
  }

  /** Puts another plain value in the place of one, as if it had been written so; ranges stay those of the text. */
  replace(path: ExperimentPath, value: unknown): void {
    const { depth, value: old, assign } = this.find(path);
    if (depth !== path.length || assign === null) return;
    const node = this.document.createNode(value);
    const range = isNode(old) ? old.range : null;
    visit(node, {
      Node: (_, inner) => {
        inner.range = range ?? null;
      },
    });
    assign(node);
  }

  private find(path: ExperimentPath): Place {
    let place: Place = { depth: 0, key: null, value: this.document.contents, owner: null, assign: null };
    for (const segment of path) {
      const next = this.step(this.resolve(place.value), segment, place.depth + 1);
      if (next === null) break;
      place = next;
    }
    return place;
  }

  private step(parent: unknown, segment: string | number, depth: number): Place | null {
    if (isSeq(parent) && typeof segment === 'number' && segment < parent.items.length) {
      // An item of a list has no key of its own; what is missing in it is placed at its head.
      const assign = (node: Node): void => {
        parent.items[segment] = node;
      };
      return { depth, key: null, value: parent.items[segment], owner: null, assign };
    }
    const owner = isMap(parent) ? this.findPair(parent, String(segment)) : null;
    if (owner === null) return null;
    const assign = (node: Node): void => {
      owner.pair.value = node;
    };
    return { depth, key: owner.pair.key, value: owner.pair.value, owner, assign };
  }

  private findPair(map: YAMLMap, key: string): Owner | null {
    const pair = map.items.findLast((item) => keyOf(item) === key);
    if (pair !== undefined) return { map, pair };
    for (const merge of map.items.filter((item) => keyOf(item) === '<<')) {
      for (const source of this.mergedBy(merge)) {
        const found = isMap(source) ? this.findPair(source, key) : null;
        if (found !== null) return found;
      }
    }
    return null;
  }

  private resolve(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.document) : node;
  }

  private findReferenceProblem(): SyntaxProblem | null {
    const aliases: Alias[] = [];
    const problems: SyntaxProblem[] = [];
    const stopAt = (node: unknown, message: string): symbol => {
      problems.push(this.errorAt(node, message));
      return visit.BREAK;
    };
    visit(this.document, {
      Alias: (_, alias, ancestors) => {
        aliases.push(alias);
        const target = alias.resolve(this.document);
        if (target === undefined) {
          return stopAt(alias, `No anchor \`&${alias.source}\` is set before this alias.`);
        }
        return ancestors.includes(target)
          ? stopAt(alias, 'This alias stands inside of its own anchor.')
          : undefined;
      },
      Pair: (_, pair) => {
        const isWrong = keyOf(pair) === '<<' && !this.mergedBy(pair).every((source) => isMap(source));
        return isWrong ? stopAt(pair.key, '`<<` merges mappings only, such as `<<: *anchor`.') : undefined;
      },
    });
    const [problem] = problems;
    if (problem !== undefined || aliases.length === 0) return problem ?? null;
    try {
      this.document.toJS({ maxAliasCount: MAX_ALIASES });
      return null;
    } catch (error) {
      // Of what toJS refuses, only aliases that multiply beyond measure are left.
      if (!(error instanceof ReferenceError)) throw error;
      return this.errorAt(aliases[0], `Aliases of aliases stand for more than ${MAX_ALIASES} copies.`);
    }
  }

  /** What a `<<` pair merges: a mapping, or each of a list. */
  private mergedBy(merge: Pair): unknown[] {
    const merged = this.resolve(merge.value);
    return isSeq(merged) ? merged.items.map((item) => this.resolve(item)) : [merged];
  }

  private errorAt(node: unknown, message: string): SyntaxProblem {
    const [start, end] = offsetsOf(node) ?? [0, 0];
    return { severity: 'error', message, range: this.range(start, end) };
  }

  private describe(error: YAMLError, severity: SyntaxProblem['severity']): SyntaxProblem {
    const [start, end] = error.pos;
    const lineEnd = this.text.indexOf('\n', start);
    const range = this.range(start, lineEnd < 0 ? end : Math.min(end, Math.max(lineEnd, start + 1)));
    return { severity, message: messageOf(error), range };
  }

  /** From offsets to lines and columns, without the blank space at the end. */
  private range(start: number, end: number): TextRange {
    const length = this.text.slice(start, end).trimEnd().length;
    const from = this.lines.linePos(start);
    const to = this.lines.linePos(length === 0 ? end : start + length);
    return { line: from.line, column: from.col, endLine: to.line, endColumn: to.col };
  }
}

function keyOf(pair: Pair): string | null {
  if (!isScalar(pair.key)) return null;
  return typeof pair.key.value === 'symbol' ? '<<' : String(pair.key.value);
}

/** The offsets of a node, or null when it takes no space in the text (an empty value). */
function offsetsOf(node: unknown): [number, number] | null {
  if (!isNode(node) || !node.range) return null;
  const [start, end] = node.range;
  return end > start ? [start, end] : null;
}

/** The offsets of a node's beginning: of its first key or item, down to something that has no parts. */
function headOf(node: unknown): [number, number] | null {
  if (!isCollection(node)) return offsetsOf(node);
  const first: unknown = node.items[0];
  return headOf(isPair(first) ? first.key : first) ?? offsetsOf(node);
}

/** Mistakes of notation in words for people who do not know YAML's grammar. */
const SYNTAX_MESSAGES: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  TAB_AS_INDENT: 'A tab indents this line. Indent with spaces.',
  DUPLICATE_KEY: 'This key stands twice in the same mapping. Keep one of them.',
  MULTIPLE_DOCS: 'A second document begins here (`---`). A file holds one experiment.',
  NON_STRING_KEY: 'A key must be plain text.',
  BLOCK_AS_IMPLICIT_KEY:
    'A second `: ` on one line. Put the inner mapping into `{ }` or on lines of its own.',
  RESOURCE_EXHAUSTION: 'The text is nested too deeply to be an experiment.',
};

/** The library's own words where there are no better ones. */
function messageOf({ code, message }: YAMLError): string {
  const known = SYNTAX_MESSAGES[code];
  if (known !== undefined) return known;
  if (/^Missing closing .*quote$/.test(message)) return 'The text in quotation marks before this never ends.';
  const [, bracket] = /^Flow .* end with a ([\]}])$/.exec(message) ?? [];
  return bracket === undefined
    ? `${message}.`
    : `A \`${bracket}\` is missing before this, or lines inside of the brackets are not indented.`;
}

/** The errors that tell something: one at a place, and nothing besides when the parser gave up. */
function tellingErrors(errors: readonly YAMLError[]): YAMLError[] {
  const exhausted = errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  if (exhausted !== undefined) return [exhausted];
  const first = new Map<number, YAMLError>();
  for (const error of errors) if (!first.has(error.pos[0])) first.set(error.pos[0], error);
  return [...first.values()].slice(0, MAX_SYNTAX_ERRORS);
}
