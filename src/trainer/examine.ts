import * as path from 'node:path';
import { checkExperiment } from '../experiment/check';
import { checkFiles, checkTeacherChain } from '../experiment/files';
import { parseExperiment, type ParsedExperiment } from '../experiment/parse';
import { inTextOrder, type Problem } from '../experiment/problem';
import { fileProbe } from '../runs/fileProbe';
import type { ModelSource } from './modelSource';
import { preflight } from './preflight';

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
 * Checks the text of an experiment, its models included: everything that `distillery check` tells. Runs the model code
 * of the workspace, so only call it when that is trusted.
 *
 * @param file absolute path; its text on the disk does not count.
 * @param models where models come from; new ones, unless said otherwise.
 */
export async function examineText(
  file: string,
  text: string,
  models?: ModelSource,
): Promise<ExaminedExperiment> {
  const parsed = parseExperiment(text, file);
  const probe = fileProbe((other) => (other === file ? text : undefined));
  const quick = [
    ...parsed.problems,
    ...checkExperiment(parsed),
    ...checkFiles(parsed, probe),
    ...checkTeacherChain(parsed, probe),
  ];
  const told = new Set(quick.filter(({ severity }) => severity === 'error').map(placeOf));
  const deep = await preflight(parsed, { baseDirectory: path.dirname(file), ...(models && { models }) });
  const problems = inTextOrder([...quick, ...deep.filter((problem) => !told.has(placeOf(problem)))]);
  return { file, text, parsed, problems, ok: !problems.some(({ severity }) => severity === 'error') };
}

function placeOf({ line, column }: Problem): string {
  return `${line}:${column}`;
}
