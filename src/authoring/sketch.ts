/**
 * What a text in YAML looks like, mistakes and all. Completion and the outline work while somebody types, when the text
 * is rarely right: this reading never fails, gives up at most the line or the brackets that make no sense, and finds
 * its way back by the indentation. What an experiment means is for the parser alone to say.
 */
export type Sketch = SketchMapping | SketchList | SketchSingle;

interface Stretch {
  /** Offset of the first character. */
  start: number;
  /** Offset behind the last one. */
  end: number;
}

export interface SketchMapping extends Stretch {
  kind: 'mapping';
  /** Whether it stands in brackets. */
  isFlow: boolean;
  entries: SketchEntry[];
}

export interface SketchList extends Stretch {
  kind: 'list';
  isFlow: boolean;
  items: Sketch[];
}

/** A single value; one that is not written is an empty text without quotes. */
export interface SketchSingle extends Stretch {
  kind: 'single';
  /** What it says, without its quotes. */
  text: string;
  quote: '"' | "'" | '';
}

export interface SketchEntry {
  key: string;
  keyStart: number;
  keyEnd: number;
  /** Offset of the colon; null for a key that is only begun. */
  colon: number | null;
  value: Sketch;
}

const QUOTED_KEY = /^(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*')[ \t]*:(?=\s|$)/;
const PLAIN_KEY = /^[^\s#{}[\],&*!|>'"%@`](?:[^\n#:]|:(?!\s|$)|(?<!\s)#)*?[ \t]*:(?=\s|$)/;
const PROPERTIES = /^(?:[&!][^\s,{}[\]]*[ \t]*)+/;

/** Reads a text; the result is a mapping unless it is something else altogether. */
export function sketchOf(text: string): Sketch {
  return new Reader(text).root();
}

/** The plain value of a sketch, as YAML 1.2 reads it; aliases are texts. */
export function sketchValue(sketch: Sketch): unknown {
  switch (sketch.kind) {
    case 'mapping':
      return Object.fromEntries(sketch.entries.map(({ key, value }) => [key, sketchValue(value)]));
    case 'list':
      return sketch.items.map(sketchValue);
    case 'single':
      return sketch.quote === '' ? plainValue(sketch.text) : sketch.text;
  }
}

/** The part of a sketch at a path; undefined when it is not written. */
export function sketchAt(sketch: Sketch, path: readonly (string | number)[]): Sketch | undefined {
  return path.reduce<Sketch | undefined>((part, segment) => {
    if (part?.kind === 'list') return typeof segment === 'number' ? part.items[segment] : undefined;
    if (part?.kind !== 'mapping') return undefined;
    return part.entries.findLast(({ key }) => key === segment)?.value;
  }, sketch);
}

function plainValue(text: string): unknown {
  if (/^(?:|~|null|Null|NULL)$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  return /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}

/** Deeper than this no experiment goes; a text that does is read no further. */
const MAX_DEPTH = 200;

class Reader {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  root(): Sketch {
    this.skipBlank();
    while (/^(?:---(?=\s|$)|%)/.test(this.rest(4))) {
      this.skipLine();
      this.skipBlank();
    }
    if (this.atEnd) return this.nothing(this.at);
    const first = this.char;
    if (first === '{' || first === '[') return this.flow(-1);
    return this.isDash ? this.list(this.column) : this.mapping(this.column);
  }

  private get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  private get char(): string {
    return this.text.charAt(this.at);
  }

  private get column(): number {
    return this.at - (this.text.lastIndexOf('\n', this.at - 1) + 1);
  }

  private get isDash(): boolean {
    return this.char === '-' && /^(?:\s|$)/.test(this.text.slice(this.at + 1, this.at + 2));
  }

  private mapping(column: number): SketchMapping {
    const mapping: SketchMapping = {
      kind: 'mapping',
      isFlow: false,
      start: this.at,
      end: this.at,
      entries: [],
    };
    while (!this.atEnd && this.column >= column && !(this.column === column && this.isDash)) {
      // Lines that are indented more than the keys belong nowhere.
      if (this.column > column) {
        this.skipLine();
      } else {
        const entry = this.entry(column);
        mapping.entries.push(entry);
        mapping.end = Math.max(entry.keyEnd, (entry.colon ?? 0) + 1, entry.value.end);
      }
      this.skipBlank();
    }
    return mapping;
  }

  private entry(column: number): SketchEntry {
    const length = this.keyLength();
    if (length === 0) {
      const word = this.plain(/\n/);
      this.skipLine();
      return {
        key: word.text,
        keyStart: word.start,
        keyEnd: word.end,
        colon: null,
        value: this.nothing(word.end),
      };
    }
    const keyStart = this.at;
    const written = this.text.slice(keyStart, keyStart + length - 1).trimEnd();
    const colon = keyStart + length - 1;
    this.at = colon + 1;
    const key = unquoted(written);
    return { key, keyStart, keyEnd: keyStart + written.length, colon, value: this.blockValue(column, true) };
  }

  /** @param isFlush whether it stands at the column of its key, so that a word there is a key of the mapping. */
  private list(column: number, isFlush = false): SketchList {
    const list: SketchList = { kind: 'list', isFlow: false, start: this.at, end: this.at, items: [] };
    while (!this.atEnd && (this.column > column || (this.column === column && this.isItem(isFlush)))) {
      if (this.column > column) {
        this.skipLine();
      } else if (!this.isDash) {
        // A word where a dash should stand: an item that is only begun.
        list.items.push(this.plain(/\n/));
        this.skipLine();
      } else {
        this.at += 1;
        const item = this.blockValue(column, false);
        list.items.push(item);
        list.end = Math.max(item.end, list.end);
      }
      this.skipBlank();
    }
    return list;
  }

  private isItem(isFlush: boolean): boolean {
    return this.isDash || (!isFlush && this.keyLength() === 0);
  }

  /** What stands behind a colon or a dash at a column. */
  private blockValue(column: number, isEntry: boolean): Sketch {
    if (this.depth >= MAX_DEPTH) return this.giveUp();
    this.depth += 1;
    const value = this.readBlockValue(column, isEntry);
    this.depth -= 1;
    return value;
  }

  private readBlockValue(column: number, isEntry: boolean): Sketch {
    const begin = this.at;
    this.skipSpaces();
    this.skipProperties();
    if (!this.isLineOver) return this.valueOnLine(column, isEntry);
    const end = this.at;
    this.skipBlank();
    const isDeeper = this.column > column || (isEntry && this.column === column && this.isDash);
    if (this.atEnd || !isDeeper) return this.nothing(Math.min(begin + 1, end));
    if (this.isDash) return this.list(this.column, this.column === column);
    if (this.keyLength() > 0 || this.isKeyBegun()) return this.mapping(this.column);
    return this.valueOnLine(column, true);
  }

  /** Whether a word stands where a key should: the next line at its column has one. */
  private isKeyBegun(): boolean {
    if (!/\w/.test(this.char)) return false;
    const { at, column } = this;
    this.skipLine();
    this.skipBlank();
    const isBegun = !this.atEnd && this.column === column && this.keyLength() > 0;
    this.at = at;
    return isBegun;
  }

  private valueOnLine(column: number, isEntry: boolean): Sketch {
    const { char } = this;
    if (char === '{' || char === '[') return this.flow(column);
    if (char === '"' || char === "'") {
      // Behind a dash, a text in quotes may be a key.
      if (!isEntry && this.keyLength() > 0) return this.mapping(this.column);
      return this.quoted();
    }
    if (/^[|>][-+\d]*[ \t]*(?:#.*)?\r?(?:\n|$)/.test(this.rest(80))) return this.blockText(column);
    if (!isEntry) {
      if (this.isDash) return this.list(this.column);
      if (this.keyLength() > 0) return this.mapping(this.column);
    }
    const single = this.plain(/\n/);
    this.skipLine();
    return single;
  }

  private blockText(column: number): SketchSingle {
    const start = this.at;
    let end = this.lineEnd();
    this.skipLine();
    while (!this.atEnd) {
      const [indent = ''] = /^ */.exec(this.text.slice(this.at, this.lineEnd())) ?? [];
      const isBlank = this.text.slice(this.at, this.lineEnd()).trim() === '';
      if (!isBlank && indent.length <= column) break;
      if (!isBlank) end = this.lineEnd();
      this.skipLine();
    }
    return { kind: 'single', start, end, text: this.text.slice(start, end), quote: '"' };
  }

  /** What stands in brackets, up to the closing one or to where the lines are no longer indented. */
  private flow(column: number): SketchMapping | SketchList {
    this.depth += 1;
    const part = this.readFlow(column);
    this.depth -= 1;
    return part;
  }

  private readFlow(column: number): SketchMapping | SketchList {
    const start = this.at;
    const isMapping = this.char === '{';
    this.at += 1;
    const entries: SketchEntry[] = [];
    const items: Sketch[] = [];
    if (this.depth >= MAX_DEPTH) this.giveUp();
    while (this.skipFlowBlank(column)) {
      const { char } = this;
      if (char === ',') {
        this.at += 1;
        continue;
      }
      if (char === '}' || char === ']') {
        // The bracket of an outer part ends this one too.
        if ((char === '}') === isMapping) this.at += 1;
        break;
      }
      if (isMapping) entries.push(this.flowEntry(column));
      else items.push(this.flowValue(column));
    }
    const stretch = { start, end: this.at, isFlow: true };
    return isMapping ? { kind: 'mapping', ...stretch, entries } : { kind: 'list', ...stretch, items };
  }

  private flowEntry(column: number): SketchEntry {
    this.skipProperties();
    const word =
      this.char === '"' || this.char === "'" ? this.quoted() : this.plain(/[\s,{}[\]]|:(?=[\s,{}[\]]|$)/);
    const base = { key: word.text, keyStart: word.start, keyEnd: word.end };
    // Something that is no key at all, such as a bracket, is passed over, so that reading goes on.
    if (this.at === word.start) {
      if (this.char === '{' || this.char === '[') this.flow(column);
      else this.at += 1;
    }
    this.skipSpaces();
    if (this.char !== ':') return { ...base, colon: null, value: this.nothing(word.end) };
    const colon = this.at;
    this.at += 1;
    const isThere = this.skipFlowBlank(column);
    const isMissing = !isThere || /^[,}\]]/.test(this.char) || this.isFlowKey();
    const value = isMissing ? this.nothing(Math.min(colon + 2, this.at)) : this.flowValue(column);
    return { ...base, colon, value };
  }

  private flowValue(column: number): Sketch {
    this.skipProperties();
    if (this.char === '{' || this.char === '[') return this.flow(column);
    if (this.char === '"' || this.char === "'") return this.quoted();
    const single = this.plain(/[,{}[\]\n]/);
    if (single.start === single.end && !/[,}\]\n]/.test(this.char)) this.at += 1;
    return single;
  }

  /** Whether a key with its colon comes next: then the value before it was left out. */
  private isFlowKey(): boolean {
    return /^\w+[ \t]*:(?=[\s,{}[\]]|$)/.test(this.rest(100));
  }

  private quoted(): SketchSingle {
    const start = this.at;
    const quote = this.char === '"' ? '"' : "'";
    const body = quote === '"' ? /^"((?:[^"\\\n]|\\.)*)(")?/ : /^'((?:[^'\n]|'')*)(')?/;
    const [whole = quote, inner = ''] = body.exec(this.text.slice(start, this.lineEnd())) ?? [];
    this.at = start + whole.length;
    const text = quote === '"' ? unescaped(inner) : inner.replaceAll("''", "'");
    return { kind: 'single', start, end: this.at, text, quote };
  }

  /** A text without quotes, up to something that ends it or a comment. */
  private plain(end: RegExp): SketchSingle {
    const start = this.at;
    const rest = this.text.slice(start, this.lineEnd());
    const stop = rest.search(new RegExp(`${end.source}|(?<=\\s)#`));
    const text = (stop < 0 ? rest : rest.slice(0, stop)).trimEnd();
    this.at = start + text.length;
    return { kind: 'single', start, end: this.at, text, quote: '' };
  }

  private giveUp(): SketchSingle {
    this.at = this.text.length;
    return this.nothing(this.at);
  }

  private nothing(offset: number): SketchSingle {
    return { kind: 'single', start: offset, end: offset, text: '', quote: '' };
  }

  /** The length of a key with its colon; 0 when there is none. */
  private keyLength(): number {
    const line = this.text.slice(this.at, this.lineEnd());
    return (QUOTED_KEY.exec(line) ?? PLAIN_KEY.exec(line))?.[0].length ?? 0;
  }

  private get isLineOver(): boolean {
    return this.atEnd || /[#\r\n]/.test(this.char);
  }

  private rest(length: number): string {
    return this.text.slice(this.at, this.at + length);
  }

  private lineEnd(): number {
    const feed = this.text.indexOf('\n', this.at);
    const end = feed < 0 ? this.text.length : feed;
    return this.text[end - 1] === '\r' ? end - 1 : end;
  }

  private skipLine(): void {
    const feed = this.text.indexOf('\n', this.at);
    this.at = feed < 0 ? this.text.length : feed + 1;
  }

  private skipSpaces(): void {
    while (this.char === ' ' || this.char === '\t') this.at += 1;
  }

  private skipProperties(): void {
    this.at += PROPERTIES.exec(this.text.slice(this.at, this.lineEnd()))?.[0].length ?? 0;
  }

  /** Blanks, line breaks and comments. */
  private skipBlank(): void {
    for (;;) {
      while (/^\s/.test(this.char)) this.at += 1;
      if (this.char !== '#') return;
      this.at = this.lineEnd();
    }
  }

  /** The same inside of brackets; false when the text is over, or the lines are no longer those of the brackets. */
  private skipFlowBlank(column: number): boolean {
    const line = this.text.lastIndexOf('\n', this.at - 1);
    const before = this.at;
    this.skipBlank();
    if (this.atEnd) return false;
    const isNewLine = this.text.lastIndexOf('\n', this.at - 1) !== line;
    if (!isNewLine || this.column > column || /^[}\]]/.test(this.char)) return true;
    this.at = before;
    return false;
  }
}

function unquoted(written: string): string {
  if (written.startsWith('"')) return unescaped(written.slice(1, -1));
  return written.startsWith("'") ? written.slice(1, -1).replaceAll("''", "'") : written;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, letter: string) =>
    letter === 'n' ? '\n' : letter === 't' ? '\t' : letter,
  );
}
