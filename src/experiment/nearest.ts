import { distance } from 'fastest-levenshtein';

/**
 * The candidates that a mistyped word may have meant, the likeliest first; none when nothing is near.
 *
 * Case and separators do not count (`batch_size` is near `batchSize`), about two letters of five may differ, and a
 * candidate also counts as near when it is how the word begins (`batchSize` → `batch`) or its initials
 * (`learning_rate` → `lr`). Equally near candidates keep their order.
 */
export function nearestWords(word: string, candidates: readonly string[], count = 3): string[] {
  return candidates
    .map((candidate) => ({ candidate, cost: costOf(word, candidate) }))
    .filter(({ cost }) => Number.isFinite(cost))
    .sort((a, b) => a.cost - b.cost)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** The likeliest of {@link nearestWords}, or `undefined` when nothing is near. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  return nearestWords(word, candidates, 1)[0];
}

/** Whether a word differs from another by a slip of the pen only: case, separators, one letter, written out. */
export function isSlipOf(word: string, other: string): boolean {
  return costOf(word, other) <= 1;
}

/** ``Did you mean `a` or `b`?``, with a blank before it to follow a sentence; empty without words. */
export function didYouMean(words: readonly string[]): string {
  return words.length === 0 ? '' : ` Did you mean ${alternatives(words)}?`;
}

/** `` `a`, `b` or `c` ``. */
export function alternatives(words: readonly string[], conjunction = 'or'): string {
  const quoted = words.map((word) => `\`${word}\``);
  if (quoted.length < 2) return quoted.join('');
  return `${quoted.slice(0, -1).join(', ')} ${conjunction} ${quoted.at(-1)!}`;
}

/** How far a candidate is from the word, in letters; infinite when too far to have been meant. */
function costOf(word: string, candidate: string): number {
  const a = normalized(word);
  const b = normalized(candidate);
  if (a === '' || b === '') return Infinity;
  const letters = Math.max(a.length, b.length);
  const limit = Math.max(1, Math.round(letters * 0.4));
  const edits = distance(a, b);
  if (edits <= limit && edits < letters) return edits;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (initials(word) === b) return 1;
  return short.length >= 3 && long.startsWith(short) ? limit + 1 : Infinity;
}

function normalized(word: string): string {
  return word.toLowerCase().replaceAll(/[\s_-]/g, '');
}

function initials(word: string): string {
  const parts = word.split(/[\s_-]+|(?<=[a-z])(?=[A-Z])/).filter((part) => part !== '');
  return parts.length < 2 ? '' : parts.map((part) => part.charAt(0).toLowerCase()).join('');
}
