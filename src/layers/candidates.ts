import type { AdapterKind } from '../experiment/schema';
import { AdapterMismatch, adapterParameters, planAdapter, sizeOf, type AdapterPlan } from './adapters';
import type { LayerRow, LayerTable } from './table';

/** A layer that might be paired with the chosen one. */
export interface Candidate {
  layer: string;
  /** The adapter that `auto` chooses; null when the two cannot be paired. */
  plan: AdapterPlan | null;
  /** Weights of that adapter. */
  parameters: number;
  /** Linear CKA where it was measured. */
  similarity: number | null;
  /** One sentence: what joins the two, or why nothing does. */
  reason: string;
}

/** The layer that is chosen already, in its own table. */
export interface ChosenLayer {
  role: 'teacher' | 'student';
  table: LayerTable;
  layer: string;
}

/** How alike two layers were found; null where that is not known. */
export type SimilarityOf = (teacher: string, student: string) => number | null;

/** A layer of another kind counts as this much further away: a ReLU best learns from a ReLU. */
const OTHER_KIND = 0.04;
/** So does the inside of a residual block, for the output of one. */
const OTHER_ROLE = 0.12;

/**
 * Ranks the layers of the other model for a chosen layer. Pairs come first that need no change of size, then, in this
 * order, those that were measured to be alike, that lie at a like depth and are of the same kind, and whose adapter
 * costs less. Pairs that no adapter can join come last, each with the reason.
 */
export function rankCandidates(
  chosen: ChosenLayer,
  other: LayerTable,
  similarityOf: SimilarityOf = () => null,
): Candidate[] {
  const row = chosen.table.rows.find(({ name }) => name === chosen.layer);
  if (row === undefined) return [];
  const obstacle = layerObstacles(chosen.table).get(row.name);
  const obstacles = layerObstacles(other);
  const depth = relativeDepths(chosen.table).get(row.name) ?? 0;
  const depths = relativeDepths(other);
  const isJoined = joinedLayers(chosen.table).has(row.name);
  const joined = joinedLayers(other);
  const ranked = other.rows.map((candidate, order) => {
    const [teacher, student] = chosen.role === 'teacher' ? [row, candidate] : [candidate, row];
    const pair = joinLayers(teacher, student, obstacle ?? obstacles.get(candidate.name));
    const similarity = similarityOf(teacher.name, student.name);
    const distance =
      Math.abs((depths.get(candidate.name) ?? 0) - depth) +
      (candidate.kind === row.kind ? 0 : OTHER_KIND) +
      (joined.has(candidate.name) === isJoined ? 0 : OTHER_ROLE);
    return { candidate: { layer: candidate.name, similarity, ...pair }, distance, order };
  });
  return ranked
    .sort(
      (a, b) =>
        changeOf(a.candidate.plan) - changeOf(b.candidate.plan) ||
        (b.candidate.similarity ?? 0) - (a.candidate.similarity ?? 0) ||
        a.distance - b.distance ||
        a.candidate.parameters - b.candidate.parameters ||
        a.order - b.order,
    )
    .map(({ candidate }) => candidate);
}

/** The adapters that can join two layers, the one that `auto` chooses first. */
export function fittingAdapters(guided: readonly number[], hint: readonly number[]): AdapterPlan[] {
  const kinds: readonly AdapterPlan['kind'][] = ['none', 'conv1x1', 'strided', 'transposed', 'regressor'];
  return kinds.flatMap((kind) => tryPlan(kind, guided, hint) ?? []);
}

/** Why a pair of layers of these tables cannot be a hint; null when it can. */
export function pairObstacle(
  teacher: { table: LayerTable; layer: string },
  student: { table: LayerTable; layer: string },
): string | null {
  const hint = teacher.table.rows.find(({ name }) => name === teacher.layer);
  const guided = student.table.rows.find(({ name }) => name === student.layer);
  if (hint === undefined || guided === undefined) return 'One of the layers is no longer there.';
  const obstacle =
    layerObstacles(teacher.table).get(hint.name) ?? layerObstacles(student.table).get(guided.name);
  const { plan, reason } = joinLayers(hint, guided, obstacle);
  return plan === null ? reason : null;
}

/** The layers of a model that cannot take part in a hint, each with the reason. */
export function layerObstacles(table: LayerTable): ReadonlyMap<string, string> {
  const known = obstaclesOfTables.get(table);
  if (known !== undefined) return known;
  const obstacles = new Map<string, string>();
  for (const [name, isClassifier] of outputLayers(table)) {
    obstacles.set(
      name,
      isClassifier
        ? 'It is the output of the model, which soft targets teach.'
        : 'It comes after the classifier, which soft targets teach.',
    );
  }
  for (const { name, shape, uses } of table.rows) {
    if (uses > 1) obstacles.set(name, `The model applies it ${uses} times, so it has no one output.`);
    else if (shape === null) obstacles.set(name, 'Its shape is not known.');
  }
  obstaclesOfTables.set(table, obstacles);
  return obstacles;
}

const obstaclesOfTables = new WeakMap<LayerTable, ReadonlyMap<string, string>>();
const depthsOfTables = new WeakMap<LayerTable, ReadonlyMap<string, number>>();

/**
 * The layers that make the outputs, backwards from these to the last one with weights, which is the classifier; whether
 * each is it. A layer that something else needs too is none of them.
 */
function outputLayers({ rows, outputs }: LayerTable): Map<string, boolean> {
  const byName = new Map(rows.map((row) => [row.name, row]));
  const consumers = new Map<string, number>();
  for (const { inputs } of rows) {
    for (const input of inputs) consumers.set(input, (consumers.get(input) ?? 0) + 1);
  }
  const found = new Map<string, boolean>();
  for (const output of outputs) {
    const passed: string[] = [];
    let row = byName.get(output);
    while (row !== undefined) {
      const isShared = (consumers.get(row.name) ?? 0) > (passed.length === 0 ? 0 : 1);
      if (isShared) break;
      passed.push(row.name);
      const next: LayerRow | undefined = row.inputs.length === 1 ? byName.get(row.inputs[0]!) : undefined;
      if (row.parameters > 0) {
        passed.forEach((name, index) => found.set(name, index === passed.length - 1));
        break;
      }
      row = next;
    }
    if (!found.has(output)) found.set(output, true);
  }
  return found;
}

/** Where each layer lies between the input (0) and the deepest output (1), by the longest way that leads to it. */
function relativeDepths(table: LayerTable): ReadonlyMap<string, number> {
  const known = depthsOfTables.get(table);
  if (known !== undefined) return known;
  const depths = new Map<string, number>();
  let deepest = 1;
  for (const { name, inputs } of table.rows) {
    const depth = 1 + Math.max(0, ...inputs.map((input) => depths.get(input) ?? 0));
    deepest = Math.max(deepest, depth);
    depths.set(name, depth);
  }
  for (const [name, depth] of depths) depths.set(name, depth / deepest);
  depthsOfTables.set(table, depths);
  return depths;
}

/** Layers where branches come together, and what only activates them: the outputs of residual blocks. */
function joinedLayers({ rows }: LayerTable): ReadonlySet<string> {
  const joined = new Set<string>();
  for (const { name, inputs, parameters } of rows) {
    const [input] = inputs;
    const follows = parameters === 0 && input !== undefined && joined.has(input);
    if (inputs.length > 1 || follows) joined.add(name);
  }
  return joined;
}

function joinLayers(
  teacher: LayerRow,
  student: LayerRow,
  obstacle: string | undefined,
): Pick<Candidate, 'plan' | 'parameters' | 'reason'> {
  const impossible = (reason: string) => ({ plan: null, parameters: 0, reason });
  if (obstacle !== undefined) return impossible(obstacle);
  if (teacher.shape === null || student.shape === null) return impossible('A shape is not known.');
  try {
    const plan = planAdapter('auto', student.shape, teacher.shape);
    return { plan, parameters: adapterParameters(plan), reason: plan.reason };
  } catch (error) {
    if (error instanceof AdapterMismatch) return impossible(error.message);
    throw error;
  }
}

/** 0: equal size; 1: another size; 2: cannot be paired. */
function changeOf(plan: AdapterPlan | null): number {
  if (plan === null) return 2;
  const [fromHeight, fromWidth] = sizeOf(plan.from);
  const [toHeight, toWidth] = sizeOf(plan.to);
  return plan.kind === 'none' || (fromHeight === toHeight && fromWidth === toWidth) ? 0 : 1;
}

function tryPlan(kind: AdapterKind, guided: readonly number[], hint: readonly number[]): AdapterPlan | null {
  try {
    return planAdapter(kind, guided, hint);
  } catch (error) {
    if (error instanceof AdapterMismatch) return null;
    throw error;
  }
}
