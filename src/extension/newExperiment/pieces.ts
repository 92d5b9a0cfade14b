import type { DatasetName } from './zooChoices';

/** The four files of a data set of one's own, relative to the folder of the experiments. */
export interface IdxFiles {
  train: { images: string; labels: string };
  test: { images: string; labels: string };
}

export type RecipeName = 'plain' | 'soft' | 'hints' | 'stages' | 'ensemble';
type Role = 'teacher' | 'student';

/** What is learnt, as it is offered. */
export interface Recipe {
  name: RecipeName;
  label: string;
  detail: string;
  /** What the file says of itself, for its first lines. */
  comment: string;
}

export const recipes: readonly Recipe[] = [
  {
    name: 'soft',
    label: 'Soft targets',
    detail: "The student matches the teacher's softened probabilities (Hinton et al. 2015)",
    comment: 'from the labels and from the softened output of the teacher (Hinton et al. 2015)',
  },
  {
    name: 'hints',
    label: 'Soft targets and hints',
    detail: "It matches a layer of the teacher's as well, all in one training",
    comment:
      'from the labels, from the softened output of the teacher (Hinton et al. 2015) and from one of its layers (FitNets, Romero et al. 2015)',
  },
  {
    name: 'stages',
    label: 'FitNets in two stages',
    detail:
      'First the hint trains the lower half of the student, then soft targets all of it (Romero et al. 2015)',
    comment:
      'as FitNets do (Romero et al. 2015): first from a layer of the teacher, then from its softened output and the labels',
  },
  {
    name: 'ensemble',
    label: 'Ensemble of teachers',
    detail: 'Three teachers, one experiment with three seeds; their softened probabilities are averaged',
    comment: 'from the labels and from the averaged, softened output of three teachers (Hinton et al. 2015)',
  },
  {
    name: 'plain',
    label: 'Plain training',
    detail: 'From the labels alone: a teacher, or the baseline of a student',
    comment: 'from the labels alone: a teacher, or what a distilled student is measured against',
  },
];

/** A data set, as it is offered. */
export interface DatasetChoice {
  name: DatasetName;
  label: string;
  detail: string;
}

export const datasetChoices: readonly DatasetChoice[] = [
  { name: 'digits', label: 'Digits', detail: 'Generated, 16×16 grey, 10 classes; no download' },
  { name: 'mnist', label: 'MNIST', detail: 'Handwritten digits, 28×28 grey, 10 classes; downloaded once' },
  {
    name: 'fashion-mnist',
    label: 'Fashion-MNIST',
    detail: 'Clothes, 28×28 grey, 10 classes; downloaded once',
  },
  { name: 'idx', label: 'Your own IDX files', detail: 'Images and labels in the format of MNIST' },
];

/** Where the files of a data set of one's own are looked for when none were found. */
export const idxPlaces: IdxFiles = {
  train: { images: 'data/train-images.idx', labels: 'data/train-labels.idx' },
  test: { images: 'data/test-images.idx', labels: 'data/test-labels.idx' },
};

const download = 'downloaded once and checked, unless the files are on the machine';
const few = '  train: { limit: 5000 } # minutes instead of hours; leave it out for all 60,000 images';

/** The part `data`. Teachers see varied images; students learn that from them, and what was said of an image is kept. */
export function dataPiece(dataset: DatasetName, role: Role, idx: IdxFiles): string[] {
  const varied = (augment: string): string[] => (role === 'teacher' ? [`  augment: ${augment}`] : []);
  switch (dataset) {
    case 'digits':
      return [
        'data:',
        '  dataset: digits # generated, no download',
        '  trainSize: 1000',
        ...varied('{ shift: 1 } # by a pixel'),
      ];
    case 'mnist':
      return [
        'data:',
        `  dataset: mnist # ${download}`,
        few,
        ...varied('{ shift: 2 } # by up to two pixels'),
      ];
    case 'fashion-mnist':
      return [
        'data:',
        `  dataset: fashion-mnist # ${download}`,
        few,
        ...varied('{ shift: 2, flip: true } # clothes look alike in a mirror; digits do not'),
      ];
    case 'idx':
      return [
        'data:',
        '  dataset: idx',
        '  files: # unsigned bytes, as MNIST has them; gzipped or not',
        `    train: ${idxPair(idx.train)}`,
        `    test: ${idxPair(idx.test)}`,
      ];
  }
}

function idxPair({ images, labels }: IdxFiles['train']): string {
  return `{ images: ${yamlText(images)}, labels: ${yamlText(labels)} }`;
}

/** A pair of layers, or null where they are not known. */
export type HintPair = { teacher: string; student: string } | null;

/** The part `distill` of a recipe; nothing for plain training. */
export function distillPiece(recipe: RecipeName, dataset: DatasetName, pair: HintPair): string[] {
  if (recipe === 'plain') return [];
  const [temperature, weight] = dataset === 'digits' ? [8, 1] : [4, 0.9];
  const ensemble = recipe === 'ensemble' ? ', ensemble: probabilities' : '';
  const hints = recipe === 'hints' || recipe === 'stages' ? hintLines(recipe, pair) : [];
  return [
    'distill:',
    '  hard: { weight: 0.1 } # cross-entropy with the labels',
    `  soft: { temperature: ${temperature}, weight: ${weight}${ensemble} } # match the teacher's probabilities at temperature ${temperature}`,
    ...hints,
  ];
}

function hintLines(recipe: RecipeName, pair: HintPair): string[] {
  const weight = recipe === 'stages' ? '' : ', weight: 0.1';
  if (pair === null) {
    return [
      '  # A layer of the teacher guides a layer of the student. To choose both, open Pick Hints; or write:',
      '  # hints:',
      `  #   - { teacher: LAYER, student: LAYER, adapter: auto${weight} }`,
    ];
  }
  return [
    '  # A layer of the teacher guides a layer of the student, through the adapter that their shapes ask for. Open Pick',
    '  # Hints to choose others.',
    '  hints:',
    `    - { teacher: ${pair.teacher}, student: ${pair.student}, adapter: auto${weight} }`,
  ];
}

/** The part `train`. */
export function trainPiece(
  recipe: RecipeName,
  dataset: DatasetName,
  role: Role,
  model: string,
  pair: HintPair,
): string[] {
  const epochs = epochsOf(dataset, role);
  const batch = dataset === 'digits' ? 64 : 128;
  const rate = model.startsWith('zoo/mlp') ? 0.001 : role === 'teacher' ? 0.003 : 0.004;
  const optimizer = `  optimizer: { name: adam, lr: ${rate} }`;
  const head = ['train:', ...(role === 'student' ? [`  batch: ${batch}`] : [])];
  if (recipe !== 'stages') {
    return ['train:', `  epochs: ${epochs}`, `  batch: ${batch}`, optimizer, '  schedule: { name: cosine }'];
  }
  const hintEpochs = Math.max(2, Math.round(epochs / 5));
  const first = `    - { name: hint, only: hints, epochs: ${hintEpochs}, schedule: { name: constant } }`;
  return [
    ...head,
    optimizer,
    '  stages:',
    ...(pair === null
      ? [
          '    # With a hint, the lower half of the student learns from it first:',
          first.replace('    -', '    # -'),
        ]
      : [`${first} # the layers up to the guided one`]),
    `    - { name: soft targets, only: [hard, soft], epochs: ${epochs}, schedule: { name: cosine } }`,
  ];
}

function epochsOf(dataset: DatasetName, role: Role): number {
  switch (dataset) {
    case 'digits':
      return role === 'teacher' ? 15 : 30;
    case 'mnist':
    case 'fashion-mnist':
      return role === 'teacher' ? 20 : 15;
    case 'idx':
      return 10;
  }
}

/** A text as a YAML scalar in a flow mapping: plain where that is safe, else in quotes. */
export function yamlText(text: string): string {
  return /^[\w./][\w./ -]*(?:#[\w$]+)?$/.test(text) && !/ #| $/.test(text) ? text : JSON.stringify(text);
}

/** Words broken into lines of a comment, at most 120 columns wide. */
export function commentLines(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > 118) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
