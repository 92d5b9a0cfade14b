import type { Glyph } from './glyphs';

/** Line segments `x0, y0, x1, y1, …` in pixels. */
type Segments = readonly number[];

const SPANS_PER_POINT = 4;

/**
 * Flattens the strokes of a glyph: a Catmull–Rom spline through the points of each stroke, as short line segments.
 *
 * @param place moves a point of the glyph into the image; called once for each point, in order.
 */
export function flatten(glyph: Glyph, place: (x: number, y: number) => [number, number]): number[] {
  const segments: number[] = [];
  for (const stroke of glyph) {
    const points: [number, number][] = [];
    for (let at = 0; at < stroke.length; at += 2) points.push(place(stroke[at]!, stroke[at + 1]!));
    let [fromX, fromY] = points[0]!;
    for (let span = 0; span + 1 < points.length; span += 1) {
      const [x1, y1] = points[span]!;
      const [x2, y2] = points[span + 1]!;
      const [x0, y0] = points[span - 1] ?? points[span]!;
      const [x3, y3] = points[span + 2] ?? points[span + 1]!;
      const parts = points.length === 2 ? 1 : SPANS_PER_POINT;
      for (let part = 1; part <= parts; part += 1) {
        const toX = catmullRom(x0, x1, x2, x3, part / parts);
        const toY = catmullRom(y0, y1, y2, y3, part / parts);
        segments.push(fromX, fromY, toX, toY);
        [fromX, fromY] = [toX, toY];
      }
    }
  }
  return segments;
}

/** The uniform Catmull–Rom spline between `p1` (t = 0) and `p2` (t = 1). */
function catmullRom(p0: number, p1: number, p2: number, p3: number, t: number): number {
  const linear = p2 - p0;
  const quadratic = 2 * p0 - 5 * p1 + 4 * p2 - p3;
  const cubic = 3 * p1 - p0 - 3 * p2 + p3;
  return p1 + 0.5 * t * (linear + t * (quadratic + t * cubic));
}

/**
 * Writes into `coverage` how much of each pixel of a `size` × `size` image a pen covers that follows the segments:
 * 1 within `radius − softness / 2` of a segment, falling linearly to 0 at `radius + softness / 2`.
 */
export function drawStrokes(
  coverage: Float64Array,
  size: number,
  segments: Segments,
  radius: number,
  softness: number,
): void {
  const reach = radius + softness / 2;
  coverage.fill(reach * reach);
  for (let at = 0; at < segments.length; at += 4) {
    spreadDistance(coverage, size, segments, at, reach);
  }
  for (let pixel = 0; pixel < coverage.length; pixel += 1) {
    coverage[pixel] = Math.min(1, (reach - Math.sqrt(coverage[pixel]!)) / softness);
  }
}

/** Lowers the squared distance of the pixels within `reach` of one segment. Centres of pixels lie at whole numbers. */
function spreadDistance(
  squared: Float64Array,
  size: number,
  segments: Segments,
  at: number,
  reach: number,
): void {
  const [x0, y0, x1, y1] = [segments[at]!, segments[at + 1]!, segments[at + 2]!, segments[at + 3]!];
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length2 = dx * dx + dy * dy;
  const left = Math.max(0, Math.ceil(Math.min(x0, x1) - reach));
  const right = Math.min(size - 1, Math.floor(Math.max(x0, x1) + reach));
  const top = Math.max(0, Math.ceil(Math.min(y0, y1) - reach));
  const bottom = Math.min(size - 1, Math.floor(Math.max(y0, y1) + reach));
  for (let y = top; y <= bottom; y += 1) {
    for (let x = left; x <= right; x += 1) {
      const along = length2 === 0 ? 0 : ((x - x0) * dx + (y - y0) * dy) / length2;
      const t = along < 0 ? 0 : along > 1 ? 1 : along;
      const offX = x - x0 - t * dx;
      const offY = y - y0 - t * dy;
      const distance2 = offX * offX + offY * offY;
      const pixel = y * size + x;
      if (distance2 < squared[pixel]!) squared[pixel] = distance2;
    }
  }
}
