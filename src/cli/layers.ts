import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import colors from 'picocolors';
import { DataError } from '../data/dataset';
import { describeDataset } from '../data/open';
import { parseExperiment } from '../experiment/parse';
import type { Experiment } from '../experiment/schema';
import type { LayerRow, LayerTable, SourcePosition } from '../layers/table';
import { ModelError, type ModelContext } from '../models/model';
import { comesInAFile, openModel } from '../models/open';
import { showSizes } from '../models/openedLayers';
import { describeTeachers } from '../trainer/teacherArchitecture';
import { describeProblems } from './examine';
import { CommandError, EXIT, type ExitCode } from './exit';
import { group, layOutTable, nearPath, printJson, printLine } from './output';
import { watchingModels } from './watching';

export interface LayersOptions {
  /** `[height, width, channels]`. */
  input?: [number, number, number];
  classes?: number;
  /** Of the model. */
  options?: Record<string, unknown>;
  weights?: string;
  json?: boolean;
}

/** A model of an experiment. */
interface ExperimentModel {
  role: 'student' | 'teacher';
  table: LayerTable;
}

/**
 * Prints the layer table of a model, or of the models of an experiment.
 *
 * @param given a model as experiments name it, or a `*.distill.yaml` file.
 * @throws CommandError for models that cannot be opened, with the place where that is known.
 */
export async function layers(given: string, options: LayersOptions): Promise<ExitCode> {
  // Keeps tfjs from advertising its native package on standard error.
  tf.enableProdMode();
  // Building models needs a backend, and this one is there at once.
  if (!tf.getBackend()) await tf.setBackend('cpu');
  try {
    const show = /\.ya?ml$/i.test(given) ? showExperiment : showModel;
    await watchingModels(() => show(given, options));
    return EXIT.ok;
  } catch (error) {
    if (error instanceof ModelError) throw new CommandError(describeError(error));
    if (error instanceof DataError) throw new CommandError(error.message);
    throw error;
  }
}

async function showModel(reference: string, options: LayersOptions): Promise<void> {
  const { input, classes, options: given, weights } = options;
  const asks =
    input !== undefined || (!comesInAFile(reference) && (classes !== undefined || given !== undefined));
  const context: ModelContext = {
    inputShape: input ?? [32, 32, 3],
    classes: classes ?? 10,
    options: given ?? {},
  };
  const table = await tableOf(reference, {
    baseDirectory: process.cwd(),
    context: asks ? context : null,
    weights: weights === undefined ? null : path.resolve(weights),
    classifier: false,
  });
  if (options.json) printJson(table.rows);
  else printLine(layOutLayers(table));
}

async function tableOf(reference: string, options: Parameters<typeof openModel>[1]): Promise<LayerTable> {
  const model = await openModel(reference, options);
  const { table } = model;
  model.dispose();
  return table;
}

async function showExperiment(given: string, { json, ...others }: LayersOptions): Promise<void> {
  const extra = Object.keys(others);
  if (extra.length > 0) {
    throw new CommandError(`An experiment says itself what --${extra.join(' and --')} would. Leave it out.`);
  }
  const models = await tablesOfExperiment(path.resolve(given));
  if (json) {
    printJson(models.map(({ role, table }) => ({ role, label: table.label, rows: table.rows })));
  } else {
    printLine(models.map(({ role, table }) => layOutLayers(table, role)).join('\n\n'));
  }
}

/** The student's table, then those of the teachers. */
async function tablesOfExperiment(file: string): Promise<ExperimentModel[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandError(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  const { experiment, problems } = parseExperiment(text, file);
  if (!experiment) throw new CommandError(describeProblems(problems));
  const baseDirectory = path.dirname(file);
  const expected = await expectationOf(experiment, baseDirectory);
  const contextOf = (options: Record<string, unknown> = {}): ModelContext => ({
    inputShape: expected.imageShape,
    classes: expected.classes,
    options,
  });
  const { model: reference, options } = experiment.student;
  const student = await tableOf(reference, { baseDirectory, context: contextOf(options), weights: null });
  const models: ExperimentModel[] = [{ role: 'student', table: student }];
  const { architectures, findings } = await describeTeachers(experiment, baseDirectory, expected);
  for (const teacher of architectures) {
    if (teacher === null) continue;
    const context = contextOf(teacher.options);
    const { baseDirectory: folder, weights } = teacher;
    const table = await tableOf(teacher.reference, { baseDirectory: folder, context, weights });
    models.push({ role: 'teacher', table });
  }
  const [refusal] = findings;
  if (refusal !== undefined) throw new CommandError(refusal.message);
  return models;
}

async function expectationOf(
  { data }: Experiment,
  baseDirectory: string,
): Promise<{ imageShape: [number, number, number]; classes: number }> {
  const { height, width, channels, classes } = await describeDataset(data, { baseDirectory });
  return { imageShape: [height, width, channels], classes };
}

/** A layer table for a terminal, with sums and what else is to be known. */
export function layOutLayers(table: LayerTable, role = 'model'): string {
  const { label, format, input, outputs, rows, definition, notes } = table;
  const facts = [
    format,
    ...(input === null ? [] : [`takes ${showSizes(input)}`]),
    ...(outputs.length === 0 ? [] : [`gives ${outputs.join(', ')}`]),
    ...(definition === null ? [] : [showPlace(definition)]),
  ];
  const sum = (count: (row: LayerRow) => number): number =>
    rows.reduce((total, row) => total + count(row), 0);
  const cells = rows.map((row) => [
    row.uses === 1 ? row.name : `${row.name} (${row.uses} times)`,
    row.kind,
    row.shape === null ? '–' : showSizes(row.shape),
    row.parameters === 0 ? '–' : group(row.parameters),
    row.multiplyAdds === 0 ? '–' : group(row.multiplyAdds),
    row.receptiveField === null ? '–' : row.receptiveField.join('×'),
    row.source === null ? '' : showPlace(row.source),
  ]);
  const totals = [
    `${rows.length} layer${rows.length === 1 ? '' : 's'}`,
    ...['', ''],
    group(sum(({ parameters }) => parameters)),
    group(sum(({ multiplyAdds }) => multiplyAdds)),
    ...['', ''],
  ];
  const head = ['layer', 'kind', 'shape', 'parameters', 'multiply-adds', 'receptive field', 'source'];
  return [
    `${colors.bold(label)} (${role}): ${facts.join(' · ')}`,
    layOutTable(head, [...cells, totals], [3, 4]),
    ...notes,
  ].join('\n');
}

/** `models/net.ts:12:5`, relative to the working directory where it lies in there. */
function showPlace({ file, line, column }: SourcePosition): string {
  return `${nearPath(file)}:${line}:${column}`;
}

function describeError({ message, source }: ModelError): string {
  return source === null ? message : `${showPlace(source)}: ${message}`;
}
