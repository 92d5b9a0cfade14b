import { scalarText } from '../experiment/editStyle';
import { layerObstacles, rankCandidates, type Candidate } from '../layers/candidates';
import type { LayerRow } from '../layers/table';
import type { Draft, Site } from './completionSite';
import { countOf, detailOfLayer, factsOfLayer, shapeOf } from './describe';
import { hintSide } from './places';
import { rowOf, type Surroundings } from './surroundings';

/**
 * The layers of a model for one side of a hint. With the other side named, those that fit it best come first, each with
 * the adapter that joins them; those that cannot be used come last, with the reason.
 */
export function completeLayers(
  { value, cursor }: Site,
  place: { role: 'teacher' | 'student'; hint: number },
  { tables, files }: Surroundings,
): Draft[] {
  const { table, partner } = hintSide(value, place.hint, place.role, tables);
  if (table === null) return [];
  const draft = (row: LayerRow, note: string): Draft => ({
    label: row.name,
    kind: 'layer',
    detail: `${detailOfLayer(row, files)}${note === '' ? '' : ` · ${note}`}`,
    beside: [shapeOf(row), note === '' ? row.kind : note].join(' · '),
    documentation: factsOfLayer(row, files),
    insert: cursor.quote === '' ? scalarText(row.name) : row.name,
  });
  const partnerTable = partner?.table ?? null;
  if (partner !== null && partnerTable !== null && rowOf(partnerTable, partner.layer) !== undefined) {
    const role = place.role === 'teacher' ? 'student' : 'teacher';
    const ranked = rankCandidates({ role, table: partnerTable, layer: partner.layer }, table);
    return ranked.flatMap((candidate) => {
      const row = rowOf(table, candidate.layer);
      if (row === undefined) return [];
      const made = draft(row, noteOf(candidate));
      return [{ ...made, documentation: `${made.documentation ?? ''}\n\n${candidate.reason}` }];
    });
  }
  const obstacles = layerObstacles(table);
  const usable = table.rows.filter(({ name }) => !obstacles.has(name));
  const unusable = table.rows.filter(({ name }) => obstacles.has(name));
  return [
    ...usable.map((row) => draft(row, '')),
    ...unusable.map((row) => {
      const made = draft(row, 'cannot be used');
      return { ...made, documentation: `${made.documentation ?? ''}\n\n${obstacles.get(row.name) ?? ''}` };
    }),
  ];
}

/** What joins a layer with the one at the other side, in a few words. */
function noteOf({ plan, parameters }: Candidate): string {
  if (plan === null) return 'cannot be joined';
  if (plan.kind === 'none') return 'same shape';
  return `${plan.kind}, ${countOf(parameters)} parameters`;
}
