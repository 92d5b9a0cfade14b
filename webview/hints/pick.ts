import {
  fittingAdapters,
  layerObstacles,
  rankCandidates,
  type Candidate,
  type SimilarityOf,
} from '../../src/layers/candidates';
import type { AdapterPlan } from '../../src/layers/adapters';
import type { LayerTable } from '../../src/layers/table';
import type { PickedHint, SimilarityState } from '../../src/protocol/hints';
import type { Side } from './arrange';
import type { GraphNode, ModelGraph } from './graph';

/** What a person has chosen so far. */
export interface Pick {
  teacher: string | null;
  student: string | null;
  /** Where the choice began: the other side is what is ranked. */
  anchor: Side | null;
  /** Index of the hint that is selected; a hint and a new pair are never chosen at once. */
  hint: number | null;
}

export const noPick: Pick = { teacher: null, student: null, anchor: null, hint: null };

export function otherSide(side: Side): Side {
  return side === 'teacher' ? 'student' : 'teacher';
}

/** Chooses a layer: the first one begins, one of the other model completes the pair, another of the same begins anew. */
export function choose(pick: Pick, side: Side, layer: string): Pick {
  if (pick.anchor === null || pick.anchor === side) {
    return { ...noPick, anchor: side, [side]: layer };
  }
  return { ...pick, [side]: layer, hint: null };
}

/** Takes back the last choice. */
export function stepBack(pick: Pick): Pick {
  if (pick.anchor === null || pick.hint !== null) return noPick;
  const other = otherSide(pick.anchor);
  return pick[other] === null ? noPick : { ...pick, [other]: null };
}

/** Keeps of a choice what there still is after models or hints changed. */
export function keptPick(
  pick: Pick,
  tables: Readonly<Record<Side, LayerTable | null>>,
  hints: readonly PickedHint[],
  hintsBefore: readonly PickedHint[],
): Pick {
  if (pick.hint !== null) {
    const before = hintsBefore[pick.hint];
    const isSame = (hint: PickedHint | undefined): boolean =>
      before !== undefined &&
      hint?.teacher === before.teacher &&
      hint.student === before.student &&
      hint.member === before.member;
    if (isSame(hints[pick.hint])) return pick;
    const found = hints.findIndex(isSame);
    return found < 0 ? noPick : { ...pick, hint: found };
  }
  const has = (side: Side): boolean => tables[side]?.rows.some(({ name }) => name === pick[side]) ?? false;
  if (pick.anchor === null) return pick;
  if (!has(pick.anchor)) return noPick;
  const other = otherSide(pick.anchor);
  return pick[other] !== null && !has(other) ? { ...pick, [other]: null } : pick;
}

/** The candidates for what is chosen; none while nothing is. */
export function candidatesOf(
  pick: Pick,
  tables: Readonly<Record<Side, LayerTable | null>>,
  similarityOf: SimilarityOf,
): Candidate[] {
  const { anchor } = pick;
  if (anchor === null) return [];
  const layer = pick[anchor];
  const table = tables[anchor];
  const other = tables[otherSide(anchor)];
  if (layer === null || table === null || other === null) return [];
  return rankCandidates({ role: anchor, table, layer }, other, similarityOf);
}

/**
 * The layer of a node that a click chooses: the last one, whose output the other layers see, as long as it can be
 * paired. A person chooses another one of it by its name.
 */
export function layerOfNode(node: GraphNode, table: LayerTable): string {
  const obstacles = layerObstacles(table);
  const names = node.rows.map(({ name }) => name);
  return names.findLast((name) => !obstacles.has(name)) ?? names.at(-1)!;
}

/**
 * The candidates that are listed and marked: one for each node, as good as its best layer, and standing for its last
 * one; unless the chosen layer is itself inside of a node: then the best layer of a node is what matches it.
 */
export function bestOfNodes(
  candidates: readonly Candidate[],
  graph: ModelGraph | null,
  isInner: boolean,
): Candidate[] {
  const nodes = new Map<number, Candidate>();
  for (const candidate of candidates) {
    if (candidate.plan === null) continue;
    const node = graph?.nodeOf.get(candidate.layer) ?? -1;
    const best = nodes.get(node);
    if (best === undefined) nodes.set(node, candidate);
    else if (!isInner && graph !== null && isAfter(graph.nodes[node]!, candidate, best)) {
      // The place in the map, and with it the rank, stays that of the best one.
      nodes.set(node, candidate);
    }
  }
  return [...nodes.values()];
}

function isAfter({ rows }: GraphNode, candidate: Candidate, other: Candidate): boolean {
  const place = ({ layer }: Candidate): number => rows.findIndex(({ name }) => name === layer);
  return place(candidate) > place(other);
}

/** The adapters for a pair of layers; none where one of them is unknown. */
export function adaptersOf(
  tables: Readonly<Record<Side, LayerTable | null>>,
  teacher: string,
  student: string,
): AdapterPlan[] {
  const hint = tables.teacher?.rows.find(({ name }) => name === teacher)?.shape;
  const guided = tables.student?.rows.find(({ name }) => name === student)?.shape;
  return hint && guided ? fittingAdapters(guided, hint) : [];
}

/** Looks similarities up in what the comparison found. */
export function similaritiesOf(state: SimilarityState | null, member: number): SimilarityOf {
  if (state?.kind !== 'done' || state.member !== member) return () => null;
  const { teacherLayers, studentLayers, values } = state.matrix;
  const rows = new Map(teacherLayers.map((name, index) => [name, index]));
  const columns = new Map(studentLayers.map((name, index) => [name, index]));
  return (teacher, student) => {
    const [row, column] = [rows.get(teacher), columns.get(student)];
    const value =
      row === undefined || column === undefined ? NaN : values[row * studentLayers.length + column]!;
    return Number.isNaN(value) ? null : value;
  };
}

/** A hint that is about to be added, with the usual values. */
export function newHint(teacher: string, student: string, member: number): PickedHint {
  return { teacher, student, member, adapter: 'auto', distance: 'l2', weight: 1 };
}
