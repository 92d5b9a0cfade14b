/** Ticks of a logarithmic axis. */
export interface LogTicks {
  /** Where grid lines stand, ascending. */
  places: number[];
  /** Those of them that get a label. */
  labelled: ReadonlySet<number>;
}

/** Label sets from rich to sparse: multiples of each power of ten. */
const LABELS = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1]] as const;

/**
 * Ticks at 1 to 9 times the powers of ten between `min` and `max`, of which as many are labelled as `limit` allows. An
 * axis too short for two of them gets evenly spaced ticks instead.
 *
 * @param min Above 0, below `max`.
 */
export function logTicks(min: number, max: number, limit: number): LogTicks {
  const places = multiples(LABELS[0], min, max);
  if (places.length < 2) {
    const even = evenTicks(min, max, limit);
    return { places: even, labelled: new Set(even) };
  }
  const candidates = LABELS.map((factors) => multiples(factors, min, max));
  const labels = candidates.find((each) => each.length <= limit) ?? thinned(candidates.at(-1)!, limit);
  return { places: labels.length > places.length / 9 ? places : labels, labelled: new Set(labels) };
}

function multiples(factors: readonly number[], min: number, max: number): number[] {
  const places: number[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power += 1) {
    for (const factor of factors) {
      // Parsed, so that 3e-5 is the number people mean and not 3.0000000000000004e-5.
      const place = Number(`${factor}e${power}`);
      if (place >= min && place <= max) places.push(place);
    }
  }
  return places;
}

function thinned(places: readonly number[], limit: number): number[] {
  const step = Math.ceil(places.length / limit);
  return places.filter((_, index) => index % step === 0);
}

/** Multiples of 1, 2 or 5 times a power of ten, at most about `limit` of them. */
function evenTicks(min: number, max: number, limit: number): number[] {
  // A little less, lest rounding take the next larger step.
  const rough = ((max - min) / Math.max(1, limit)) * (1 - 1e-9);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough)!;
  const places: number[] = [];
  for (let index = Math.ceil(min / step); index * step <= max; index += 1) {
    places.push(Number((index * step).toPrecision(12)));
  }
  return places;
}
