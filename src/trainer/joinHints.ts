import type * as tf from '@tensorflow/tfjs';
import { buildAdapter } from '../distill/adapters';
import type { ExperimentPath, Finding } from '../experiment/problem';
import type { Experiment, HintConfig } from '../experiment/schema';
import { AdapterMismatch, describeShape, planAdapter, type AdapterPlan } from '../layers/adapters';
import { layerObstacles } from '../layers/candidates';
import { inBuildScope } from '../models/buildScope';
import { ambiguousLayer, unknownLayer } from '../models/graph';
import { tableOf, type ShapedTable } from '../models/tableOf';
import { keyedRandom } from '../random/keyed';
import { findingOf } from './findings';
import type { LessonHint, LessonTeacher } from './lesson';
import { shapeOfHint } from './lessonTeacher';

/** A model whose layers are looked up. */
interface NamedModel {
  model: tf.LayersModel;
  label: string;
}

/**
 * Looks up the layers of all hints, plans their adapters and makes them. A hint that cannot be is null, and a finding
 * says why; one that can be but should not, for all that is known, has a finding too.
 *
 * @param teachers in the order of the experiment; null where one could not be built, as for the student.
 */
export function joinHints(
  experiment: Experiment,
  student: NamedModel | null,
  teachers: readonly (LessonTeacher | null)[],
): { hints: (LessonHint | null)[]; findings: Finding[] } {
  const findings: Finding[] = [];
  const table = student && tableOf(student.model, student.label);
  const hints = (experiment.distill?.hints ?? []).map((config, index): LessonHint | null => {
    const at: ExperimentPath = ['distill', 'hints', index];
    const teacher = teachers[config.member] ?? null;
    const guided =
      table && shapeOf(findings, [...at, 'student'], config.student, () => findGuided(table, config.student));
    const hint =
      teacher &&
      shapeOf(findings, [...at, 'teacher'], config.teacher, () => findHint(teacher, config.teacher));
    if (!guided || !hint) return null;
    const plan = planHint(findings, [...at, 'adapter'], config, guided, hint);
    if (!plan) return null;
    const name = `adapter-${index + 1}`;
    const random = keyedRandom(experiment.seed, name);
    const adapter = inBuildScope(random, () => buildAdapter(plan, name));
    return { config, term: `hint ${index + 1}`, plan, adapter };
  });
  return { hints, findings };
}

/** A layer that was found. */
interface FoundLayer {
  shape: number[];
  /** What speaks against a hint there; undefined for nothing. */
  obstacle: string | undefined;
}

/** The shape of a layer that a hint may be taken from, or given to; null, and a finding, for others. */
function shapeOf(
  findings: Finding[],
  at: ExperimentPath,
  name: string,
  find: () => FoundLayer,
): number[] | null {
  try {
    const { shape, obstacle } = find();
    if (obstacle !== undefined) findings.push(lateHint(at, name, obstacle));
    return shape;
  } catch (error) {
    findings.push(findingOf(error, at));
    return null;
  }
}

function findGuided(table: ShapedTable, name: string): FoundLayer {
  const { rows } = table;
  const row = rows.find((layer) => layer.name === name);
  if (row === undefined) {
    throw unknownLayer(
      name,
      rows.map((layer) => layer.name),
    );
  }
  if (row.uses > 1) throw ambiguousLayer(name, row.uses);
  return { shape: row.shape, obstacle: layerObstacles(table).get(name) };
}

function findHint(teacher: LessonTeacher, name: string): FoundLayer {
  const shape = shapeOfHint(teacher, name);
  const { table } = teacher;
  const uses = table.rows.find((layer) => layer.name === name)?.uses ?? 1;
  if (uses > 1) throw ambiguousLayer(name, uses);
  return { shape, obstacle: layerObstacles(table).get(name) };
}

/** Layers with no one output were refused already: what is left comes too late in the model. */
function lateHint(at: ExperimentPath, name: string, obstacle: string): Finding {
  return {
    path: at,
    severity: 'warning',
    code: 'late-hint',
    message: `\`${name}\` is no layer for a hint. ${obstacle} Choose a layer before the classifier.`,
  };
}

function planHint(
  findings: Finding[],
  at: ExperimentPath,
  config: HintConfig,
  guided: readonly number[],
  hint: readonly number[],
): AdapterPlan | null {
  try {
    const plan = planAdapter(config.adapter, guided, hint);
    const isNeeded = guided.length !== hint.length || guided.some((size, axis) => size !== hint[axis]);
    if (plan.kind !== 'none' && !isNeeded) findings.push(needlessAdapter(at, plan));
    return plan;
  } catch (error) {
    if (!(error instanceof AdapterMismatch)) throw error;
    findings.push({
      path: at,
      code: 'shape-mismatch',
      message: error.message,
      suggestion: error.suggestion ?? undefined,
    });
    return null;
  }
}

function needlessAdapter(at: ExperimentPath, { kind, from }: AdapterPlan): Finding {
  return {
    path: at,
    severity: 'information',
    code: 'adapter-not-needed',
    message: `The adapter \`${kind}\` is not needed: both layers are ${describeShape(from)}. Leave it out, or write \`adapter: none\`, unless it is meant to be learnt.`,
    suggestion: 'none',
  };
}
