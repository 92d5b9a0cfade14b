/** A stretch of an axis, `min` < `max`. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * A stretch of the horizontal axis cut into columns about a pixel wide. A column has two places, one in each half of
 * it; one place more stands on either border of the stretch. All curves of a chart are brought onto the same places.
 */
export interface Grid extends Range {
  readonly columns: number;
}

/** `undefined`: the curve has no row at this place and passes over it; `null`: it is interrupted here. */
export type Sample = number | null | undefined;

/** The x values of the places of a grid, ascending. */
export function gridPlaces({ min, max, columns }: Grid): number[] {
  const places = [min];
  const width = (max - min) / columns;
  for (let half = 0; half < 2 * columns; half += 1) places.push(min + width * (0.25 + half / 2));
  places.push(max);
  return places;
}

/**
 * Brings a curve onto a grid: of the rows of a column its lowest and its highest, in the order they come in, so that
 * no spike is lost however many rows share a pixel. At the borders the curve is interpolated towards its next row
 * outside, so that it leaves the chart where it should. An interruption narrower than a column cannot be seen and is
 * passed over.
 *
 * @param xs Ascending, not necessarily strictly.
 * @param ys As many as `xs`; null interrupts the curve.
 * @param above Values that are not above this one cannot be drawn (0 on a logarithmic axis) and count as interruptions.
 */
export function minMaxSamples(
  xs: readonly number[],
  ys: readonly (number | null)[],
  grid: Grid,
  above = Number.NEGATIVE_INFINITY,
): Sample[] {
  const { min, max, columns } = grid;
  const samples: Sample[] = Array.from({ length: 2 * columns + 2 }, () => undefined);
  const drawable = (row: number): number | null => {
    const y = ys[row] ?? null;
    return y !== null && y > above ? y : null;
  };
  const first = firstAtLeast(xs, min);
  const end = firstAbove(xs, max);
  samples[0] = atBorder(xs, drawable, first, min);
  samples[2 * columns + 1] = atBorder(xs, drawable, end, max);

  const columnOf = (row: number) =>
    Math.min(columns - 1, Math.floor(((xs[row]! - min) / (max - min)) * columns));
  for (let row = first; row < end;) {
    const column = columnOf(row);
    let lowest: number | null = null;
    let highest: number | null = null;
    for (; row < end && columnOf(row) === column; row += 1) {
      if (drawable(row) === null) continue;
      if (lowest === null || ys[row]! < ys[lowest]!) lowest = row;
      if (highest === null || ys[row]! > ys[highest]!) highest = row;
    }
    const place = 1 + 2 * column;
    if (lowest === null || highest === null) {
      samples[place] = null;
    } else if (lowest === highest) {
      const share = ((xs[lowest]! - min) / (max - min)) * columns - column;
      samples[share < 0.5 ? place : place + 1] = ys[lowest]!;
    } else {
      samples[place] = ys[Math.min(lowest, highest)]!;
      samples[place + 1] = ys[Math.max(lowest, highest)]!;
    }
  }
  return samples;
}

/** The curve at a border that lies between the rows `after − 1` and `after`. */
function atBorder(
  xs: readonly number[],
  drawable: (row: number) => number | null,
  after: number,
  border: number,
): Sample {
  if (after === 0 || after === xs.length) return undefined;
  const before = after - 1;
  if (xs[before] === border) return undefined;
  const from = drawable(before);
  const to = drawable(after);
  if (from === null || to === null) return undefined;
  const share = (border - xs[before]!) / (xs[after]! - xs[before]!);
  return from + share * (to - from);
}

/** The first row whose x is at least `bound`; `xs.length` when there is none. */
export function firstAtLeast(xs: readonly number[], bound: number): number {
  return search(xs, (x) => x >= bound);
}

function firstAbove(xs: readonly number[], bound: number): number {
  return search(xs, (x) => x > bound);
}

/** The first index for which an ascending condition holds. */
function search(xs: readonly number[], holds: (x: number) => boolean): number {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(xs[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
