import type { DataConfig } from '../../experiment/schema';

export type DatasetName = DataConfig['dataset'];

/** The layers of a model that hints can name: a map of half the size of the image, and a vector. */
export interface HintLayers {
  /** Null in a model without maps. */
  map: string | null;
  vector: string;
}

/** A model of the zoo with its options, as it is offered for a new experiment. */
export interface ZooChoice {
  /** `zoo/NAME`. */
  model: string;
  /** As they are written in the experiment, e.g. `{ width: 16 }`; null for the defaults. */
  options: string | null;
  /** What it is, in one line. */
  description: string;
  /** Learnt weights for one grey channel and ten classes; 28×28 pixels, or 16×16 for the generated digits. */
  parameters: { digits: number; mnist: number };
  /** What it is usually: both lists offer all models, the fitting ones first. */
  role: 'teacher' | 'student';
  layers: HintLayers;
}

const convolutional: HintLayers = { map: 'block2/relu', vector: 'pool' };
const connected: HintLayers = { map: null, vector: 'hidden2/relu' };

/** The models of the zoo that a new experiment may begin with; a test builds them all. */
export const zooChoices: readonly ZooChoice[] = [
  {
    model: 'zoo/conv-wide',
    options: '{ width: 16 }',
    description: 'Convolutional: 16, 32, 64 channels, two convolutions a block',
    parameters: { digits: 72_666, mnist: 72_666 },
    role: 'teacher',
    layers: convolutional,
  },
  {
    model: 'zoo/conv-wide',
    options: null,
    description: 'Convolutional: 32, 64, 128 channels, two convolutions a block',
    parameters: { digits: 288_170, mnist: 288_170 },
    role: 'teacher',
    layers: convolutional,
  },
  {
    model: 'zoo/resnet56',
    options: null,
    description: 'ResNet-56 (He et al. 2016): slow to train on a processor',
    parameters: { digits: 855_482, mnist: 855_482 },
    role: 'teacher',
    layers: { map: 'stage2/block9/relu', vector: 'pool' },
  },
  {
    model: 'zoo/mlp',
    options: '{ hidden: [1200, 1200], dropout: 0.2 }',
    description: 'Two layers of 1200 units: the teacher of Hinton et al. 2015',
    parameters: { digits: 1_761_610, mnist: 2_395_210 },
    role: 'teacher',
    layers: connected,
  },
  {
    model: 'zoo/conv-thin',
    options: '{ width: 12 }',
    description: 'Convolutional: 12, 24, 48 channels, one convolution a block',
    parameters: { digits: 13_726, mnist: 13_726 },
    role: 'student',
    layers: convolutional,
  },
  {
    model: 'zoo/conv-thin',
    options: null,
    description: 'Convolutional: 8, 16, 32 channels, one convolution a block',
    parameters: { digits: 6_274, mnist: 6_274 },
    role: 'student',
    layers: convolutional,
  },
  {
    model: 'zoo/fitnet',
    options: '{ channels: [[8, 8], [16, 16], [32, 32]] }',
    description: 'Thin and deep, in the manner of FitNets (Romero et al. 2015)',
    parameters: { digits: 18_482, mnist: 18_482 },
    role: 'student',
    layers: { map: 'relu4', vector: 'pool' },
  },
  {
    model: 'zoo/resnet20',
    options: null,
    description: 'ResNet-20 (He et al. 2016): slow to train on a processor',
    parameters: { digits: 272_186, mnist: 272_186 },
    role: 'student',
    layers: { map: 'stage2/block3/relu', vector: 'pool' },
  },
  {
    model: 'zoo/mlp',
    options: '{ hidden: [800, 800] }',
    description: 'Two layers of 800 units: the student of Hinton et al. 2015',
    parameters: { digits: 854_410, mnist: 1_276_810 },
    role: 'student',
    layers: connected,
  },
];

/** The layers of models of the zoo with their default options, which are in doubt when these are given. */
const shapingOptions: ReadonlySet<string> = new Set(['blocks', 'channels', 'hidden']);

/**
 * The layers of a model that an experiment names, for hints.
 * @returns Null for a model whose layers are not known without building it.
 */
export function hintLayersOf(
  model: string,
  options: Readonly<Record<string, unknown>> = {},
): HintLayers | null {
  const choices = zooChoices.filter((choice) => choice.model === model);
  if (Object.keys(options).some((name) => shapingOptions.has(name))) return null;
  if (model === 'zoo/fitnet') return { map: 'relu11', vector: 'pool' };
  return choices[0]?.layers ?? null;
}

/** The pair of a new hint: two maps of half the size of the image or, where one has none, two vectors. */
export function hintPair(
  teacher: HintLayers | null,
  student: HintLayers | null,
): { teacher: string; student: string } | null {
  if (teacher === null || student === null) return null;
  return teacher.map !== null && student.map !== null
    ? { teacher: teacher.map, student: student.map }
    : { teacher: teacher.vector, student: student.vector };
}

/** What a model weighs on a dataset, for people; empty where the images are not known. */
export function sizeOfChoice({ parameters }: ZooChoice, dataset: DatasetName): string {
  if (dataset === 'idx') return '';
  const count = dataset === 'digits' ? parameters.digits : parameters.mnist;
  return `${count.toLocaleString('en')} parameters`;
}
