/** Statistics over rounds; pure. */

/** The middle of some numbers, and how far they spread. */
export interface Spread {
  median: number;
  /** First and third quartile. */
  low: number;
  high: number;
}

/**
 * The value below which a share of the numbers lies, between neighbours in proportion (R's type 7, NumPy's default).
 *
 * @throws RangeError for no numbers at all.
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('There is no quantile of nothing.');
  const sorted = values.toSorted((first, second) => first - second);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/** The smallest of each round: of several ways to do the same, the one that was fastest then. */
export function bestOfRounds(contestants: readonly (readonly number[])[]): number[] {
  const [first, ...others] = contestants;
  if (!first) return [];
  return first.map((value, round) => Math.min(value, ...others.map((values) => values[round]!)));
}

/**
 * Theirs / ours, round by round: what disturbs the machine in a round disturbs both, and cancels out. Above 1, ours is
 * faster.
 */
export function pairedRatios(theirs: readonly number[], ours: readonly number[]): number[] {
  if (theirs.length !== ours.length) {
    throw new RangeError(`${theirs.length} rounds cannot be paired with ${ours.length}.`);
  }
  return ours.map((value, round) => theirs[round]! / value);
}

/** The mean of ratios: √[n] Π rᵢ, which treats 2 and ½ alike. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** GFLOP/s of so many multiply-adds, each two operations, in so many milliseconds. */
export function gigaflops(multiplyAdds: number, milliseconds: number): number {
  return (2 * multiplyAdds) / milliseconds / 1e6;
}

/** How many steps fill a turn of `milliseconds`: at least 1, at most 1000. */
export function stepsFor(milliseconds: number, perStep: number): number {
  return Math.min(1000, Math.max(1, Math.round(milliseconds / perStep)));
}

/** Lists of the items that share a key, in the order in which the keys were met. */
export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
