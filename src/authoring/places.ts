import { isMapping, valueAt } from '../experiment/language';
import type { ExperimentPath } from '../experiment/problem';
import type { LayerTable } from '../layers/table';
import type { ModelTables } from './surroundings';

/** What the values at some paths name. */
export type Place =
  | { kind: 'layer'; role: 'teacher' | 'student'; hint: number }
  | { kind: 'model'; role: 'teacher' | 'student'; member: number }
  | { kind: 'file'; content: 'experiment' | 'weights' | 'idx' | 'folder' };

/** What the value at a path names; null when it is not the name of something. */
export function placeOf(path: ExperimentPath): Place | null {
  const [root, second, third, fourth] = path;
  const last = path.at(-1);
  if (root === 'distill' && second === 'hints' && typeof third === 'number' && path.length === 4) {
    return fourth === 'teacher' || fourth === 'student' ? { kind: 'layer', role: fourth, hint: third } : null;
  }
  if (root === 'student') {
    return path.length === 2 && second === 'model' ? { kind: 'model', role: 'student', member: 0 } : null;
  }
  if (root === 'teacher') {
    const member = typeof second === 'number' ? second : 0;
    if (path.length !== (typeof second === 'number' ? 3 : 2)) return null;
    if (last === 'model') return { kind: 'model', role: 'teacher', member };
    return last === 'experiment' || last === 'weights' ? { kind: 'file', content: last } : null;
  }
  if (root !== 'data') return null;
  if (path.length === 2 && second === 'path') return { kind: 'file', content: 'folder' };
  return second === 'files' && path.length === 4 ? { kind: 'file', content: 'idx' } : null;
}

/** A side of a hint, with what stands at the other one. */
export interface HintSide {
  role: 'teacher' | 'student';
  /** The model that its layer belongs to, where it is known. */
  table: LayerTable | null;
  /** The layer at the other side, and its model; null when none is named yet. */
  partner: { layer: string; table: LayerTable | null } | null;
}

/** One side of a hint of a plain value. */
export function hintSide(
  value: unknown,
  hint: number,
  role: 'teacher' | 'student',
  tables: ModelTables,
): HintSide {
  const written = valueAt(value, ['distill', 'hints', hint]);
  const member = isMapping(written) && typeof written['member'] === 'number' ? written['member'] : 0;
  const teacher = tables.teachers[member] ?? null;
  const other = isMapping(written) ? written[role === 'teacher' ? 'student' : 'teacher'] : undefined;
  const table = role === 'teacher' ? teacher : tables.student;
  const otherTable = role === 'teacher' ? tables.student : teacher;
  const isNamed = typeof other === 'string' && other !== '';
  return { role, table, partner: isNamed ? { layer: other, table: otherTable } : null };
}
