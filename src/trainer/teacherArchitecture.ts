import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { describeDataset } from '../data/open';
import { parseExperiment, type ParsedExperiment } from '../experiment/parse';
import type { Finding, Problem } from '../experiment/problem';
import { teachersOf, type Experiment, type GivenTeacher, type TeacherConfig } from '../experiment/schema';
import { hasCode } from '../runs/files';
import { teacherPath, type TeacherArchitecture } from './assemble';

/** What is asked of a teacher: images of this shape, these classes. */
export interface Expectation {
  imageShape: readonly [number, number, number];
  classes: number;
}

/** The experiment of a teacher, read from its file. */
export interface TeacherExperiment {
  /** Absolute path. */
  file: string;
  text: string;
  parsed: ParsedExperiment;
  experiment: Experiment;
}

/**
 * Finds what each teacher of an experiment is, without its trained weights: from the experiment itself, or from the
 * file of the teacher's own experiment. A teacher that cannot be used is null, and a finding says why.
 */
export async function describeTeachers(
  experiment: Experiment,
  baseDirectory: string,
  expectation: Expectation,
): Promise<{ architectures: (TeacherArchitecture | null)[]; findings: Finding[] }> {
  const findings: Finding[] = [];
  const architectures: (TeacherArchitecture | null)[] = [];
  for (const [member, config] of teachersOf(experiment).entries()) {
    const found = await describeTeacher(config, baseDirectory, expectation);
    if ('refusal' in found) {
      const at = [...teacherPath(experiment, member), 'experiment'];
      findings.push({ path: at, code: 'bad-teacher', message: found.refusal });
    }
    architectures.push('refusal' in found ? null : found);
  }
  return { architectures, findings };
}

async function describeTeacher(
  config: TeacherConfig,
  baseDirectory: string,
  expectation: Expectation,
): Promise<TeacherArchitecture | { refusal: string }> {
  if ('model' in config) return describeGivenTeacher(config, baseDirectory);
  const read = await readTeacherExperiment(config, baseDirectory);
  if ('refusal' in read) return read;
  const { student, data } = read.experiment;
  const folder = path.dirname(read.file);
  const mismatch = await explainMismatch(data, folder, expectation);
  if (mismatch !== null) return { refusal: `The teacher ${config.experiment} ${mismatch}` };
  return {
    reference: student.model,
    options: student.options ?? {},
    baseDirectory: folder,
    weights: null,
    label: read.experiment.name ?? path.basename(config.experiment).replace(/(\.distill)?\.ya?ml$/i, ''),
  };
}

/** The architecture of a teacher that is given by its model and its weights. */
export function describeGivenTeacher(config: GivenTeacher, baseDirectory: string): TeacherArchitecture {
  return {
    reference: config.model,
    options: config.options ?? {},
    baseDirectory,
    weights: config.weights === undefined ? null : path.resolve(baseDirectory, config.weights),
    normalize: config.normalize,
    label: config.model,
  };
}

/** Reads the experiment of a teacher, with the seed that the reference gives; a refusal says why it cannot be used. */
export async function readTeacherExperiment(
  config: Extract<TeacherConfig, { experiment: string }>,
  baseDirectory: string,
): Promise<TeacherExperiment | { refusal: string }> {
  const file = path.resolve(baseDirectory, config.experiment);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { refusal: `The teacher's experiment ${file} does not exist.` };
    throw error;
  }
  const parsed = parseExperiment(text, file);
  if (!parsed.experiment) return { refusal: refuseFaulty(parsed.problems)! };
  const experiment = { ...parsed.experiment, seed: config.seed ?? parsed.experiment.seed };
  return { file, text, parsed, experiment };
}

/** Why an experiment with these problems is no teacher; null when none of them is an error. */
export function refuseFaulty(problems: readonly Problem[]): string | null {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (!first) return null;
  const place = `${path.basename(first.file)}:${first.line}:${first.column}`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `The teacher's experiment has mistakes: ${place}: ${first.message}${more}`;
}

async function explainMismatch(
  data: Experiment['data'],
  baseDirectory: string,
  { imageShape, classes }: Expectation,
): Promise<string | null> {
  const theirs = await describeDataset(data, { baseDirectory });
  const shape = [theirs.height, theirs.width, theirs.channels];
  if (shape.some((size, axis) => size !== imageShape[axis])) {
    return `sees images of ${shape.join('×')}, the student sees ${imageShape.join('×')}. Give both the same data.`;
  }
  if (theirs.classes !== classes) {
    return `knows ${theirs.classes} classes, the student learns ${classes}. Give both the same data.`;
  }
  return null;
}
