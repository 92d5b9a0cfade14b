/** `[x, y, width, height]`, x and y of the upper left corner. Pixels or shares of an image: the same for all that meet. */
export type Box = readonly [number, number, number, number];

/** A thing that was found in an image. */
export interface Detection {
  /** Counts from 0. */
  class: number;
  /** From 0 to 1. */
  score: number;
  box: Box;
}

/** Area that two boxes share over the area that they cover together: 0 to 1; 0 for boxes without area. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const across = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (!(across > 0 && down > 0)) return 0;
  const shared = across * down;
  return shared / (a[2] * a[3] + b[2] * b[3] - shared);
}

/**
 * Non-maximum suppression within each class: of boxes that overlap by more than `overlap` the one with the highest score
 * stays (greedy, Felzenszwalb et al. 2010, §5).
 *
 * @param overlap intersection over union, 0 to 1.
 * @returns what stays, highest score first; equal ones in the order given.
 */
export function suppressOverlaps(detections: readonly Detection[], overlap: number): Detection[] {
  const kept: Detection[] = [];
  for (const candidate of [...detections].sort((a, b) => b.score - a.score)) {
    const isCovered = kept.some(
      (other) => other.class === candidate.class && intersectionOverUnion(other.box, candidate.box) > overlap,
    );
    if (!isCovered) kept.push(candidate);
  }
  return kept;
}
