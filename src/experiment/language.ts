import type { z } from 'zod';
import { nearestWord } from './nearest';
import type { ExperimentPath } from './problem';

/**
 * The experiment language as a tree that can be walked and asked, in the form of its JSON schema. Used for messages,
 * completion, hover and the reference; whether an experiment is right is for the zod schema alone to say.
 */
export type LanguageNode = z.core.JSONSchema.JSONSchema;

/** The branches of a union; none of anything else. */
export function branchesOf(node: LanguageNode): LanguageNode[] {
  return node.oneOf ?? node.anyOf ?? [];
}

/** The forms a value may take: the branches of a union, or the node itself. */
export function variantsOf(node: LanguageNode): LanguageNode[] {
  const branches = branchesOf(node);
  return branches.length === 0 ? [node] : branches.flatMap(variantsOf);
}

/** The keys of a mapping and what they hold, in the order of the schema. */
export function propertiesOf(node: LanguageNode): [key: string, property: LanguageNode][] {
  return Object.entries(node.properties ?? {}).filter(
    (entry): entry is [string, LanguageNode] => typeof entry[1] !== 'boolean',
  );
}

/** What the items of a list are; null when it is no list. */
export function itemOf(node: LanguageNode): LanguageNode | null {
  const { items } = node;
  return typeof items === 'object' && !Array.isArray(items) ? items : null;
}

/**
 * The form that a value was meant to take: of mappings, the one its tag names (`dataset: mnist`), else the one that
 * has most of its keys, misspelt ones included, and misses the fewest. The first form of the value's type otherwise;
 * null when no form has its type.
 */
export function variantFor(node: LanguageNode, value: unknown): LanguageNode | null {
  const candidates = variantsOf(node).filter((variant) => hasType(variant, value));
  if (!isMapping(value)) return candidates[0] ?? null;
  const tagged = candidates.find((variant) => isTaggedAs(variant, value));
  if (tagged !== undefined) return tagged;
  const scored = candidates.map((variant) => ({ variant, score: fit(variant, value) }));
  return (
    scored.reduce<(typeof scored)[0] | null>(
      (best, next) => (best === null || next.score > best.score ? next : best),
      null,
    )?.variant ?? null
  );
}

/**
 * The node of the language at a path, unions decided by the value that stands there.
 *
 * @returns null where the language has nothing, e.g. below an unknown key or inside of free options.
 */
export function nodeAt(root: LanguageNode, value: unknown, path: ExperimentPath): LanguageNode | null {
  const [segment, ...rest] = path;
  if (segment === undefined) return root;
  const variant = variantFor(root, value);
  if (variant === null) return null;
  if (typeof segment === 'number') {
    const item = itemOf(variant);
    return item === null ? null : nodeAt(item, childOf(value, segment), rest);
  }
  const property = propertiesOf(variant).find(([key]) => key === segment)?.[1];
  return property === undefined ? null : nodeAt(property, childOf(value, segment), rest);
}

/** The paths of the mappings, without indices, in which the language knows a key, the shortest first:
 * `data` for `dataset`. */
export function homesOf(root: LanguageNode, key: string, at: readonly string[] = []): string[] {
  const homes = variantsOf(root).flatMap((variant) => {
    const item = itemOf(variant);
    if (item !== null) return homesOf(item, key, at);
    return propertiesOf(variant).flatMap(([name, property]) => [
      ...(name === key ? [at.join('.')] : []),
      ...homesOf(property, key, [...at, name]),
    ]);
  });
  return [...new Set(homes)].sort((a, b) => a.length - b.length);
}

/** Every key that the language knows anywhere, once. */
export function keysOf(root: LanguageNode): string[] {
  const keys = variantsOf(root).flatMap((variant) => {
    const item = itemOf(variant);
    const inner = item === null ? [] : keysOf(item);
    return [...inner, ...propertiesOf(variant).flatMap(([key, property]) => [key, ...keysOf(property)])];
  });
  return [...new Set(keys)];
}

/** The tag that tells a form from the others of its union, e.g. `['dataset', 'mnist']`; null when it has none. */
export function tagOf(node: LanguageNode): [key: string, value: string] | null {
  const tag = propertiesOf(node).find(
    ([key, property]) => typeof property.const === 'string' && node.required?.includes(key),
  );
  return tag === undefined ? null : [tag[0], String(tag[1].const)];
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a key or an index holds; undefined when nothing. */
export function childOf(value: unknown, segment: string | number): unknown {
  if (Array.isArray(value)) return typeof segment === 'number' ? value[segment] : undefined;
  return isMapping(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
}

export function valueAt(root: unknown, path: ExperimentPath): unknown {
  return path.reduce<unknown>(childOf, root);
}

function isTaggedAs(variant: LanguageNode, value: Record<string, unknown>): boolean {
  const tag = tagOf(variant);
  return tag !== null && value[tag[0]] === tag[1];
}

function fit(variant: LanguageNode, value: Record<string, unknown>): number {
  const known = propertiesOf(variant).map(([key]) => key);
  const meant = new Set(
    Object.keys(value).flatMap((key) => (known.includes(key) ? key : (nearestWord(key, known) ?? []))),
  );
  const missing = (variant.required ?? []).filter((key) => !meant.has(key));
  return meant.size * 10 - missing.length;
}

function hasType(node: LanguageNode, value: unknown): boolean {
  if (node.type === 'object') return isMapping(value);
  if (node.type === 'array') return Array.isArray(value);
  return typeof value === (node.type === 'integer' ? 'number' : node.type);
}
