import type { HintConfig } from '../../experiment/schema';
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

/** Where a place of the picture of an experiment is in the text by now; null when it is gone. */
export type PlaceNow = (experiment: KnownExperiment, place: SourcePosition) => number | null;

/** The parts of the models of an experiment. */
export function partsOf(experiment: KnownExperiment): { part: Part; table: LayerTable | null }[] {
  const { student, teachers } = experiment.picture;
  const part = ({ reference: model }: InspectedModel, side: Side, member: number): Part => ({
    experiment,
    side,
    member,
    model,
  });
  return [
    ...(student === null ? [] : [{ part: part(student, 'student', 0), table: student.table }]),
    ...teachers.map((model, member) => ({ part: part(model, 'teacher', member), table: model.table })),
  ];
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
  lineNow: PlaceNow = (_, { line }) => line,
): LayerLine[] {
  const wanted = keyOf(file);
  const lines = new Map<number, LayerLine>();
  for (const { part, table } of experiments.flatMap(partsOf)) {
    for (const row of table?.rows ?? []) {
      if (row.source === null || keyOf(row.source.file) !== wanted) continue;
      const line = lineNow(part.experiment, row.source);
      if (line === null) continue;
      const known = lines.get(line) ?? { line, column: row.source.column, layers: [] };
      lines.set(line, known);
      known.column = Math.min(known.column, row.source.column);
      place(known, { row, parts: [part], uses: usesOf(row, part) });
    }
  }
  return [...lines.values()].sort((a, b) => a.line - b.line);
}

/** Every file that makes layers of an experiment. */
export function layerFiles(experiment: KnownExperiment): string[] {
  const files = partsOf(experiment).flatMap(({ table }) =>
    (table?.rows ?? []).flatMap(({ source }) => (source === null ? [] : [source.file])),
  );
  return [...new Set(files)];
}

/** Whether a hint can be tied to a layer: it has one output, of a known kind of shape. */
export function isTappable({ shape, uses }: LayerRow): boolean {
  return shape !== null && uses === 1;
}

/** The layers of lines that can be picked for a side, each with the parts in which it can. */
export function pickable(lines: readonly LayerLine[], side: Side): PlacedLayer[] {
  return lines.flatMap(({ layers }) =>
    layers.flatMap((layer) => {
      const parts = isTappable(layer.row)
        ? layer.parts.filter((part) => part.side === side && hasPartner(part))
        : [];
      return parts.length === 0 ? [] : [{ ...layer, parts }];
    }),
  );
}

/** Where a chain of calls leads to a layer: the innermost call first. */
export function placesOf({ source }: LayerRow): SourcePosition[] {
  if (source === null) return [];
  return source.chain.length === 0 ? [source] : source.chain;
}

function hasPartner({ experiment, side }: Part): boolean {
  const { student, teachers } = experiment.picture;
  return side === 'student' ? teachers.some(({ table }) => table !== null) : student?.table != null;
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
