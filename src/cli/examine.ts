import { readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import colors from 'picocolors';
import { didYouMean, nearestWords } from '../experiment/nearest';
import { parseExperiment } from '../experiment/parse';
import { formatProblem, type Problem } from '../experiment/problem';
import { experimentFileName } from '../runs/create';
import { hasCode } from '../runs/files';
import type { ExaminedExperiment } from '../trainer/examine';
import { nearPath } from './output';
import { watchingModels } from './watching';

/**
 * Reads and checks an experiment, its models included.
 *
 * @param given the path as it was typed.
 * @param text what the file holds, where that is not on the disk yet.
 */
export async function examineExperiment(given: string, text?: string): Promise<ExaminedExperiment> {
  const file = path.resolve(given);
  const content = text ?? (await readExperimentFile(file));
  if (typeof content !== 'string') {
    return { file, text: '', parsed: parseExperiment('', file), problems: [content], ok: false };
  }
  // Loads TensorFlow.js, which commands that only read runs never need.
  const { examineText } = await import('../trainer/examine');
  return watchingModels(() => examineText(file, content));
}

/** The text of the file, or why there is none. */
async function readExperimentFile(file: string): Promise<string | Problem> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'EISDIR')) {
      return unreadable(file, `${file} is a folder; name a *.distill.yaml file in it.`);
    }
    if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ENOTDIR')) throw error;
    const beside = await readdir(path.dirname(file)).catch(() => []);
    const stems = new Map(
      beside.filter((name) => /\.ya?ml$/.test(name)).map((name) => [experimentFileName(name), name]),
    );
    const near = nearestWords(experimentFileName(file), [...stems.keys()]).map((stem) => stems.get(stem)!);
    return unreadable(file, `${file} does not exist.${didYouMean(near)}`, near[0]);
  }
}

function unreadable(file: string, message: string, suggestion?: string): Problem {
  const start = { line: 1, column: 1, endLine: 1, endColumn: 1 };
  const hint = suggestion === undefined ? {} : { suggestion };
  return { file, ...start, severity: 'error', code: 'missing-file', message, ...hint };
}

/** The problems for a terminal: one clickable line each, and how many there are. */
export function describeProblems(problems: readonly Problem[]): string {
  const lines = problems.map((problem) => {
    const paint = { error: colors.red, warning: colors.yellow, information: colors.blue }[problem.severity];
    return formatProblem({ ...problem, file: nearPath(problem.file) }).replace(
      `${problem.severity}:`,
      paint(`${problem.severity}:`),
    );
  });
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const others = problems.length - errors;
  const counts = [
    errors > 0 ? `${errors} error${errors === 1 ? '' : 's'}` : '',
    others > 0 ? `${others} remark${others === 1 ? '' : 's'}` : '',
  ];
  return [...lines, counts.filter(Boolean).join(', ')].join('\n');
}
