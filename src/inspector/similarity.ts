import { dirname, join } from 'node:path';
import { batchesOf } from '../data/batches';
import { DataError, type Batch, type Dataset, type ImageSet } from '../data/dataset';
import { openDataset } from '../data/open';
import { EngineError } from '../engine/engine';
import { selectEngine } from '../engine/select';
import { parseExperiment } from '../experiment/parse';
import { formatProblem } from '../experiment/problem';
import { teachersOf, type Experiment, type TeacherConfig } from '../experiment/schema';
import { ModelError, type ModelContext } from '../models/model';
import { openModel } from '../models/open';
import type { OpenedModel } from '../models/opened';
import type { ExperimentText, SimilarityMatrix } from '../protocol/inspection';
import { keyedRandom, permutation } from '../random/keyed';
import { fingerprintsOf } from '../runs/fingerprint';
import { RUN_FILES } from '../runs/record';
import { RunStore } from '../runs/store';
import { findTeacherRun } from '../runs/teacher';
import { findWorkspace } from '../runs/workspace';
import { CkaSums, type Estimator, type LayerGram } from '../similarity/cka';
import { describeGivenTeacher, readTeacherExperiment } from '../trainer/teacherArchitecture';
import { prepareSight, type Sight } from './sight';
import { suggestHints } from './suggestions';

/** What all layers of both models may give for one batch together, before it is made smaller: 256 MiB. */
const mostBatchBytes = 256 * 1024 * 1024;
/** Batches below this size tell little, and HSIC₁ needs 4. */
const smallestBatch = 8;

/** Told how far the comparison is, as a share from 0 to 1. */
export type Progress = (message: string, share: number) => void;

/**
 * Shows the same images to a teacher and the student of an experiment, and compares each layer of the one with each
 * layer of the other by linear CKA (`src/similarity`). The images are test images, drawn by the seed of the
 * experiment. The teacher has the weights that would teach: those of its file, or the best checkpoint of the newest
 * finished run of its experiment. The student has the weights with which a run begins, since that is what hints are
 * chosen for; the notes say so.
 *
 * @param member index of the teacher.
 * @param images how many images, at least 2; all test images where there are fewer.
 * @throws an error that {@link isMistake} knows, e.g. for an experiment with mistakes, or without such a teacher.
 */
export async function compareLayers(
  { file, text }: ExperimentText,
  member: number,
  images: number,
  progress: Progress,
): Promise<SimilarityMatrix> {
  const experiment = readSound(file, text);
  const teacher = teachersOf(experiment)[member];
  if (teacher === undefined) throw new ExperimentMistake(explainMember(experiment, member));
  const folder = dirname(file);
  progress('Starting the engine', 0);
  const engine = await selectEngine('auto', folder);
  progress('Reading the images', 0.1);
  const dataset = await openDataset(experiment.data, {
    baseDirectory: folder,
    onProgress: (message) => {
      progress(message, 0.1);
    },
  });
  progress('Building the models', 0.2);
  const notes: string[] = [];
  const prepared: Sight[] = [];
  const prepare = (opened: OpenedModel): Sight => {
    const sight = prepareSight(engine, opened);
    prepared.push(sight);
    return sight;
  };
  try {
    const sights = {
      teacher: prepare(await openTeacher(teacher, folder, dataset, notes)),
      student: prepare(await openStudent(experiment, folder, dataset, notes)),
    };
    const plan = planBatches(Math.min(images, dataset.test.count), sights);
    const values = await compareSights(sights, plan, dataset.test, experiment.seed, progress);
    notes.push(...describeNumbers(plan, sights, engine.device));
    return {
      teacherLayers: sights.teacher.layers,
      studentLayers: sights.student.layers,
      values,
      images: plan.batch * plan.batches,
      suggestions: suggestHints(sights.teacher, sights.student, values),
      notes,
    };
  } finally {
    for (const sight of prepared) sight.dispose();
  }
}

/** Linear CKA of all pairs of layers, `[teacher layers × student layers]`. */
async function compareSights(
  sights: Record<'teacher' | 'student', Sight>,
  plan: BatchPlan,
  set: ImageSet,
  seed: number,
  progress: Progress,
): Promise<Float32Array> {
  const sums = new CkaSums(sights.teacher.layers.length, sights.student.layers.length, plan.estimator);
  const chosen = chooseImages(set, plan.batch * plan.batches, seed);
  let done = 0;
  for (const batch of batchesOf(chosen, plan.batch)) {
    progress('Comparing the layers', 0.3 + (0.7 * done) / plan.batches);
    sums.add(await see(sights.teacher, batch, chosen), await see(sights.student, batch, chosen), batch.size);
    done += 1;
  }
  return sums.values();
}

/** Whether an error of {@link compareLayers} is about the experiment, its data or its models; its message tells all. */
export function isMistake(error: unknown): error is Error {
  return (
    error instanceof ExperimentMistake ||
    error instanceof DataError ||
    error instanceof ModelError ||
    error instanceof EngineError
  );
}

class ExperimentMistake extends Error {
  override name = 'ExperimentMistake';
}

/** @throws ExperimentMistake with the first mistake. */
function readSound(file: string, text: string): Experiment {
  const { experiment, problems } = parseExperiment(text, file);
  if (experiment !== null) return experiment;
  const [first] = problems.filter(({ severity }) => severity === 'error');
  throw new ExperimentMistake(
    `The experiment has mistakes. ${first === undefined ? '' : formatProblem(first)}`.trimEnd(),
  );
}

function explainMember(experiment: Experiment, member: number): string {
  const count = teachersOf(experiment).length;
  if (count === 0) return 'The experiment has no teacher to compare the student with.';
  return `There is no teacher ${member}: the experiment has ${count}, counted from 0.`;
}

async function openTeacher(
  config: TeacherConfig,
  folder: string,
  dataset: Dataset,
  notes: string[],
): Promise<OpenedModel> {
  if ('model' in config) {
    const { reference, options, ...given } = describeGivenTeacher(config, folder);
    return openModel(reference, { ...given, context: contextOf(dataset, options) });
  }
  const read = await readTeacherExperiment(config, folder);
  if ('refusal' in read) throw new ExperimentMistake(read.refusal);
  const { file, experiment } = read;
  const { fingerprint } = await fingerprintsOf(experiment, file);
  const { finished } = await findTeacherRun(new RunStore(await findWorkspace(folder)), fingerprint);
  notes.push(
    finished === null
      ? 'The teacher is not trained yet: its weights are random, so these numbers say little. Run its experiment first.'
      : `The teacher has the weights of its run ${finished.id}.`,
  );
  const { model, options = {} } = experiment.student;
  return openModel(model, {
    baseDirectory: dirname(file),
    context: contextOf(dataset, options),
    weights: finished && join(finished.directory, RUN_FILES.bestCheckpoint),
    random: keyedRandom(experiment.seed, 'student'),
  });
}

async function openStudent(
  { student, seed }: Experiment,
  baseDirectory: string,
  dataset: Dataset,
  notes: string[],
): Promise<OpenedModel> {
  notes.push('The student has the weights with which a run begins.');
  return openModel(student.model, {
    baseDirectory,
    context: contextOf(dataset, student.options ?? {}),
    weights: null,
    random: keyedRandom(seed, 'student'),
  });
}

function contextOf({ test, classes }: Dataset, options: ModelContext['options']): ModelContext {
  const inputShape: [number, number, number] = [test.height, test.width, test.channels];
  return { inputShape, classes, options };
}

/** In which batches the images are shown, and how what these tell is put together. */
interface BatchPlan {
  batch: number;
  batches: number;
  estimator: Estimator;
}

/** One batch where what all layers give for it fits into memory, else several of one size. */
export function planBatches(
  images: number,
  sights: Record<'teacher' | 'student', Pick<Sight, 'values'>>,
): BatchPlan {
  const bytes = 4 * (sights.teacher.values + sights.student.values);
  const most = Math.max(smallestBatch, Math.floor(mostBatchBytes / bytes));
  if (images <= most) return { batch: images, batches: 1, estimator: 'biased' };
  const batches = Math.ceil(images / most);
  return { batch: Math.floor(images / batches), batches, estimator: 'unbiased' };
}

/** So many images of a set, drawn without order. */
function chooseImages(set: ImageSet, count: number, seed: number): ImageSet {
  const order = permutation(set.count, keyedRandom(seed, 'similarity')).subarray(0, count);
  const pixels = set.height * set.width * set.channels;
  const images = new Uint8Array(count * pixels);
  const labels = new Uint8Array(count);
  for (const [row, sample] of order.entries()) {
    images.set(set.images.subarray(sample * pixels, (sample + 1) * pixels), row * pixels);
    labels[row] = set.labels[sample]!;
  }
  return { ...set, count, images, labels };
}

function see(sight: Sight, batch: Batch, { height, width, channels }: ImageSet): Promise<LayerGram[]> {
  return sight.see({ data: batch.images, shape: [batch.size, height, width, channels] });
}

function describeNumbers(
  { batch, batches, estimator }: BatchPlan,
  sights: Record<'teacher' | 'student', Sight>,
  device: string,
): string[] {
  const how =
    estimator === 'biased'
      ? `Linear CKA (Kornblith et al. 2019) of ${batch} test images, computed on ${device}.`
      : `Linear CKA with the unbiased estimator HSIC₁ (Nguyen et al. 2021) over ${batches} batches of ${batch} test images, computed on ${device}.`;
  const untapped = (['teacher', 'student'] as const).flatMap((role) =>
    sights[role].untapped.length === 0
      ? []
      : `Of the ${role} these layers are left out, which are applied several times or have no known shape: ${sights[role].untapped.join(', ')}.`,
  );
  return [how, ...untapped];
}
