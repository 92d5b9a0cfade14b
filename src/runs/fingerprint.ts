import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { canonicalBaseline, canonicalExperiment } from '../experiment/canonical';
import { splitModelReference } from '../experiment/files';
import { parseExperiment } from '../experiment/parse';
import { teachersOf, type DataConfig, type Experiment, type TeacherConfig } from '../experiment/schema';
import { hashFile, isMissing } from './files';
import { hashModelCode } from './modelCode';
import { hashNetwork } from './networkFile';

export interface Fingerprints {
  /** sha256, in hex, of everything that decides the result. */
  fingerprint: string;
  /** That of the student trained alone, on the labels only. */
  baselineFingerprint: string;
}

/**
 * Names what an experiment leads to: equal for experiments that mean the same, wherever they lie and however they are
 * written. The files that it names count by what they hold: edit the code of a model, and its runs are other runs.
 * The images of a folder (`data.path`) count by its place.
 * @param file Absolute path of the experiment file.
 */
export async function fingerprintsOf(experiment: Experiment, file: string): Promise<Fingerprints> {
  const named = await nameFilesByContent(experiment, [file]);
  return {
    fingerprint: sha256(canonicalExperiment(named)),
    baselineFingerprint: sha256(canonicalBaseline(named)),
  };
}

/** The experiment with what its files hold instead of their names. */
async function nameFilesByContent(experiment: Experiment, chain: readonly string[]): Promise<Experiment> {
  const folder = dirname(chain.at(-1)!);
  const teachers = await Promise.all(
    teachersOf(experiment).map((teacher) => nameTeacher(teacher, folder, chain)),
  );
  return {
    ...experiment,
    data: await nameData(experiment.data, folder),
    ...(teachers.length > 0 && { teacher: teachers }),
    student: { ...experiment.student, model: await nameModel(experiment.student.model, folder) },
  };
}

async function nameTeacher(
  teacher: TeacherConfig,
  folder: string,
  chain: readonly string[],
): Promise<TeacherConfig> {
  if ('model' in teacher) {
    const model = await nameModel(teacher.model, folder);
    if (teacher.weights === undefined) return { ...teacher, model };
    return { ...teacher, model, weights: await nameFile(resolve(folder, teacher.weights)) };
  }
  const file = resolve(folder, teacher.experiment);
  const text = await readIfPresent(file);
  const parsed = text === null ? null : parseExperiment(text, file).experiment;
  // What cannot be read, or teaches itself, is refused before it is run; its name must do.
  if (parsed === null || chain.includes(file)) return { ...teacher, experiment: file };
  const seeded = { ...parsed, seed: teacher.seed ?? parsed.seed };
  return { experiment: sha256(canonicalExperiment(await nameFilesByContent(seeded, [...chain, file]))) };
}

async function nameModel(reference: string, folder: string): Promise<string> {
  const model = splitModelReference(reference);
  if (model.kind === 'zoo') return reference;
  const file = resolve(folder, model.path);
  if (model.kind === 'network') return (await hashNetwork(file)) ?? file;
  return `${(await hashModelCode(file)) ?? file}#${model.export}`;
}

async function nameData(data: DataConfig, folder: string): Promise<DataConfig> {
  switch (data.dataset) {
    case 'digits':
      return data;
    case 'mnist':
    case 'fashion-mnist':
      return data.path === undefined ? data : { ...data, path: resolve(folder, data.path) };
    case 'idx': {
      const { train, test } = data.files;
      const files = [train.images, train.labels, test.images, test.labels];
      const [trainImages, trainLabels, testImages, testLabels] = await Promise.all(
        files.map((file) => nameFile(resolve(folder, file))),
      );
      return {
        ...data,
        files: {
          train: { images: trainImages!, labels: trainLabels! },
          test: { images: testImages!, labels: testLabels! },
        },
      };
    }
  }
}

/** What a file holds, by its hash; its path when there is no such file, which is refused before it is run. */
async function nameFile(file: string): Promise<string> {
  return (await hashFile(file)) ?? file;
}

async function readIfPresent(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
