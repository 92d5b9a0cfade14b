import { propertiesOf, tagOf, variantsOf, type LanguageNode } from './language';
import { alternatives } from './nearest';
import { formatPath, type ExperimentPath } from './problem';

const LONGEST_QUOTE = 40;

const TYPE_PHRASES: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: '`true` or `false`',
};

/** A path as the subject of a sentence: `` `train.batch` ``, or `The experiment` for the root. */
export function subjectOf(path: ExperimentPath): string {
  return path.length === 0 ? 'The experiment' : `\`${formatPath(path)}\``;
}

/** What stands in the text, as the end of "… but": `is 3`, `is the text "abc"`, `is a list`, `is empty`. */
export function foundPhrase(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'is empty';
  if (Array.isArray(value)) return 'is a list';
  if (typeof value === 'number' || typeof value === 'boolean') return `is ${String(value)}`;
  if (typeof value !== 'string') return 'is a mapping';
  return `is the text "${value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value}"`;
}

/** What the language wants at a node, as the end of "must be": `a whole number`, `a list`, ``one of `l1` or `l2` ``. */
export function expectedPhrase(node: LanguageNode): string {
  const variants = variantsOf(node);
  const tags = new Set(variants.map((variant) => tagOf(variant)?.[0]));
  const [tag] = tags;
  if (tags.size === 1 && tag !== undefined) return `a mapping with \`${tag}\``;
  const phrases = variants.map(expectedOfVariant);
  return [...new Set(phrases)].join(', or ');
}

/** How the members of a union are told apart: `` `dataset: mnist` ``, or by their first key, `` `experiment` ``. */
export function labelOfVariant(variant: LanguageNode): string {
  const tag = tagOf(variant);
  if (tag !== null) return `\`${tag[0]}: ${tag[1]}\``;
  return `\`${variant.required?.[0] ?? propertiesOf(variant)[0]?.[0] ?? ''}\``;
}

/** A description as the end of a sentence: its first letter small, unless it begins an acronym. */
export function asClause(description: string): string {
  return description.replace(/^[A-Z](?=[a-z\s])/, (letter) => letter.toLowerCase());
}

function expectedOfVariant(variant: LanguageNode): string {
  if (variant.const !== undefined) return `\`${String(variant.const)}\``;
  if (variant.enum !== undefined) return alternatives(variant.enum.map(String));
  if (variant.type === 'object' && variant.required !== undefined) {
    return `a mapping with ${alternatives(variant.required, 'and')}`;
  }
  return (typeof variant.type === 'string' ? TYPE_PHRASES[variant.type] : undefined) ?? 'a plain value';
}
