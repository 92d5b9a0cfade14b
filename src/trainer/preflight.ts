import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { DataError } from '../data/dataset';
import { describeDataset } from '../data/open';
import { checkExperiment } from '../experiment/check';
import { locate, type ParsedExperiment } from '../experiment/parse';
import { formatPath, inTextOrder, type Finding, type Problem } from '../experiment/problem';
import { teachersOf, type Experiment } from '../experiment/schema';
import { assemble, disposeAdapters, teacherPath } from './assemble';
import { freshModels, type ModelSource } from './modelSource';
import { describeTeachers, readTeacherExperiment, refuseFaulty } from './teacherArchitecture';
import { findWeakTeachers } from './weakTeacher';

/**
 * Checks what no schema can: that the data is there, the models build, weights fit, layers exist and adapters join
 * them. Runs the model code of the workspace, so only call it when that is trusted.
 *
 * @returns every problem found, in the order of the text; empty when the first step could be run.
 */
export async function preflight(
  parsed: ParsedExperiment,
  { baseDirectory, models = freshModels }: { baseDirectory: string; models?: ModelSource },
): Promise<Problem[]> {
  // Keeps tfjs from advertising its native package on standard error.
  tf.enableProdMode();
  // Building models needs a backend, and this one is there at once; what is built here is thrown away.
  if (!tf.getBackend()) await tf.setBackend('cpu');
  const problems = await preflightWithin(parsed, { baseDirectory, models, chain: [parsed.file] });
  const weak = await findWeakTeachers(parsed);
  return inTextOrder([...problems, ...weak.map((finding) => locate(parsed, finding))]);
}

interface Surroundings {
  baseDirectory: string;
  models: ModelSource;
  /** The files of the experiments that this one teaches, itself included. */
  chain: readonly string[];
}

async function preflightWithin(parsed: ParsedExperiment, surroundings: Surroundings): Promise<Problem[]> {
  // A file with mistakes is looked at as it was probably meant, so that all its problems are told at once.
  if (!parsed.draft) return [];
  const findings = await findMistakes(parsed.draft, surroundings);
  const mended = mendModels(parsed.draft, findings);
  if (mended) {
    const told = new Set(findings.map(({ path: at }) => formatPath(at)));
    const behind = await findMistakes(mended, surroundings);
    findings.push(...behind.filter(({ path: at }) => !told.has(formatPath(at))));
  }
  const known = new Set(parsed.problems.filter(({ severity }) => severity === 'error').map(placeOf));
  return inTextOrder(
    findings.map((finding) => locate(parsed, finding)).filter((problem) => !known.has(placeOf(problem))),
  );
}

function placeOf({ line, column }: Problem): string {
  return `${line}:${column}`;
}

async function findMistakes(experiment: Experiment, surroundings: Surroundings): Promise<Finding[]> {
  const { baseDirectory, models } = surroundings;
  try {
    const { height, width, channels, classes } = await describeDataset(experiment.data, { baseDirectory });
    const imageShape: [number, number, number] = [height, width, channels];
    const theirs = await findMistakesOfTeachers(experiment, surroundings);
    const teachers = await describeTeachers(experiment, baseDirectory, { imageShape, classes });
    const { lesson, findings } = await assemble(experiment, {
      baseDirectory,
      imageShape,
      classes,
      models,
      // One that cannot be trained is told as such, and not once more.
      teachers: teachers.architectures.map((each, member) => (theirs[member] ? null : each)),
    });
    // The models belong to their source, the adapters to nobody.
    disposeAdapters(lesson?.hints ?? []);
    return [...theirs.filter((finding) => finding !== null), ...teachers.findings, ...findings];
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return [{ path: error.at, code: error.code, message: error.message }];
  }
}

/** For each teacher with an experiment of its own what would keep that from being trained, or null. */
async function findMistakesOfTeachers(
  experiment: Experiment,
  { baseDirectory, models, chain }: Surroundings,
): Promise<(Finding | null)[]> {
  const refusals = new Map<string, string | null>();
  const found: (Finding | null)[] = [];
  for (const [member, config] of teachersOf(experiment).entries()) {
    const teacher = 'model' in config ? null : await readTeacherExperiment(config, baseDirectory);
    // Those that cannot be read, and those that lead in a circle, are told by others.
    if (teacher === null || 'refusal' in teacher || chain.includes(teacher.file)) {
      found.push(null);
      continue;
    }
    const { file, parsed } = teacher;
    if (!refusals.has(file)) {
      const deep = await preflightWithin(parsed, {
        baseDirectory: path.dirname(file),
        models,
        chain: [...chain, file],
      });
      refusals.set(file, refuseFaulty([...checkExperiment(parsed), ...deep]));
    }
    const message = refusals.get(file) ?? null;
    const at = [...teacherPath(experiment, member), 'experiment'];
    found.push(message === null ? null : { path: at, code: 'bad-teacher', message });
  }
  return found;
}

/**
 * The experiment with its models as they were probably meant, to look for mistakes behind them, such as layers that
 * are not there; null when there is nothing to mend.
 */
function mendModels(experiment: Experiment, findings: readonly Finding[]): Experiment | null {
  const mended = structuredClone(experiment);
  const models = new Map<string, { model: string; options?: Record<string, unknown> | undefined }>([
    ['student', mended.student],
  ]);
  for (const [member, teacher] of teachersOf(mended).entries()) {
    if ('model' in teacher) models.set(formatPath(teacherPath(mended, member)), teacher);
  }
  let isMended = false;
  for (const { path: at, suggestion, code } of findings) {
    const model = models.get(formatPath(at.slice(0, -1)));
    if (model && at.at(-1) === 'model' && suggestion !== undefined) {
      model.model = suggestion;
      isMended = true;
    }
    // Of options within options the mistake is told, and nothing behind it.
    const withOptions = at.at(-2) === 'options' ? models.get(formatPath(at.slice(0, -2))) : undefined;
    if (withOptions?.options === undefined || code === 'unused') continue;
    const { [String(at.at(-1))]: value, ...others } = withOptions.options;
    withOptions.options = suggestion === undefined ? others : { ...others, [suggestion]: value };
    isMended = true;
  }
  return isMended ? mended : null;
}
