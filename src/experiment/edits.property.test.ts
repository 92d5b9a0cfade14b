import { describe, expect, it } from 'vitest';
import { appendItem, applyEdit, EditError, removeAt, setValue, type TextEdit } from './edits';
import { scalarText } from './editStyle';
import type { ExperimentPath } from './problem';
import { ExperimentSource } from './source';

type Random = () => number;
type Part = Value[] | { [key: string]: Value };
type Value = string | number | boolean | Part;

/** Mulberry32: short, and the same on every machine. */
function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const words = [
  'a',
  'block2/relu',
  'x: y',
  'it is',
  "it's",
  '5',
  'true',
  'null',
  '# no',
  'a, b',
  '',
  '- c',
  '{',
  '🦊',
];
const keys = ['data', 'teacher', 'student', 'distill', 'hints', 'soft', 'weight', 'a b', 'x,y', '5', 'true'];

/** Writes a random value in random notation: brackets or lines, comments, blank lines, wide and narrow. */
class Writer {
  private comments = 0;
  private readonly indent: number;
  private readonly isListFlush: boolean;

  constructor(private readonly random: Random) {
    this.indent = this.pick([1, 2, 2, 4]);
    this.isListFlush = random() < 0.3;
  }

  value(depth: number): Value {
    const kind = depth === 0 ? 1 : this.random();
    if (kind < 0.35 || depth > 3) {
      return this.pick<Value>([this.pick(words), 5, 0.5, -1e-7, true, false, this.pick(words)]);
    }
    const count = this.below(4) + (depth === 0 ? 1 : 0);
    if (kind < 0.6) return Array.from({ length: count }, () => this.value(depth + 1));
    return Object.fromEntries(Array.from({ length: count }, () => [this.pick(keys), this.value(depth + 1)]));
  }

  block(value: Part, column: number): string {
    const pad = ' '.repeat(column);
    if (Array.isArray(value)) {
      return value
        .map((item: Value) => `${this.gap(column)}${pad}-${this.held(item, column + 2, true)}`)
        .join('');
    }
    return Object.entries(value)
      .map(([key, inner]) => {
        return `${this.gap(column)}${pad}${scalarText(key)}:${this.held(inner, column, false)}`;
      })
      .join('');
  }

  /** What stands behind a colon or a dash, up to the end of its last line. */
  private held(value: Value, column: number, isItem: boolean): string {
    const isPart = typeof value === 'object';
    if (!isPart || Object.keys(value).length === 0 || this.random() < 0.4) {
      const blanks = this.blanks(1);
      if (typeof value === 'string' && this.random() < 0.15 && /^\w/.test(value)) {
        return `${blanks}|-\n${' '.repeat(column + this.indent)}${value}\n`;
      }
      return `${blanks}${this.flow(value, column + this.indent)}${this.comment()}\n`;
    }
    if (isItem) {
      // The first line goes on behind the dash.
      const lines = this.block(value, column).replace(/^(?:\s*(?:#.*)?\n)+/, '');
      return ` ${lines.slice(column)}`;
    }
    const inner = Array.isArray(value) && this.isListFlush ? column : column + this.indent;
    return `${this.comment()}\n${this.block(value, inner)}`;
  }

  private flow(value: Value, column: number): string {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object') return String(value);
    const parts = Array.isArray(value)
      ? value.map((item: Value) => this.flow(item, column + 1))
      : Object.entries(value).map(
          ([key, inner]) => `${scalarText(key)}:${this.blanks(1)}${this.flow(inner, column + 1)}`,
        );
    const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
    if (parts.length > 0 && this.random() < 0.25) {
      const pad = ' '.repeat(column);
      const lines = parts.map((part, index) => {
        const isLast = index === parts.length - 1;
        return `${pad}${part}${isLast && this.random() < 0.5 ? '' : ','}${this.comment()}\n`;
      });
      return `${open}${this.comment()}\n${lines.join('')}${pad}${close}`;
    }
    const comma = parts.length > 0 && this.random() < 0.15 ? ',' : '';
    const inside = this.blanks(0);
    return `${open}${inside}${parts.join(`,${this.blanks(1)}`)}${comma}${inside}${close}`;
  }

  private text(value: string): string {
    const kind = this.random();
    if (kind < 0.2) return JSON.stringify(value);
    return kind < 0.4 ? `'${value.replaceAll("'", "''")}'` : scalarText(value);
  }

  private gap(column: number): string {
    const kind = this.random();
    if (kind < 0.1) return '\n';
    return kind < 0.25 ? `${' '.repeat(column)}# c${this.comments++}\n` : '';
  }

  private comment(): string {
    return this.random() < 0.15 ? `${this.blanks(1)}# c${this.comments++}` : '';
  }

  private blanks(least: number): string {
    return ' '.repeat(least + (this.random() < 0.2 ? this.below(3) : 0));
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

interface Case {
  text: string;
  value: Value;
  writer: Writer;
}

function caseOf(seed: number): Case | null {
  const random = randomOf(seed);
  const writer = new Writer(random);
  const value = writer.value(0);
  if (typeof value !== 'object' || Object.keys(value).length === 0) return null;
  let text = writer.block(value, 0);
  if (random() < 0.2) text = text.trimEnd();
  if (random() < 0.2) text = text.replaceAll('\n', '\r\n');
  const source = new ExperimentSource(text);
  // A few combinations of the generator are no YAML; the point is what becomes of those that are.
  if (source.syntaxProblems.length > 0) return null;
  expect(source.value(), text).toEqual(value);
  return { text, value, writer };
}

/** The paths of everything in a value, the root left out. */
function pathsOf(value: Value, at: ExperimentPath = []): ExperimentPath[] {
  if (typeof value !== 'object') return [];
  const entries: [string | number, Value][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([segment, inner]) => [[...at, segment], ...pathsOf(inner, [...at, segment])]);
}

function at(value: Value, path: ExperimentPath): Value {
  return path.reduce<Value>((inner, segment) => (inner as Record<string | number, Value>)[segment]!, value);
}

/** A deep copy with a part changed. */
function changed(
  value: Value,
  path: ExperimentPath,
  change: (parent: Record<string | number, Value>) => void,
): Value {
  const copy = structuredClone(value);
  change(at(copy, path.slice(0, -1)) as Record<string | number, Value>);
  return copy;
}

const commentsIn = (text: string): string[] => text.match(/# c\d+/g) ?? [];
const CASES = 600;

function forEachCase(check: (each: Case, paths: ExperimentPath[], seed: number) => void): void {
  let cases = 0;
  for (let seed = 0; seed < CASES; seed += 1) {
    const each = caseOf(seed);
    if (each === null) continue;
    check(each, pathsOf(each.value), seed);
    cases += 1;
  }
  expect(cases).toBeGreaterThan(CASES / 2);
}

/** Makes an edit and holds that it says what it should. */
function expectEdit(text: string, make: () => TextEdit, expected: unknown, seed: number): string {
  let after: string;
  try {
    after = applyEdit(text, make());
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    return expect.fail(`seed ${seed}: ${error.message}\n${text}`);
  }
  const source = new ExperimentSource(after);
  expect(source.syntaxProblems, `seed ${seed}\n${text}\n→\n${after}`).toEqual([]);
  expect(source.value() ?? {}, `seed ${seed}\n${text}\n→\n${after}`).toEqual(expected);
  return after;
}

describe('in any text', () => {
  it('a single value is set on its own line', () => {
    forEachCase(({ text, value, writer }, paths, seed) => {
      const singles = paths.filter((path) => typeof at(value, path) !== 'object');
      if (singles.length === 0) return;
      const path = writer.pick(singles);
      const next = writer.pick<Value>(['new', 'a, b', 7, false, "it's"]);
      const expected = changed(value, path, (parent) => {
        parent[path.at(-1)!] = next;
      });
      const after = expectEdit(text, () => setValue(text, path, next), expected, seed);
      expect(commentsIn(after)).toEqual(commentsIn(text));
      const [before, behind] = [text.split('\n'), after.split('\n')];
      const same = before.filter(
        (line, index) =>
          behind[index + Math.min(0, behind.length - before.length)] === line || behind[index] === line,
      );
      expect(same.length, `seed ${seed}\n${text}\n→\n${after}`).toBeGreaterThanOrEqual(before.length - 2);
    });
  });

  it('a key or an item is added, and every other line stays', () => {
    forEachCase(({ text, value, writer }, paths, seed) => {
      const parts = [[], ...paths].filter((path) => typeof at(value, path) === 'object');
      const path = writer.pick(parts);
      const parent = at(value, path);
      const added = writer.pick<Value>([
        'new',
        { teacher: 'a', student: 'b, c' },
        [1, 2],
        [{ x: { y: 1 } }],
        7,
      ]);
      const target = [...path, Array.isArray(parent) ? parent.length : 'added'];
      const expected = changed(value, target, (holder) => {
        holder[target.at(-1)!] = added;
      });
      const make = (): TextEdit =>
        Array.isArray(parent) ? appendItem(text, path, added) : setValue(text, target, added);
      const after = expectEdit(text, make, expected, seed);
      expect(commentsIn(after)).toEqual(commentsIn(text));
      const left = after.split('\n');
      const gone = text.split('\n').filter((line) => !left.includes(line));
      expect(gone.length, `seed ${seed}\n${text}\n→\n${after}`).toBeLessThanOrEqual(1);
      // Taken out again, what was there is there again.
      if (parts.length > 0 && Object.keys(parent).length > 0) {
        expectEdit(after, () => removeAt(after, target), value, seed);
      }
    });
  });

  it('a key or an item is taken out, with nothing but itself', () => {
    forEachCase(({ text, value, writer }, paths, seed) => {
      const path = writer.pick(paths);
      const parent = at(value, path.slice(0, -1));
      if (path.length > 1 && Object.keys(parent).length === 1) return;
      const expected = changed(value, path, (holder) => {
        if (Array.isArray(holder)) holder.splice(path.at(-1) as number, 1);
        else Reflect.deleteProperty(holder, path.at(-1)!);
      });
      const after = expectEdit(
        text,
        () => removeAt(text, path),
        Object.keys(expected).length === 0 ? {} : expected,
        seed,
      );
      const left = text.split('\n');
      const fresh = after.split('\n').filter((line) => !left.includes(line));
      expect(fresh.length, `seed ${seed}\n${text}\n→\n${after}`).toBeLessThanOrEqual(1);
    });
  });

  it('any value takes the place of any other', () => {
    forEachCase(({ text, value, writer }, paths, seed) => {
      const path = writer.pick(paths);
      const next = writer.value(1);
      const expected = changed(value, path, (parent) => {
        parent[path.at(-1)!] = next;
      });
      expectEdit(text, () => setValue(text, path, next), expected, seed);
    });
  });
});
