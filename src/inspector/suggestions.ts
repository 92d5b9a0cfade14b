import { AdapterMismatch, adapterParameters, planAdapter, type AdapterPlan } from '../layers/adapters';
import { layerObstacles } from '../layers/candidates';
import type { LayerTable } from '../layers/table';
import type { SuggestedHint } from '../protocol/inspection';
import { choosePairs, type PairLayer } from '../similarity/pairs';

/** The layers of a model that were compared. */
export interface ComparedLayers {
  table: LayerTable;
  /** In the order of the rows, or columns, of the values. */
  layers: readonly string[];
}

/**
 * Up to five pairs for hints: alike, joined by an adapter, before the classifiers, spread over the depth of the student
 * and in the same order in both models (`choosePairs`).
 *
 * @param values linear CKA, `[teacher layers × student layers]`.
 */
export function suggestHints(
  teacher: ComparedLayers,
  student: ComparedLayers,
  values: Float32Array,
): SuggestedHint[] {
  const shapes = { teacher: shapesOf(teacher.table), student: shapesOf(student.table) };
  const plan = (hint: string, guided: string): AdapterPlan | null =>
    planIfPossible(shapes.student.get(guided), shapes.teacher.get(hint));
  const pairs = choosePairs(
    usableLayers(teacher),
    usableLayers(student),
    (hint, guided) => values[hint.index * student.layers.length + guided.index]!,
    (hint, guided) => costOf(plan(hint.name, guided.name)),
  );
  return pairs.map(({ teacher: hint, student: guided, similarity }) => ({
    teacher: hint.name,
    student: guided.name,
    similarity,
    reason: `${howAlike(similarity)} (CKA ${similarity.toFixed(2)}), at ${depthOf(hint)} of the depth of the teacher and ${depthOf(guided)} of that of the student. ${plan(hint.name, guided.name)!.reason}`,
  }));
}

function usableLayers({ table, layers }: ComparedLayers): PairLayer[] {
  const obstacles = layerObstacles(table);
  return layers.flatMap((name, index) =>
    obstacles.has(name) ? [] : { name, index, depth: (index + 1) / layers.length },
  );
}

function shapesOf({ rows }: LayerTable): Map<string, number[] | null> {
  return new Map(rows.map(({ name, shape }) => [name, shape]));
}

function planIfPossible(
  guided: number[] | null | undefined,
  hint: number[] | null | undefined,
): AdapterPlan | null {
  if (!guided || !hint) return null;
  try {
    return planAdapter('auto', guided, hint);
  } catch (error) {
    if (error instanceof AdapterMismatch) return null;
    throw error;
  }
}

/** In units of similarity: adapters that change the size of a map, and large ones, hide what the layers are like. */
function costOf(plan: AdapterPlan | null): number | null {
  if (plan === null) return null;
  const changesSize = plan.kind !== 'none' && plan.kind !== 'conv1x1';
  return (changesSize ? 0.05 : 0) + 0.02 * Math.log10(1 + adapterParameters(plan) / 1000);
}

function howAlike(similarity: number): string {
  if (similarity >= 0.8) return 'Both see the images much alike';
  return similarity >= 0.5 ? 'Both see the images alike' : 'They are as alike as any here';
}

function depthOf({ depth }: PairLayer): string {
  return `${Math.round(100 * depth)} %`;
}
