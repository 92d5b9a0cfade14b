import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import colors from 'picocolors';
import type { SimilarityMatrix } from '../protocol/inspection';
import { hasCode, isMissing } from '../runs/files';
import { CommandError, EXIT, type ExitCode } from './exit';
import { printJson, printLine } from './output';
import { watchingModels } from './watching';

export interface SimilarityOptions {
  member: number;
  images: number;
  json?: boolean;
}

/** From unlike to alike, in fifths. */
const shades = [' ', '░', '▒', '▓', '█'];

/** `distillery similarity FILE`: how alike the layers of teacher and student see the same images. */
export async function similarity(given: string, options: SimilarityOptions): Promise<ExitCode> {
  const file = path.resolve(given);
  const text = await readText(file);
  // Loads TensorFlow.js.
  const { compareLayers, isMistake } = await import('../inspector/similarity');
  let last = '';
  const progress = (message: string): void => {
    if (message !== last) process.stderr.write(`${message} …\n`);
    last = message;
  };
  let matrix: SimilarityMatrix;
  try {
    const { member, images } = options;
    matrix = await watchingModels(() => compareLayers({ file, text }, member, images, progress));
  } catch (error) {
    if (isMistake(error)) throw new CommandError(error.message, EXIT.mistake);
    throw error;
  }
  if (options.json) printJson(machineMatrix(matrix));
  else printLine(layOutMatrix(matrix));
  return EXIT.ok;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error) || hasCode(error, 'ENOTDIR')) throw new CommandError(`${file} does not exist.`);
    if (hasCode(error, 'EISDIR')) throw new CommandError(`${file} is a folder; name a *.distill.yaml file.`);
    throw error;
  }
}

/** The matrix as `--json` gives it: rows of numbers, null where a layer is constant. */
export function machineMatrix(matrix: SimilarityMatrix): Record<string, unknown> {
  const { teacherLayers, studentLayers, images, suggestions, notes } = matrix;
  const values = rowsOf(matrix).map((row) => row.map((value) => (Number.isNaN(value) ? null : value)));
  return { teacherLayers, studentLayers, values, images, suggestions, notes };
}

/** The matrix as a table: a row for each layer of the teacher, a numbered column for each one of the student. */
export function layOutMatrix(matrix: SimilarityMatrix): string {
  const { teacherLayers, studentLayers, suggestions, notes } = matrix;
  const width = Math.max(...teacherLayers.map(({ length }) => length), 'teacher'.length);
  const suggested = new Set(suggestions.map(({ teacher, student }) => `${teacher}\n${student}`));
  const head = studentLayers.map((_, column) => String(column + 1).padStart(6)).join('');
  const rows = rowsOf(matrix).map((row, index) => {
    const cells = row.map((value, column) => {
      const isSuggested = suggested.has(`${teacherLayers[index]!}\n${studentLayers[column]!}`);
      const cell = cellOf(value);
      return isSuggested ? colors.bold(colors.green(cell)) : cell;
    });
    return `${teacherLayers[index]!.padEnd(width)}${cells.join('')}`;
  });
  const names = studentLayers.map((name, column) => `${String(column + 1).padStart(4)}  ${name}`);
  const pairs = suggestions.map(
    ({ teacher, student, reason }) => `  ${colors.bold(`${teacher} → ${student}`)}: ${reason}`,
  );
  return [
    `${'teacher'.padEnd(width)}${head}`,
    ...rows,
    '',
    'student',
    ...names,
    '',
    pairs.length === 0 ? 'No pair of layers is alike enough for a hint.' : 'Pairs for hints:',
    ...pairs,
    '',
    ...notes,
  ].join('\n');
}

function rowsOf({ teacherLayers, studentLayers, values }: SimilarityMatrix): number[][] {
  const columns = studentLayers.length;
  return teacherLayers.map((_, row) => [...values.subarray(row * columns, (row + 1) * columns)]);
}

/** ` ▓0.71`, or ` –` for a constant layer. */
function cellOf(value: number): string {
  if (Number.isNaN(value)) return '     –';
  const shade = shades[Math.min(shades.length - 1, Math.floor(value * shades.length))]!;
  return ` ${shade}${value.toFixed(2)}`;
}
