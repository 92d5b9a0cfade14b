import type { SourcePosition } from '../../layers/table';
import { didYouMean, isSlipOf, nearestWords } from '../../experiment/nearest';
import { ModelError } from '../model';

interface Entry {
  key: SourcePosition;
  value: SourcePosition;
  text: string;
}

/** Keys that decide what a network computes; a slip in one of them must not pass as a key that nobody reads. */
const decisiveKeys = [
  ...['width', 'height', 'channels', 'filters', 'size', 'stride', 'pad', 'padding', 'groups', 'group_id'],
  ...['batch_normalize', 'activation', 'dilation', 'from', 'layers', 'classes', 'num', 'mask', 'anchors'],
  ...['scale_x_y', 'new_coords', 'probability', 'letter_box'],
];

/** Keys one letter away from those above that mean something else. */
const otherKeys = [
  'stride_x',
  'stride_y',
  'max',
  'scale',
  'scales',
  'steps',
  'step',
  'resize',
  'random',
  'antialiasing',
];

/** One `[section]` of a cfg file with its `key=value` lines. */
export class CfgSection {
  private readonly entries = new Map<string, Entry>();

  constructor(
    /** As it is written, without the brackets. */
    readonly title: string,
    readonly position: SourcePosition,
  ) {}

  /** @returns false when the key stands there already: Darknet takes the first. */
  add(name: string, entry: Entry): boolean {
    if (this.entries.has(name)) return false;
    this.entries.set(name, entry);
    return true;
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  text(name: string, otherwise: string): string {
    return this.entries.get(name)?.text ?? otherwise;
  }

  /**
   * A whole number.
   *
   * @throws ModelError where the value is something else, or less than `least`.
   */
  integer(name: string, otherwise: number, least = 0): number {
    const entry = this.entries.get(name);
    if (entry === undefined) return otherwise;
    const value = numberOf(entry.text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw this.wrong(name, `\`${name}\` must be a whole number of at least ${least}, not \`${entry.text}\`.`);
  }

  /** @throws ModelError where the value is no number. */
  number(name: string, otherwise: number): number {
    const entry = this.entries.get(name);
    if (entry === undefined) return otherwise;
    const value = numberOf(entry.text);
    if (Number.isFinite(value)) return value;
    throw this.wrong(name, `\`${name}\` must be a number, not \`${entry.text}\`.`);
  }

  flag(name: string): boolean {
    return this.integer(name, 0) !== 0;
  }

  /** Numbers between commas; undefined where the key is absent. @throws ModelError where one is no number. */
  numbers(name: string): number[] | undefined {
    const entry = this.entries.get(name);
    if (entry === undefined) return undefined;
    const parts = entry.text.split(',').filter((part) => part !== '');
    const values = parts.map(numberOf);
    if (values.length > 0 && values.every((value) => Number.isFinite(value))) return values;
    throw this.wrong(name, `\`${name}\` must be numbers between commas, not \`${entry.text}\`.`);
  }

  /** An error at the value of a key, or at the section where it has none. */
  wrong(name: string | null, message: string, suggestion: string | null = null): ModelError {
    const entry = name === null ? undefined : this.entries.get(name);
    return cfgError(entry?.value ?? this.position, message, suggestion);
  }

  /** @throws ModelError for a key that is a slip of one that matters, such as `filter=32`. */
  refuseSlips(): void {
    for (const [name, { key }] of this.entries) {
      if (decisiveKeys.includes(name) || otherKeys.includes(name)) continue;
      const meant = decisiveKeys.filter((known) => !this.entries.has(known) && isSlipOf(name, known));
      if (meant[0] === undefined) continue;
      throw cfgError(key, `[${this.title}] knows no key \`${name}\`.${didYouMean(meant)}`, meant[0]);
    }
  }
}

/** A cfg file, taken apart. */
export interface CfgFile {
  sections: CfgSection[];
  /** What people should know, such as a key that stands twice. */
  notes: string[];
}

/**
 * Takes a Darknet cfg apart: `[section]`, `key=value`, lines that begin with `#` or `;`, blanks anywhere, any line ends.
 * What follows a value after `#` or `;` is a comment too. Of a key that stands twice the first counts, as in Darknet.
 *
 * @param file absolute path, for positions.
 * @throws ModelError `bad-model` with the place of a line that is none of these.
 */
export function readSections(text: string, file: string): CfgFile {
  const sections: CfgSection[] = [];
  const notes: string[] = [];
  if (text.includes('\0')) {
    throw cfgError({ file, line: 1, column: 1 }, 'This is no text, so no Darknet cfg. Name the .cfg file.');
  }
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trimStart();
    const at = (column: number): SourcePosition => ({ file, line: index + 1, column });
    const start = raw.length - line.length + 1;
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    if (line.startsWith('[')) {
      sections.push(new CfgSection(titleOf(line, at(start)), at(start)));
      continue;
    }
    const equals = line.indexOf('=');
    const name = line.slice(0, Math.max(equals, 0)).replaceAll(/\s/g, '');
    if (name === '') {
      throw cfgError(at(start), `\`${line.trimEnd()}\` is neither a [section] nor key=value.`);
    }
    const section = sections.at(-1);
    if (section === undefined) {
      throw cfgError(at(start), `\`${name}\` belongs to no section: a cfg begins with [net].`);
    }
    const after = line.slice(equals + 1);
    const blanks = after.length - after.trimStart().length;
    const value = after.replace(/[#;].*$/, '').replaceAll(/\s/g, '');
    const entry = { key: at(start), value: at(start + equals + 1 + blanks), text: value };
    if (!section.add(name, entry) && section.text(name, '') !== value) {
      notes.push(
        `\`${name}\` stands twice in [${section.title}], line ${index + 1}: Darknet takes the first.`,
      );
    }
  }
  return { sections, notes };
}

function titleOf(line: string, position: SourcePosition): string {
  const title = /^\[([^\]]*)\]/.exec(line)?.[1]?.replaceAll(/\s/g, '');
  if (title === undefined || title === '') {
    throw cfgError(position, `\`${line.trimEnd()}\` is no section: write it as [convolutional].`);
  }
  return title;
}

function numberOf(text: string): number {
  return text === '' ? NaN : Number(text);
}

/** An error in a cfg file, with its place in the message too. */
export function cfgError(
  position: SourcePosition,
  message: string,
  suggestion: string | null = null,
): ModelError {
  const { file, line, column } = position;
  return new ModelError('bad-model', `${file}:${line}:${column}: ${message}`, suggestion, position);
}

/** `Did you mean …?` for a word of a cfg, and the likeliest one. */
export function guess(word: string, known: readonly string[]): { hint: string; nearest: string | null } {
  const near = nearestWords(word, known);
  return { hint: didYouMean(near), nearest: near[0] ?? null };
}
