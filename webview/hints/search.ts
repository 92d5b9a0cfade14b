import type { LayerTable } from '../../src/layers/table';
import type { Side } from './arrange';

export interface Found {
  side: Side;
  layer: string;
}

/** As many results as a list can be looked through. */
const MOST = 60;

/**
 * Layers whose names hold all the words of a query: first those of that very name, then those that begin with it, in the
 * order of the models.
 */
export function searchLayers(query: string, tables: Readonly<Record<Side, LayerTable | null>>): Found[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return [];
  const found = (['teacher', 'student'] as const).flatMap((side) =>
    (tables[side]?.rows ?? [])
      .filter(({ name, kind }) => words.every((word) => `${name} ${kind}`.toLowerCase().includes(word)))
      .map(({ name }): Found => ({ side, layer: name })),
  );
  const first = words[0]!;
  const begins = ({ layer }: Found): number => {
    const name = layer.toLowerCase();
    return name === query.trim().toLowerCase() ? 0 : name.startsWith(first) ? 1 : 2;
  };
  return found.sort((a, b) => begins(a) - begins(b)).slice(0, MOST);
}
