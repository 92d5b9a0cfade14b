import { posix } from 'node:path';
import {
  commentLines,
  dataPiece,
  distillPiece,
  idxPlaces,
  recipes,
  trainPiece,
  yamlText,
  type HintPair,
  type IdxFiles,
  type RecipeName,
} from './pieces';
import { starterLayers, starterText } from './starter';
import { hintPair, zooChoices, type DatasetName, type HintLayers, type ZooChoice } from './zooChoices';

/** A file to write, named relative to the workspace folder, with `/`. */
export interface TemplateFile {
  name: string;
  text: string;
}

/** Who teaches: an experiment that is there, or a model that a new experiment trains. Files are relative to the folder. */
export type TeacherChoice =
  | { kind: 'experiment'; file: string; layers: HintLayers | null }
  | { kind: 'zoo'; choice: ZooChoice }
  | { kind: 'model'; file: string; export: string };

/** Who learns. `starter` is a model file that is written with the experiment. */
export type StudentChoice =
  | { kind: 'zoo'; choice: ZooChoice }
  | { kind: 'model'; file: string; export: string }
  | { kind: 'starter'; file: string; export: string };

/** What a new experiment is to be. */
export interface ExperimentChoice {
  dataset: DatasetName;
  /** Of a data set of one's own. */
  idx?: IdxFiles;
  recipe: RecipeName;
  /** Null for plain training. */
  teacher: TeacherChoice | null;
  student: StudentChoice;
}

export const experimentSuffix = '.distill.yaml';

/**
 * The files of a new experiment; the last one is the experiment itself, before it stand the model and the teacher that
 * it needs.
 * @param base Name of the experiment, without its ending; it may lie in a folder.
 * @param remark A sentence more for the head of the experiment.
 */
export function planFiles(choice: ExperimentChoice, base: string, remark = ''): TemplateFile[] {
  const { teacher, student } = choice;
  const teacherFile = teacherFileOf(base);
  const files: TemplateFile[] = [];
  if (student.kind === 'starter') files.push({ name: student.file, text: starterText(student.export) });
  if (teacher !== null && teacher.kind !== 'experiment') {
    files.push({ name: teacherFile, text: teacherText(choice, teacher, teacherFile) });
  }
  const taughtBy = teacher === null ? null : teacher.kind === 'experiment' ? teacher.file : teacherFile;
  const file = `${base}${experimentSuffix}`;
  return [...files, { name: file, text: experimentText(choice, file, taughtBy, remark) }];
}

/** Where the teacher of a new experiment is written when it needs one. */
export function teacherFileOf(base: string): string {
  return `${base.replace(/-student$/, '')}-teacher${experimentSuffix}`;
}

function teacherText(
  { dataset, idx }: ExperimentChoice,
  model: Exclude<TeacherChoice, { kind: 'experiment' }>,
  file: string,
): string {
  const varied = dataset === 'idx' ? '' : ', of varied images';
  return lines(
    commentLines(
      `The teacher: it learns from the labels${varied}. Run it by itself, or run its student: that trains the teacher first.`,
    ),
    ['seed: 1'],
    dataPiece(dataset, 'teacher', relativeIdx(idx ?? idxPlaces, file)),
    ['student:', ...modelLines(model, file)],
    trainPiece('plain', dataset, 'teacher', nameOf(model), null),
  );
}

function experimentText(
  choice: ExperimentChoice,
  file: string,
  teacherFile: string | null,
  remark: string,
): string {
  const { dataset, idx, recipe, student } = choice;
  const comment = recipes.find(({ name }) => name === recipe)?.comment ?? '';
  const pair = pairOf(choice);
  const baseline =
    recipe === 'plain' ? '' : 'Without the parts teacher and distill it would learn from the labels alone.';
  return lines(
    commentLines(
      [
        recipe === 'plain' ? `A model that learns ${comment}.` : `The student: it learns ${comment}.`,
        baseline,
        remark,
      ]
        .filter((sentence) => sentence !== '')
        .join(' '),
    ),
    ['seed: 1 # same seed, same engine, same result'],
    dataPiece(dataset, recipe === 'plain' ? 'teacher' : 'student', relativeIdx(idx ?? idxPlaces, file)),
    teacherFile === null ? [] : teacherLines(recipe, relativeTo(file, teacherFile)),
    ['student:', ...modelLines(student, file)],
    distillPiece(recipe, dataset, pair),
    trainPiece(recipe, dataset, recipe === 'plain' ? 'teacher' : 'student', nameOf(student), pair),
  );
}

function teacherLines(recipe: RecipeName, reference: string): string[] {
  if (recipe !== 'ensemble') {
    return [
      'teacher:',
      `  experiment: ${yamlText(reference)} # its best checkpoint; trained first when there is none`,
    ];
  }
  return [
    'teacher: # one experiment with three seeds; each is trained first when it has not been',
    ...[1, 2, 3].map((seed) => `  - { experiment: ${yamlText(reference)}, seed: ${seed} }`),
  ];
}

function modelLines(model: StudentChoice | TeacherChoice, file: string): string[] {
  switch (model.kind) {
    case 'zoo':
      return [
        `  model: ${model.choice.model} # or your own: ./models/student.ts#student`,
        ...(model.choice.options === null ? [] : [`  options: ${model.choice.options}`]),
      ];
    case 'experiment':
      return [];
    case 'model':
    case 'starter':
      return [`  model: ${yamlText(`${relativeTo(file, model.file)}#${model.export}`)} # FILE#EXPORT`];
  }
}

function nameOf(model: StudentChoice | TeacherChoice): string {
  return model.kind === 'zoo' ? model.choice.model : '';
}

function pairOf({ teacher, student }: ExperimentChoice): HintPair {
  const teacherLayers =
    teacher === null || teacher.kind === 'model'
      ? null
      : teacher.kind === 'zoo'
        ? teacher.choice.layers
        : teacher.layers;
  const studentLayers =
    student.kind === 'zoo' ? student.choice.layers : student.kind === 'starter' ? starterLayers : null;
  return hintPair(teacherLayers, studentLayers);
}

function relativeIdx({ train, test }: IdxFiles, file: string): IdxFiles {
  const pair = ({ images, labels }: IdxFiles['train']): IdxFiles['train'] => ({
    images: relativeTo(file, images),
    labels: relativeTo(file, labels),
  });
  return { train: pair(train), test: pair(test) };
}

/** How one file of the folder names another: `./…` or `../…`. */
function relativeTo(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith('.') ? path : `./${path}`;
}

function lines(...parts: readonly string[][]): string {
  return `${parts.flat().join('\n')}\n`;
}

/** What the example is: a teacher and its student that train in minutes, on images that need no download. */
export const exampleChoice: ExperimentChoice = {
  dataset: 'digits',
  recipe: 'hints',
  teacher: { kind: 'zoo', choice: zooChoices[0]! },
  student: { kind: 'zoo', choice: zooChoices[4]! },
};

/** The files of the example. */
export function exampleFiles(base: string): TemplateFile[] {
  return planFiles(
    exampleChoice,
    `${base}-student`,
    'Test error: about 11 % with the teacher, 14 % without.',
  );
}

/** The first of `base`, `base-2`, `base-3`, … whose files are all new. */
export function freeBaseName(
  base: string,
  filesOf: (base: string) => string[],
  taken: ReadonlySet<string>,
): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (filesOf(name).every((file) => !taken.has(file))) return name;
  }
}

/** A name as it was typed, without the ending that all experiments have. */
export function baseOf(typed: string): string {
  return typed
    .trim()
    .replace(/^\.\//, '')
    .replace(/(?:\.distill)?(?:\.ya?ml)?$/, '');
}

/** Why a name cannot be given to a new experiment; undefined when it can. */
export function refuseName(
  typed: string,
  filesOf: (base: string) => string[],
  taken: ReadonlySet<string>,
): string | undefined {
  const base = baseOf(typed);
  if (base === '') return 'Give the experiment a name.';
  if (
    !base.split('/').every((part) => /^[\p{L}\p{N}_][\p{L}\p{N}_. -]*$/u.test(part) && !/[. ]$/.test(part))
  ) {
    return 'A name has letters, digits, spaces, "-", "_" and "."; "/" stands between folders of this workspace folder.';
  }
  const there = filesOf(base).find((file) => taken.has(file));
  return there === undefined ? undefined : `${there} is there already. Choose another name.`;
}
