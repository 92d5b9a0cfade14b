import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/**
 * A stream of random numbers named by its keys, e.g. `keyedRandom(seed, 'shuffle', epoch)`. Everything random in an
 * experiment comes from such streams, so the random state of a run is just (seed, step): a resumed run needs nothing
 * else to go on exactly as the uninterrupted one.
 *
 * @returns a function that gives the next float in [0, 1), 32 random bits each.
 */
export function keyedRandom(...keys: readonly (number | string)[]): () => number {
  const generator = xoroshiro128plus(hashKeys(keys));
  return () => (generator.next() >>> 0) / 4_294_967_296;
}

/** FNV-1a over the keys, then the 32-bit finalizer of MurmurHash3, so that neighbouring keys give unlike streams. */
function hashKeys(keys: readonly (number | string)[]): number {
  let hash = 0x811c9dc5;
  for (const character of keys.map((key) => `${typeof key}:${key}`).join('|')) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}

/** A seeded permutation of 0 … count − 1 (Fisher–Yates). */
export function permutation(count: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
