import type { HintConfig } from '../../experiment/schema';
import { layerObstacles } from '../../layers/candidates';
import type { LayerRow, LayerTable, SourcePosition } from '../../layers/table';
import type { ExperimentPicture, InspectedModel } from '../../protocol/inspection';

export type Side = 'teacher' | 'student';

/** An experiment that is open in an editor, with its models. */
export interface KnownExperiment {
  /** Absolute path. */
  file: string;
  /** How people call it. */
  name: string;
  picture: ExperimentPicture;
  /** As its text has them now. */
  hints: readonly HintConfig[];
}

/** A part that a model plays in an experiment. */
export interface Part {
  experiment: KnownExperiment;
  side: Side;
  /** Which teacher of an ensemble, from 0; 0 for a student. */
  member: number;
  /** The model, as the experiment names it. */
  model: string;
  table: LayerTable;
}

/** A hint that a layer is used in. */
export interface LayerUse {
  experiment: KnownExperiment;
  side: Side;
  /** The layer at the other end. */
  partner: string;
}

/** A layer that is made in a line of code. */
export interface PlacedLayer {
  row: LayerRow;
  /** Every part that this layer can play. */
  parts: Part[];
  uses: LayerUse[];
}

/** A line of a file that makes layers. Lines and columns count from 1. */
export interface LayerLine {
  line: number;
  column: number;
  layers: PlacedLayer[];
}

/** Where a place of a layer table is in the text by now; null when it is gone. */
export type LineNow = (table: LayerTable, place: SourcePosition) => number | null;

/** A model of a picture that could be built. */
export type BuiltModel = Omit<Part, 'experiment'>;

/** The models of an experiment, as far as they could be built. */
export function modelsOf({ student, teachers }: ExperimentPicture): BuiltModel[] {
  const built = ({ reference: model, table }: InspectedModel, side: Side, member: number): BuiltModel[] =>
    table === null ? [] : [{ side, member, model, table }];
  return [
    ...(student === null ? [] : built(student, 'student', 0)),
    ...teachers.flatMap((teacher, member) => built(teacher, 'teacher', member)),
  ];
}

function partsOf(experiment: KnownExperiment): Part[] {
  return modelsOf(experiment.picture).map((model) => ({ ...model, experiment }));
}

/**
 * The lines of a file that make layers of open experiments, from the top down. Layers that two experiments, or two
 * teachers, have in common are told once.
 * @param keyOf What makes two paths the same file.
 */
export function layerLines(
  file: string,
  experiments: readonly KnownExperiment[],
  keyOf: (path: string) => string = (path) => path,
  lineNow: LineNow = (_, { line }) => line,
): LayerLine[] {
  const wanted = keyOf(file);
  const lines = new Map<number, LayerLine>();
  for (const part of experiments.flatMap(partsOf)) {
    for (const row of part.table.rows) {
      if (row.source === null || keyOf(row.source.file) !== wanted) continue;
      const line = lineNow(part.table, row.source);
      if (line === null) continue;
      const known = lines.get(line) ?? { line, column: row.source.column, layers: [] };
      lines.set(line, known);
      known.column = Math.min(known.column, row.source.column);
      place(known, { row, parts: [part], uses: usesOf(row, part) });
    }
  }
  return [...lines.values()].sort((a, b) => a.line - b.line);
}

/** Every file that makes layers of the models of an experiment. */
export function layerFiles(picture: ExperimentPicture): string[] {
  const files = modelsOf(picture).flatMap(({ table }) =>
    table.rows.flatMap(({ source }) => (source === null ? [] : [source.file])),
  );
  return [...new Set(files)];
}

/** The layers of lines that can be picked for a side, each with the parts in which it can. */
export function pickable(lines: readonly LayerLine[], side: Side): PlacedLayer[] {
  return lines.flatMap(({ layers }) =>
    layers.flatMap((layer) => {
      const parts = layer.parts.filter(
        (part) =>
          part.side === side && othersOf(part).length > 0 && !layerObstacles(part.table).has(layer.row.name),
      );
      return parts.length === 0 ? [] : [{ ...layer, parts }];
    }),
  );
}

/** The models whose layers can be the other end of a hint. */
export function othersOf({ experiment, side }: Part): Part[] {
  return partsOf(experiment).filter((other) => other.side !== side);
}

/** What a line is used for in hints: VS Code shows one picture beside a line. */
export type LineMark = 'hint' | 'guided' | 'both';

/** The mark of a line; null for one whose layers are in no hint. */
export function markOf({ layers }: LayerLine): LineMark | null {
  const sides = new Set(layers.flatMap(({ uses }) => uses.map(({ side }) => side)));
  if (sides.size === 2) return 'both';
  return sides.has('teacher') ? 'hint' : sides.has('student') ? 'guided' : null;
}

/** Where a chain of calls leads to a layer: the innermost call first. */
export function placesOf({ source }: LayerRow): SourcePosition[] {
  if (source === null) return [];
  return source.chain.length === 0 ? [source] : source.chain;
}

function place(line: LayerLine, layer: PlacedLayer): void {
  const same = line.layers.find(({ row }) => isSameRow(row, layer.row));
  if (same === undefined) {
    line.layers.push(layer);
    return;
  }
  same.parts.push(...layer.parts);
  same.uses.push(...layer.uses);
}

/** Options may give one model other shapes in another experiment; then it is another layer. */
function isSameRow(a: LayerRow, b: LayerRow): boolean {
  return a.name === b.name && a.kind === b.kind && String(a.shape) === String(b.shape);
}

function usesOf({ name }: LayerRow, { experiment, side, member }: Part): LayerUse[] {
  return experiment.hints.flatMap((hint) => {
    const isMeant =
      side === 'student' ? hint.student === name : hint.teacher === name && hint.member === member;
    return isMeant ? [{ experiment, side, partner: side === 'student' ? hint.teacher : hint.student }] : [];
  });
}
