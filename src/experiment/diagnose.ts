import type { z } from 'zod';
import { inlineYaml, shorthandFor, wordMeant } from './guess';
import {
  branchesOf,
  homesOf,
  isMapping,
  itemOf,
  keysOf,
  nodeAt,
  propertiesOf,
  tagOf,
  valueAt,
  variantFor,
  variantsOf,
  type LanguageNode,
} from './language';
import { asClause, expectedPhrase, foundPhrase, labelOfVariant, subjectOf } from './messages';
import { alternatives, didYouMean, isSlipOf, nearestWords } from './nearest';
import { formatPath, type ExperimentPath, type Finding } from './problem';

type Issue = z.core.$ZodIssue;
type BoundIssue = Extract<Issue, { code: 'too_small' | 'too_big' }>;

/** How a mistake was probably meant, so that what stands behind it can be looked at too. */
export type Repair =
  | { kind: 'rename'; path: ExperimentPath; key: string }
  | { kind: 'replace'; path: ExperimentPath; value: unknown }
  | { kind: 'remove'; path: ExperimentPath };

export interface SchemaFinding extends Finding {
  repair: Repair | null;
}

/** The root of the language, and the plain value that does not follow it. */
interface Subject {
  language: LanguageNode;
  value: unknown;
}

/**
 * Puts the issues of the schema into words: what is wrong at which path, what would be right, and how it was probably
 * meant. Of a union, only the form that was meant is spoken of.
 */
export function diagnose(issues: readonly Issue[], subject: Subject): SchemaFinding[] {
  const findings = issues.flatMap((issue) => findingsOf(issue, [], subject));
  // A misspelt key is one mistake, and not also the absence of the right one.
  const meant = new Set(
    findings.flatMap(({ repair }) => (repair?.kind === 'rename' ? renamedPath(repair) : [])),
  );
  return findings.filter(({ missing }) => missing === null || !meant.has(formatPath(missing)));
}

interface RawFinding extends SchemaFinding {
  /** The key that is not there, when that is the mistake. */
  missing: ExperimentPath | null;
}

function findingsOf(issue: Issue, base: ExperimentPath, subject: Subject): RawFinding[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  const found = valueAt(subject.value, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, subject));
    case 'invalid_union':
      return unionFindings(issue, path, subject);
    case 'invalid_type':
      return [found === undefined ? missingKey(path, subject) : wrongType(path, subject)];
    case 'invalid_value':
      return [found === undefined ? missingKey(path, subject) : wrongWord(path, issue.values, subject)];
    case 'too_small':
    case 'too_big':
      // Whole numbers are checked against JavaScript's own limits as well, which the narrower ones make superfluous.
      if (Math.abs(Number(boundOf(issue))) === Number.MAX_SAFE_INTEGER) return [];
      return [outOfRange(path, issue, subject)];
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return [
        wrongValue(
          path,
          `${subjectOf(path)} ${issue.message}, but ${foundPhrase(found)}.`,
          removal(path, subject),
        ),
      ];
  }
}

function unionFindings(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: ExperimentPath,
  subject: Subject,
): RawFinding[] {
  const found = valueAt(subject.value, path);
  if (issue.discriminator !== undefined) {
    if (found === undefined) return [missingKey(path, subject)];
    const union = nodeAt(subject.language, subject.value, path.slice(0, -1));
    const tags = (union === null ? [] : variantsOf(union)).flatMap((variant) => tagOf(variant)?.[1] ?? []);
    return [wrongWord(path, tags, subject)];
  }
  const union = nodeAt(subject.language, subject.value, path);
  if (union === null) {
    // Inside of free options: the form that fits down to some depth is the one that was meant.
    const deeper = issue.errors.find((errors) => errors.every((inner) => inner.path.length > 0));
    return deeper?.flatMap((inner) => findingsOf(inner, path, subject)) ?? [wrongType(path, subject)];
  }
  const variant = variantFor(union, found);
  const errors = variant === null ? undefined : issue.errors[branchesOf(union).indexOf(variant)];
  return errors?.flatMap((inner) => findingsOf(inner, path, subject)) ?? [wrongType(path, subject)];
}

function unknownKey(path: ExperimentPath, key: string, subject: Subject): RawFinding {
  const { rename, hint } = adviceOnKey(path, key, subject);
  const where = path.length === 0 ? '' : ` in \`${formatPath(path)}\``;
  const place = [...path, key];
  return {
    path: place,
    part: 'key',
    code: 'unknown-key',
    message: `Unknown key \`${key}\`${where}.${hint}`,
    suggestion: rename,
    repair:
      rename === undefined ? { kind: 'remove', path: place } : { kind: 'rename', path: place, key: rename },
    missing: null,
  };
}

/** What to do about a key that is not known where it stands: another name for it, or another place. */
function adviceOnKey(
  path: ExperimentPath,
  key: string,
  subject: Subject,
): { rename?: string | undefined; hint: string } {
  const parent = nodeAt(subject.language, subject.value, path);
  const value = valueAt(subject.value, path);
  const variant = parent === null ? null : variantFor(parent, value);
  if (parent === null || variant === null) return { hint: '' };

  const others = variantsOf(parent).filter((other) => hasKey(other, key));
  if (others.length > 0) {
    const labels = [...new Set(others.map(labelOfVariant))].join(' or ');
    return { hint: ` It goes with ${labels}, not with ${labelOfVariant(variant)}.` };
  }
  const known = propertiesOf(variant).map(([name]) => name);
  const near = nearestWords(
    key,
    known.filter((name) => !isMapping(value) || !Object.hasOwn(value, name)),
  );
  const renaming = { rename: near[0], hint: didYouMean(near) };
  if (near[0] !== undefined && isSlipOf(key, near[0])) return renaming;
  const places = placesOf(key, subject);
  if (places !== null) return { hint: ` It belongs ${places}.` };
  if (near.length > 0) return renaming;
  const slip = keysOf(subject.language).find((name) => isSlipOf(key, name));
  const slipPlaces = slip === undefined ? null : placesOf(slip, subject);
  if (slip !== undefined && slipPlaces !== null) return { hint: ` Did you mean \`${slip}\` ${slipPlaces}?` };
  return { hint: ` Known keys: ${alternatives(known, 'and')}.` };
}

/** `` in `train` or in `evaluate` ``: where else a key is known; null when nowhere, or in too many places to help. */
function placesOf(key: string, subject: Subject): string | null {
  const homes = homesOf(subject.language, key);
  if (homes.length === 0 || homes.length > 3) return null;
  return homes.map((home) => (home === '' ? 'at the top level' : `in \`${home}\``)).join(' or ');
}

function missingKey(path: ExperimentPath, subject: Subject): RawFinding {
  const parentPath = path.slice(0, -1);
  const key = String(path.at(-1));
  const parent = nodeAt(subject.language, subject.value, parentPath);
  const variants = parent === null ? [] : variantsOf(parent);
  const place = { path: parentPath, part: 'key', code: 'missing-key', repair: null, missing: path } as const;
  const subjectText = subjectOf(path);

  const tags = variants.flatMap((variant) => (tagOf(variant)?.[0] === key ? tagOf(variant)![1] : []));
  if (tags.length > 0) return { ...place, message: `${subjectText} is missing: ${alternatives(tags)}.` };

  const mappings = variants.filter(({ type }) => type === 'object');
  const value = valueAt(subject.value, parentPath);
  const isUndecided =
    isMapping(value) && !mappings.some((variant) => Object.keys(value).some((name) => hasKey(variant, name)));
  if (mappings.length > 1 && isUndecided) {
    const forms = mappings.map((variant) => alternatives(variant.required ?? [], 'and'));
    return { ...place, message: `${subjectOf(parentPath)} needs ${forms.join(', or ')}.` };
  }
  const description = nodeAt(subject.language, subject.value, path)?.description;
  const clause = description === undefined ? '.' : `: ${asClause(description)}`;
  return { ...place, message: `${subjectText} is missing${clause}` };
}

function wrongType(path: ExperimentPath, subject: Subject): RawFinding {
  const found = valueAt(subject.value, path);
  const node = nodeAt(subject.language, subject.value, path) ?? {};
  const isInfinite = typeof found === 'number' && !Number.isFinite(found);
  const must = isInfinite ? 'a finite number' : expectedPhrase(node);
  const { value, suggestion, hint } = remedyFor(node, found);
  return {
    path,
    part: path.length === 0 ? 'key' : 'value',
    code: 'wrong-type',
    message: `${subjectOf(path)} must be ${must}, but ${foundPhrase(found)}.${hint}`,
    suggestion,
    repair: value === undefined ? removal(path, subject) : { kind: 'replace', path, value },
    missing: null,
  };
}

/** What a value of the wrong type probably stands for: as a value, as YAML, and as advice. */
function remedyFor(
  node: LanguageNode,
  found: unknown,
): { value?: unknown; suggestion?: string; hint: string } {
  const word = wordMeant(node, found);
  if (word !== undefined) {
    const suggestion = JSON.stringify(word);
    return { value: word, suggestion, hint: didYouMean([suggestion]) };
  }
  const shorthand = shorthandFor(node, found);
  if (shorthand !== undefined) {
    const suggestion = inlineYaml(shorthand);
    return { value: shorthand, suggestion, hint: didYouMean([suggestion]) };
  }
  if (found === null && canBeEmpty(node)) return { value: {}, hint: ' Write `{}` for its defaults.' };
  return { hint: isMapping(found) && itemOf(node) !== null ? ' Begin each item with `- `.' : '' };
}

function wrongWord(path: ExperimentPath, values: readonly unknown[], subject: Subject): RawFinding {
  const found = valueAt(subject.value, path);
  const words = values.map(String);
  const near = typeof found === 'string' ? nearestWords(found, words) : [];
  const message = `${subjectOf(path)} must be ${alternatives(words)}, but ${foundPhrase(found)}.${didYouMean(near)}`;
  if (near[0] === undefined) return wrongValue(path, message, removal(path, subject));
  const value = values[words.indexOf(near[0])];
  return { ...wrongValue(path, message, { kind: 'replace', path, value }), suggestion: near[0] };
}

function boundOf(issue: BoundIssue): number | bigint {
  return issue.code === 'too_small' ? issue.minimum : issue.maximum;
}

function outOfRange(path: ExperimentPath, issue: BoundIssue, subject: Subject): RawFinding {
  const found = valueAt(subject.value, path);
  const limit = boundOf(issue);
  const [inside, outside] =
    issue.code === 'too_small' ? ['at least', 'greater than'] : ['at most', 'less than'];
  if (typeof found === 'number') {
    const bound = `${issue.inclusive === true ? inside : outside} ${limit}`;
    const repair: Repair | null =
      issue.inclusive === true ? { kind: 'replace', path, value: Number(limit) } : removal(path, subject);
    return wrongValue(path, `${subjectOf(path)} must be ${bound}, but is ${found}.`, repair);
  }
  const size = typeof found === 'string' || Array.isArray(found) ? found.length : 0;
  const parts = typeof found === 'string' ? 'characters' : 'items';
  const must = size === 0 ? 'must not be empty' : `must have ${inside} ${limit} ${parts}, but has ${size}`;
  return wrongValue(path, `${subjectOf(path)} ${must}.`, removal(path, subject));
}

function wrongValue(path: ExperimentPath, message: string, repair: Repair | null): RawFinding {
  return { path, code: 'wrong-value', message, repair, missing: null };
}

/** Leaving a single wrong value out gives its default; null where the language demands one, and for whole parts. */
function removal(path: ExperimentPath, subject: Subject): Repair | null {
  const key = path.at(-1);
  const parentPath = path.slice(0, -1);
  const parent = nodeAt(subject.language, subject.value, parentPath);
  const variant = parent === null ? null : variantFor(parent, valueAt(subject.value, parentPath));
  const node = variant === null ? undefined : propertiesOf(variant).find(([name]) => name === key)?.[1];
  const isPart =
    node === undefined || variantsOf(node).some(({ type }) => type === 'object' || type === 'array');
  return isPart || variant?.required?.includes(String(key)) === true ? null : { kind: 'remove', path };
}

function renamedPath(repair: Extract<Repair, { kind: 'rename' }>): string {
  return formatPath([...repair.path.slice(0, -1), repair.key]);
}

function hasKey(node: LanguageNode, key: string): boolean {
  return node.properties !== undefined && Object.hasOwn(node.properties, key);
}

function canBeEmpty(node: LanguageNode): boolean {
  return variantsOf(node).some(({ type, required }) => type === 'object' && required === undefined);
}
