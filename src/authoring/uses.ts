import { isMapping } from '../experiment/language';
import type { TextRange } from '../experiment/problem';
import type { LayerRow, LayerTable } from '../layers/table';
import { hintSide, placeOf } from './places';
import { sketchAt, sketchOf, sketchValue } from './sketch';
import { rowOf, type ModelTables } from './surroundings';
import { rangeIn, tokenAt } from './token';

/** An experiment whose models are known. */
export interface KnownExperiment {
  /** Absolute path. */
  file: string;
  text: string;
  tables: ModelTables;
}

/** A layer of a model. */
export interface NamedLayer {
  table: LayerTable;
  row: LayerRow;
}

/** The name of a layer in a hint. */
export interface LayerUse {
  file: string;
  range: TextRange;
}

/** The layer that is named at an offset of an experiment; null when none is. */
export function layerAt(text: string, offset: number, tables: ModelTables): NamedLayer | null {
  const sketch = sketchOf(text);
  const token = tokenAt(sketch, offset);
  const place = token?.part === 'value' ? placeOf(token.path) : null;
  if (token === null || place?.kind !== 'layer') return null;
  const { table } = hintSide(sketchValue(sketch), place.hint, place.role, tables);
  const row = rowOf(table, token.text);
  return table === null || row === undefined ? null : { table, row };
}

/** Every hint of some experiments that names a layer, as a teacher's or the student's. */
export function usesOfLayer({ table, row }: NamedLayer, experiments: readonly KnownExperiment[]): LayerUse[] {
  const model = identityOf(table);
  return experiments.flatMap(({ file, text, tables }) => {
    const sketch = sketchOf(text);
    const value = sketchValue(sketch);
    const hints = sketchAt(sketch, ['distill', 'hints']);
    if (hints?.kind !== 'list') return [];
    return hints.items.flatMap((item, index) => {
      const written = sketchValue(item);
      return (['teacher', 'student'] as const).flatMap((role) => {
        const side = hintSide(value, index, role, tables);
        const isOurs = side.table !== null && identityOf(side.table) === model;
        if (!isOurs || !isMapping(written) || written[role] !== row.name) return [];
        const name = sketchAt(item, [role]);
        return name === undefined ? [] : [{ file, range: rangeIn(text, name.start, name.end) }];
      });
    });
  });
}

/** What makes two tables those of one model: where it is defined; of the zoo its name, and of files their path. */
function identityOf({ definition, label, files }: LayerTable): string {
  return definition === null
    ? JSON.stringify([label.startsWith('zoo/') ? label : (files[0] ?? label)])
    : JSON.stringify([definition.file, definition.line, definition.column]);
}
