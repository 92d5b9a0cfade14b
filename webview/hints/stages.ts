import type { LayerTable } from '../../src/layers/table';

/** Height and width of a map as one word: `32×32`; `vector` for what has none, null where that is not known. */
export function spatialSize(shape: readonly number[] | null): string | null {
  if (shape === null) return null;
  if (shape.length !== 3) return 'vector';
  return `${axis(shape[0]!)}×${axis(shape[1]!)}`;
}

/** `16×16×64` for a map, `800 units` for a vector; `?` for sizes that depend on the input. */
export function shapeText(shape: readonly number[] | null): string {
  if (shape === null) return 'unknown shape';
  return shape.length === 1 ? `${axis(shape[0]!)} units` : shape.map(axis).join('×');
}

function axis(size: number): string {
  return size < 0 ? '?' : String(size);
}

/**
 * The sizes of the maps of models, from the largest to the smallest, vectors last: each has its colour. The size of an
 * axis that depends on the input counts as large.
 */
export function stagesOf(tables: readonly LayerTable[]): string[] {
  const areas = new Map<string, number>();
  for (const { rows } of tables) {
    for (const { shape } of rows) {
      const size = spatialSize(shape);
      if (size === null || shape === null) continue;
      const [height, width] = shape.length === 3 ? shape : [0, 0];
      areas.set(size, (height! < 0 ? 1e6 : height!) * (width! < 0 ? 1e6 : width!));
    }
  }
  return [...areas].sort(([, a], [, b]) => b - a).map(([size]) => size);
}
