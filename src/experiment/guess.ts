import { propertiesOf, tagOf, variantsOf, type LanguageNode } from './language';
import { nearestWord } from './nearest';

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};
/** Text that means itself between the braces of a YAML mapping. */
const PLAIN = /^[\w./\\~-][\w./\\~#@+-]*$/;

/** The value of the right type that a scalar of the wrong one stands for: `yes` → true, `"0.1"` → 0.1, 7 → `"7"`. */
export function wordMeant(node: LanguageNode, found: unknown): string | number | boolean | undefined {
  const guesses = variantsOf(node).map((variant) => wordMeantBy(variant, found));
  return guesses.find((guess) => guess !== undefined);
}

/** The mapping that a text in its place stands for: `digits` → `{ dataset: digits }`; a misspelt tag counts too. */
export function shorthandFor(node: LanguageNode, found: unknown): Record<string, string> | undefined {
  if (typeof found !== 'string') return undefined;
  const mappings = variantsOf(node).filter(({ type }) => type === 'object');
  const tags = new Map(mappings.flatMap((variant) => invertedTag(variant)));
  const tag = nearestWord(found, [...tags.keys()]);
  if (tag !== undefined) return { [tags.get(tag)!]: tag };
  for (const variant of mappings) {
    const [key, another] = variant.required ?? [];
    const property = propertiesOf(variant).find(([name]) => name === key)?.[1];
    const isWhole = key !== undefined && another === undefined && property !== undefined;
    if (isWhole && accepts(property, found)) return { [key]: found };
  }
  return undefined;
}

/** A mapping of texts on one line of YAML: `{ model: zoo/mlp }`. */
export function inlineYaml(mapping: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(mapping).map(
    ([key, text]) => `${key}: ${PLAIN.test(text) ? text : JSON.stringify(text)}`,
  );
  return `{ ${pairs.join(', ')} }`;
}

function wordMeantBy(variant: LanguageNode, found: unknown): string | number | boolean | undefined {
  if (variant.type === 'string') {
    const text = typeof found === 'number' || typeof found === 'boolean' ? String(found) : undefined;
    return text !== undefined && accepts(variant, text) ? text : undefined;
  }
  if (typeof found !== 'string') return undefined;
  if (variant.type === 'boolean') return BOOLEANS[found.toLowerCase()];
  if (variant.type !== 'number' && variant.type !== 'integer') return undefined;
  const digits = found.replaceAll(/[\s_]/g, '');
  const value = NUMBER.test(digits) ? Number(digits) : NaN;
  const isRight = variant.type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
  return isRight ? value : undefined;
}

/** The word of a tag, and the key that holds it; empty for a form without a tag. */
function invertedTag(variant: LanguageNode): [word: string, key: string][] {
  const tag = tagOf(variant);
  return tag === null ? [] : [[tag[1], tag[0]]];
}

function accepts(node: LanguageNode, text: string): boolean {
  if (node.const !== undefined) return node.const === text;
  if (node.type !== 'string' || node.enum !== undefined || text === '') return false;
  return node.pattern === undefined || new RegExp(node.pattern).test(text);
}
