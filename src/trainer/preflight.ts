import * as tf from '@tensorflow/tfjs';
import { DataError } from '../data/dataset';
import { describeDataset } from '../data/open';
import { locate, type ParsedExperiment } from '../experiment/parse';
import { inTextOrder, type Finding, type Problem } from '../experiment/problem';
import type { Experiment } from '../experiment/schema';
import { assemble } from './assemble';
import { describeTeachers } from './teacherArchitecture';

/**
 * Checks what no schema can: that the data is there, the models build, weights fit, layers exist and adapters join
 * them. Runs the model code of the workspace, so only call it when that is trusted.
 *
 * @returns every problem found, in the order of the text; empty when the first step could be run.
 */
export async function preflight(
  parsed: ParsedExperiment,
  options: { baseDirectory: string },
): Promise<Problem[]> {
  // A file with mistakes is looked at as it was probably meant, so that all its problems are told at once.
  if (!parsed.draft) return [];
  const findings = await findMistakes(parsed.draft, options.baseDirectory);
  const known = new Set(parsed.problems.filter(({ severity }) => severity === 'error').map(placeOf));
  return inTextOrder(
    findings.map((finding) => locate(parsed, finding)).filter((problem) => !known.has(placeOf(problem))),
  );
}

function placeOf({ line, column }: Problem): string {
  return `${line}:${column}`;
}

async function findMistakes(experiment: Experiment, baseDirectory: string): Promise<Finding[]> {
  // Keeps tfjs from advertising its native package on standard error.
  tf.enableProdMode();
  // Building models needs a backend, and this one is there at once; what is built here is thrown away.
  if (!tf.getBackend()) await tf.setBackend('cpu');
  try {
    const { height, width, channels, classes } = await describeDataset(experiment.data, { baseDirectory });
    const imageShape: [number, number, number] = [height, width, channels];
    const teachers = await describeTeachers(experiment, baseDirectory, { imageShape, classes });
    const { findings } = await assemble(experiment, {
      baseDirectory,
      imageShape,
      classes,
      teachers: teachers.architectures,
    });
    return [...teachers.findings, ...findings];
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return [{ path: error.at, code: error.code, message: error.message }];
  }
}
