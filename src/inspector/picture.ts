import { dirname, resolve } from 'node:path';
import { DataError } from '../data/dataset';
import { describeDataset } from '../data/open';
import { isNetwork, referencedFiles } from '../experiment/files';
import { teachersOf, type Experiment, type TeacherConfig } from '../experiment/schema';
import type { LayerTable } from '../layers/table';
import { ModelError, type ModelContext } from '../models/model';
import { tableOf } from '../models/tableOf';
import type { ExperimentPicture, ExperimentText, InspectedModel } from '../protocol/inspection';
import type { OpenedModel } from '../models/opened';
import { examineText } from '../trainer/examine';
import { describeGivenTeacher, readTeacherExperiment } from '../trainer/teacherArchitecture';
import { filesOfModel, type ModelShelf } from './modelShelf';

/**
 * Images and classes where the data does not tell: code that asks for them gets those of CIFAR-10. Networks in files
 * know their own.
 */
const usualImages: Omit<ModelContext, 'options'> = { inputShape: [32, 32, 3], classes: 10 };

/**
 * Checks an experiment and looks at its models. What is wrong with them is told in the picture; where the data is not
 * there, models are built for images of a usual size.
 *
 * @param shelf where models are kept between two pictures.
 */
export async function takePicture(
  { file, text }: ExperimentText,
  shelf: ModelShelf,
): Promise<ExperimentPicture> {
  const { parsed, problems } = await examineText(file, text, shelf);
  const experiment = parsed.draft;
  if (experiment === null) return { file, problems, student: null, teachers: [], files: [] };
  const folder = dirname(file);
  const images = await describeImages(experiment, folder);
  const { model, options = {} } = experiment.student;
  const student = await inspectModel(shelf, model, { ...(images ?? usualImages), options }, folder);
  const teachers: InspectedModel[] = [];
  for (const teacher of teachersOf(experiment)) {
    teachers.push(await inspectTeacher(shelf, teacher, images, folder));
  }
  const files = new Set<string>();
  await addFiles(files, experiment, file, new Set());
  shelf.tidy();
  return { file, problems, student, teachers, files: [...files] };
}

async function inspectTeacher(
  shelf: ModelShelf,
  teacher: TeacherConfig,
  images: Omit<ModelContext, 'options'> | null,
  folder: string,
): Promise<InspectedModel> {
  if ('model' in teacher) {
    const { reference, options, baseDirectory, weights, normalize } = describeGivenTeacher(teacher, folder);
    if (isNetwork(reference)) {
      const context = images && { ...images, options: {} };
      const open = (file: string | null): Promise<OpenedModel> =>
        shelf.open(reference, { baseDirectory, context, weights: file, normalize });
      return pictured(reference, async () => {
        // Layers can be looked at without weights; that these are missing or broken is told where they are named.
        const opened = await open(weights).catch((error: unknown) => {
          if (weights === null || !(error instanceof ModelError)) throw error;
          return open(null);
        });
        return opened.table;
      });
    }
    return inspectModel(shelf, reference, { ...(images ?? usualImages), options }, baseDirectory);
  }
  const read = await readTeacherExperiment(teacher, folder);
  if ('refusal' in read) {
    return { reference: teacher.experiment, table: null, failure: { message: read.refusal, source: null } };
  }
  const { model, options = {} } = read.experiment.student;
  return inspectModel(shelf, model, { ...(images ?? usualImages), options }, dirname(read.file));
}

function inspectModel(
  shelf: ModelShelf,
  reference: string,
  context: ModelContext,
  baseDirectory: string,
): Promise<InspectedModel> {
  return pictured(reference, async () => {
    const { model, label, definition, files } = await shelf.load(reference, context, { baseDirectory });
    return tableOf(model, label, { definition, files });
  });
}

/** A model with its table, or with the reason why there is none. */
async function pictured(reference: string, look: () => Promise<LayerTable>): Promise<InspectedModel> {
  try {
    return { reference, table: await look(), failure: null };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { reference, table: null, failure: { message: error.message, source: error.source } };
  }
}

/** Null where the data cannot be described, which the checks tell. */
async function describeImages(
  { data }: Experiment,
  baseDirectory: string,
): Promise<Omit<ModelContext, 'options'> | null> {
  try {
    const { height, width, channels, classes } = await describeDataset(data, { baseDirectory });
    return { inputShape: [height, width, channels], classes };
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}

/** Adds the files that an experiment depends on, those of its teachers' experiments included. @param seen experiments. */
async function addFiles(
  files: Set<string>,
  experiment: Experiment,
  file: string,
  seen: Set<string>,
): Promise<void> {
  seen.add(file);
  const folder = dirname(file);
  for (const { file: name, kind, suffix } of referencedFiles(experiment)) {
    const named =
      kind === 'model' || kind === 'network'
        ? await filesOfModel(`${name}${suffix}`, folder)
        : [resolve(folder, name)];
    for (const each of named) files.add(each);
  }
  for (const teacher of teachersOf(experiment)) {
    if (!('experiment' in teacher) || seen.has(resolve(folder, teacher.experiment))) continue;
    const read = await readTeacherExperiment(teacher, folder);
    if (!('refusal' in read)) await addFiles(files, read.experiment, read.file, seen);
  }
}
