import { isMapping, valueAt } from '../experiment/language';
import type { SourcePosition } from '../layers/table';
import { exportsOf } from './exports';
import { hintSide, placeOf } from './places';
import { sketchOf, sketchValue } from './sketch';
import { rowOf, type Surroundings } from './surroundings';
import { positionIn, tokenAt } from './token';

/** Where something that an experiment names is written. */
export interface Definition {
  /** Offsets of the name. */
  start: number;
  end: number;
  target: SourcePosition;
}

/**
 * Where the name at an offset leads: a layer to the line that makes it, a model to its export, anything else to its
 * file. Null for what is not written anywhere, such as the layers of the zoo.
 */
export function definitionAt(text: string, offset: number, surroundings: Surroundings): Definition | null {
  const sketch = sketchOf(text);
  const token = tokenAt(sketch, offset);
  if (token?.part !== 'value') return null;
  const place = placeOf(token.path);
  const { start, end, text: name } = token;
  const at = (target: SourcePosition | null): Definition | null =>
    target === null ? null : { start, end, target };
  switch (place?.kind) {
    case 'layer': {
      const { table } = hintSide(sketchValue(sketch), place.hint, place.role, surroundings.tables);
      const row = rowOf(table, name);
      return at(row === undefined ? null : (row.source ?? table?.definition ?? null));
    }
    case 'model':
      return at(definitionOfModel(name, place, surroundings));
    case 'file':
      return at(place.content === 'folder' ? null : beginOf(surroundings, name));
    case undefined:
      return null;
  }
}

/** The teachers' experiments that an experiment names, as absolute paths, in its order. */
export function teacherFiles(text: string, { file, files }: Surroundings): string[] {
  const teacher = valueAt(sketchValue(sketchOf(text)), ['teacher']);
  const members: unknown[] = Array.isArray(teacher) ? teacher : [teacher];
  return members.flatMap((member) => {
    const name = isMapping(member) ? member['experiment'] : undefined;
    return typeof name === 'string' ? files.resolve(file, name) : [];
  });
}

function definitionOfModel(
  reference: string,
  place: { role: 'teacher' | 'student'; member: number },
  surroundings: Surroundings,
): SourcePosition | null {
  if (reference.startsWith('zoo/')) return null;
  const { tables, files, file } = surroundings;
  const table = place.role === 'student' ? tables.student : (tables.teachers[place.member] ?? null);
  if (table?.label === reference && table.definition !== null) return table.definition;
  const hash = reference.lastIndexOf('#');
  if (hash < 0) return beginOf(surroundings, reference);
  const code = files.resolve(file, reference.slice(0, hash));
  const text = files.read(code);
  if (text === null) return null;
  const found = exportsOf(text).find(({ name }) => name === reference.slice(hash + 1));
  return { file: code, ...(found === undefined ? { line: 1, column: 1 } : positionIn(text, found.offset)) };
}

/** The beginning of a file that an experiment names; null when it is not there. */
function beginOf({ file, files }: Surroundings, name: string): SourcePosition | null {
  const target = files.resolve(file, name);
  const entries = files.list(files.resolve(target, '.'));
  const isThere = entries.some((entry) => !entry.isFolder && files.resolve(target, entry.name) === target);
  return isThere ? { file: target, line: 1, column: 1 } : null;
}
