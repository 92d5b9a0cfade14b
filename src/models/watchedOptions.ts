import { inspect } from 'node:util';

/** An option that model code was given and never looked at. */
export interface UnreadOption {
  /** Where it stands in the options, e.g. `['block', 'widht']`. */
  path: string[];
  /** What the code looked for beside it and did not find: one of these may have been meant. */
  missed: string[];
  /** What it looked for beside it and found. */
  read: string[];
}

/** A copy of the options of a model that notices what is read of it. */
export interface WatchedOptions {
  options: Record<string, unknown>;
  /** What has not been read so far, in the order of the options; within one that was not read nothing more is told. */
  unread: () => UnreadOption[];
}

/**
 * Watches what model code reads of its options, mappings within them included, so that a misspelt one does not pass
 * silently. To list all of them, to spread and to stringify them counts as reading them.
 *
 * Made of accessors and not of a proxy, which `structuredClone` refuses; only the prototype is one, to hear of what is
 * looked for in vain.
 */
export function watchOptions(given: Readonly<Record<string, unknown>>): WatchedOptions {
  const missed = new Set<string>();
  const read = new Set<string>();
  const inner = new Map<string, WatchedOptions>();
  const prototype = new Proxy(
    {},
    {
      get(target, key, receiver): unknown {
        if (typeof key === 'string' && !(key in target)) missed.add(key);
        return Reflect.get(target, key, receiver);
      },
    },
  );
  const options = Object.create(prototype) as Record<string, unknown>;
  for (const [key, value] of Object.entries(given)) {
    const watched = isMapping(value) ? watchOptions(value) : null;
    if (watched !== null) inner.set(key, watched);
    const copy: unknown = watched === null ? structuredClone(value) : watched.options;
    Object.defineProperty(options, key, {
      configurable: true,
      enumerable: true,
      get() {
        read.add(key);
        return copy;
      },
      set(other: unknown) {
        Object.defineProperty(options, key, {
          configurable: true,
          enumerable: true,
          writable: true,
          value: other,
        });
      },
    });
  }
  // For console.log in model code, which would show accessors.
  Object.defineProperty(options, inspect.custom, { value: () => structuredClone(given) });
  const unread = (): UnreadOption[] =>
    Object.keys(given).flatMap((key) => {
      if (!read.has(key)) return [{ path: [key], missed: [...missed], read: [...read] }];
      return (inner.get(key)?.unread() ?? []).map((found) => ({ ...found, path: [key, ...found.path] }));
    });
  return { options, unread };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
