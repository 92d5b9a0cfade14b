import type { SourcePosition } from '../../layers/table';

/** A value in a JSON text: where it begins and what is in it. */
export interface JsonPlace {
  /** Characters before it. */
  offset: number;
  /** Of an object, by key; of an array, by index. */
  members: ReadonlyMap<string, JsonPlace>;
}

/**
 * Where all values of a JSON text stand.
 *
 * @param text that `JSON.parse` takes.
 */
export function jsonPlaces(text: string): JsonPlace {
  const root: OpenPlace = { offset: 0, members: new Map(), isArray: true, key: null };
  const open = [root];
  for (const { 0: token, index: offset } of text.matchAll(tokens)) {
    const parent = open.at(-1)!;
    if (token === ',') {
      if (!parent.isArray) parent.key = null;
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (!parent.isArray && parent.key === null) {
      parent.key = String(JSON.parse(token));
    } else if (token !== ':') {
      const place: OpenPlace = { offset, members: new Map(), isArray: token === '[', key: null };
      parent.members.set(parent.key ?? String(parent.members.size), place);
      if (token === '{' || token === '[') open.push(place);
    }
  }
  return root.members.get('0') ?? root;
}

const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** A container that is being read. */
interface OpenPlace extends JsonPlace {
  members: Map<string, JsonPlace>;
  isArray: boolean;
  /** Of an object: the key whose value comes next. */
  key: string | null;
}

/** The place of the value that keys lead to; undefined when there is none. */
export function findPlace(place: JsonPlace, keys: readonly (string | number)[]): JsonPlace | undefined {
  let found: JsonPlace | undefined = place;
  for (const key of keys) found = found?.members.get(String(key));
  return found;
}

/** Turns offsets in a text into lines and columns. */
export function positionsIn(file: string, text: string): (offset: number) => SourcePosition {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { file, line: low + 1, column: offset - starts[low]! + 1 };
  };
}
