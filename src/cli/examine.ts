import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import colors from 'picocolors';
import { checkExperiment } from '../experiment/check';
import { checkFiles, checkTeacherChain } from '../experiment/files';
import { parseExperiment, type ParsedExperiment } from '../experiment/parse';
import { formatProblem, inTextOrder, type Problem } from '../experiment/problem';
import { fileProbe } from '../runs/fileProbe';
import { hasCode } from '../runs/files';
import { CommandError } from './exit';

/** An experiment file, read and checked in every way. */
export interface ExaminedExperiment {
  /** Absolute path. */
  file: string;
  text: string;
  parsed: ParsedExperiment;
  /** In the order of the text. */
  problems: Problem[];
  /** Whether it can be run: no problem is an error. */
  ok: boolean;
}

/**
 * Reads and checks an experiment, its models included.
 *
 * @param given the path as it was typed.
 * @param text what the file holds, where that is not on the disk yet.
 * @throws CommandError when the file cannot be read.
 */
export async function examineExperiment(given: string, text?: string): Promise<ExaminedExperiment> {
  const file = path.resolve(given);
  const content = text ?? (await readExperimentFile(file));
  const parsed = parseExperiment(content, file);
  const probe = fileProbe((other) => (other === file ? content : undefined));
  const quick = [
    ...parsed.problems,
    ...checkExperiment(parsed),
    ...checkFiles(parsed, probe),
    ...checkTeacherChain(parsed, probe),
  ];
  // Loads TensorFlow.js, which commands that only read runs never need.
  const { preflight } = await import('../trainer/preflight');
  const told = new Set(quick.map(placeOf));
  const deep = await preflight(parsed, { baseDirectory: path.dirname(file) });
  const problems = inTextOrder([...quick, ...deep.filter((problem) => !told.has(placeOf(problem)))]);
  return {
    file,
    text: content,
    parsed,
    problems,
    ok: !problems.some(({ severity }) => severity === 'error'),
  };
}

function placeOf({ line, column }: Problem): string {
  return `${line}:${column}`;
}

async function readExperimentFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw new CommandError(`${file} does not exist.`);
    if (hasCode(error, 'EISDIR'))
      throw new CommandError(`${file} is a folder; name a *.distill.yaml file in it.`);
    throw error;
  }
}

/** The problems for a terminal: one clickable line each, and how many there are. */
export function describeProblems(problems: readonly Problem[]): string {
  const lines = problems.map((problem) => {
    const paint = { error: colors.red, warning: colors.yellow, information: colors.blue }[problem.severity];
    const relative = { ...problem, file: path.relative('', problem.file) || problem.file };
    return formatProblem(relative).replace(`${problem.severity}:`, paint(`${problem.severity}:`));
  });
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const others = problems.length - errors;
  const counts = [
    errors > 0 ? `${errors} error${errors === 1 ? '' : 's'}` : '',
    others > 0 ? `${others} remark${others === 1 ? '' : 's'}` : '',
  ];
  return [...lines, counts.filter(Boolean).join(', ')].join('\n');
}
