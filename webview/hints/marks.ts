import type { Candidate } from '../../src/layers/candidates';
import type { ModelGraph } from './graph';

/** How a node takes part in the choice of a pair. */
export type Mark =
  /** One of its layers is chosen. */
  | { kind: 'chosen'; layer: string }
  /** It holds a candidate; the best one has rank 1. */
  | { kind: 'candidate'; rank: number; similarity: number | null }
  /** None of its layers can be paired with the chosen one. */
  | { kind: 'impossible'; reason: string };

/** As many candidates are marked as worth a look. */
export const BEST = 3;

/**
 * Marks by index of the node; nodes without one are as ever.
 * @param listed The candidates that are listed, whose ranks the marks show.
 */
export function candidateMarks(
  graph: ModelGraph,
  candidates: readonly Candidate[],
  listed: readonly Candidate[],
  chosen: string | null,
): Map<number, Mark> {
  const marks = new Map<number, Mark>();
  for (const { layer, plan, reason } of candidates) {
    const index = graph.nodeOf.get(layer);
    if (plan === null && index !== undefined && !marks.has(index)) {
      marks.set(index, { kind: 'impossible', reason });
    }
  }
  listed.forEach(({ layer, similarity }, order) => {
    const index = graph.nodeOf.get(layer);
    if (index !== undefined) marks.set(index, { kind: 'candidate', rank: order + 1, similarity });
  });
  addChosen(marks, graph, chosen);
  return marks;
}

/** The mark of the layer that was chosen first. */
export function addChosen(marks: Map<number, Mark>, graph: ModelGraph, chosen: string | null): void {
  const index = chosen === null ? undefined : graph.nodeOf.get(chosen);
  if (chosen !== null && index !== undefined) marks.set(index, { kind: 'chosen', layer: chosen });
}
