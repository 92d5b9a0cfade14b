import { didYouMean, nearestWords } from './nearest';
import { locate, parseExperiment, type ParsedExperiment } from './parse';
import type { ExperimentPath, Problem } from './problem';
import { teachersOf, type Experiment, type TeacherConfig } from './schema';

export type ReferencedFileKind = 'experiment' | 'weights' | 'model' | 'network' | 'idx' | 'folder';

/** A file or folder that an experiment names. */
export interface ReferencedFile {
  /** Where the experiment names it. */
  path: ExperimentPath;
  /** As it is written, relative to the experiment file; of `path#export` only the path. */
  file: string;
  /** What the text says behind it: `#export` of a model, else nothing. */
  suffix: string;
  kind: ReferencedFileKind;
}

/** What a check may ask of the file system. All paths but references are absolute. */
export interface FileProbe {
  /** The absolute path of what a file names, relative to its folder. */
  resolve(file: string, reference: string): string;
  exists(path: string): boolean;
  /** Names of the files and folders in a folder; empty when there is no such folder. */
  list(folder: string): readonly string[];
  /** The text of a file; null when it cannot be read. */
  read(file: string): string | null;
}

/** What a model reference names: a model of the zoo, an export of a file of code, or a network in a file. */
export type ModelReference =
  | { kind: 'zoo'; name: string }
  | { kind: 'file'; path: string; export: string }
  | { kind: 'network'; path: string; format: NetworkFormat };
export type NetworkFormat = 'onnx' | 'darknet' | 'tfjs';

const networkFormats: readonly [ending: string, format: NetworkFormat][] = [
  ['.onnx', 'onnx'],
  ['.cfg', 'darknet'],
  ['.json', 'tfjs'],
];

/**
 * Takes `zoo/NAME`, `path#export` or the name of a network file apart.
 *
 * @throws RangeError for a text that is none of them, which the schema refuses.
 */
export function splitModelReference(reference: string): ModelReference {
  if (reference.startsWith('zoo/')) return { kind: 'zoo', name: reference.slice('zoo/'.length) };
  const hash = reference.lastIndexOf('#');
  const network = networkFormats.find(([ending]) => reference.endsWith(ending));
  if (hash < 0 && network !== undefined) return { kind: 'network', path: reference, format: network[1] };
  if (hash < 0)
    throw new RangeError(
      `The model \`${reference}\` is neither \`path#export\` nor \`zoo/NAME\` nor the name of a network file.`,
    );
  return { kind: 'file', path: reference.slice(0, hash), export: reference.slice(hash + 1) };
}

/** Whether a reference names a network in a file, and not code or a model of the zoo. */
export function isNetwork(reference: string): boolean {
  return splitModelReference(reference).kind === 'network';
}

/** Every file and folder that an experiment names, in the order of the language. */
export function referencedFiles(experiment: Experiment): ReferencedFile[] {
  const isList = Array.isArray(experiment.teacher);
  return [
    ...filesOfData(experiment),
    ...teachersOf(experiment).flatMap((teacher, member) =>
      filesOfTeacher(teacher, isList ? ['teacher', member] : ['teacher']),
    ),
    ...filesOfModel(experiment.student.model, ['student', 'model']),
  ];
}

/** A problem for every file that an experiment names and that is not there, with the nearest name beside it. */
export function checkFiles(parsed: ParsedExperiment, probe: FileProbe): Problem[] {
  const files = parsed.draft === null ? [] : referencedFiles(parsed.draft);
  return files.flatMap(({ path, file, suffix }) => {
    const absolute = probe.resolve(parsed.file, file);
    if (probe.exists(absolute)) return [];
    const folder = probe.resolve(absolute, '.');
    const [, stem = '', name = ''] = /^(.*?)([^/\\]+)[/\\]*$/.exec(file) ?? [];
    const near = nearestWords(name, probe.list(folder)).map((found) => `${stem}${found}`);
    const where = probe.exists(folder) ? '.' : `, nor does the folder ${folder}.`;
    return locate(parsed, {
      path,
      code: 'missing-file',
      message: `${absolute} does not exist${where}${didYouMean(near)}`,
      suggestion: near[0] === undefined ? undefined : `${near[0]}${suffix}`,
    });
  });
}

/**
 * A problem for every teacher that leads in a circle: whose experiment, or its teacher's, and so on, is this one, or
 * comes back to itself. Files that cannot be read end the search; they are problems of their own.
 */
export function checkTeacherChain(parsed: ParsedExperiment, probe: FileProbe): Problem[] {
  if (parsed.draft === null) return [];
  return experimentsOf(parsed.draft).flatMap(({ path, file }) => {
    const circle = findCircle([parsed.file], probe.resolve(parsed.file, file), probe, new Set());
    if (circle === null) return [];
    return locate(parsed, {
      path,
      code: 'cyclic-teacher',
      message: `This teacher would have to be trained before itself: ${circle.join(' → ')}.`,
    });
  });
}

/** @param known files that were followed to their ends and lead in no circle. */
function findCircle(
  chain: readonly string[],
  file: string,
  probe: FileProbe,
  known: Set<string>,
): string[] | null {
  if (chain.includes(file)) return [...chain.slice(chain.indexOf(file)), file];
  if (known.has(file)) return null;
  const text = probe.read(file);
  const draft = text === null ? null : parseExperiment(text, file).draft;
  for (const teacher of draft === null ? [] : experimentsOf(draft)) {
    const circle = findCircle([...chain, file], probe.resolve(file, teacher.file), probe, known);
    if (circle !== null) return circle;
  }
  known.add(file);
  return null;
}

function experimentsOf(experiment: Experiment): ReferencedFile[] {
  return referencedFiles(experiment).filter(({ kind }) => kind === 'experiment');
}

function filesOfData({ data }: Experiment): ReferencedFile[] {
  switch (data.dataset) {
    case 'digits':
      return [];
    case 'mnist':
    case 'fashion-mnist':
      return data.path === undefined ? [] : [plain(['data', 'path'], data.path, 'folder')];
    case 'idx':
      return (['train', 'test'] as const).flatMap((split) => [
        plain(['data', 'files', split, 'images'], data.files[split].images, 'idx'),
        plain(['data', 'files', split, 'labels'], data.files[split].labels, 'idx'),
      ]);
  }
}

function filesOfTeacher(teacher: TeacherConfig, path: ExperimentPath): ReferencedFile[] {
  if ('experiment' in teacher) return [plain([...path, 'experiment'], teacher.experiment, 'experiment')];
  const { model, weights } = teacher;
  return [
    ...filesOfModel(model, [...path, 'model']),
    ...(weights === undefined ? [] : [plain([...path, 'weights'], weights, 'weights')]),
  ];
}

function filesOfModel(reference: string, path: ExperimentPath): ReferencedFile[] {
  const model = splitModelReference(reference);
  if (model.kind === 'zoo') return [];
  if (model.kind === 'network') return [plain(path, model.path, 'network')];
  return [{ path, file: model.path, suffix: `#${model.export}`, kind: 'model' }];
}

function plain(path: ExperimentPath, file: string, kind: ReferencedFileKind): ReferencedFile {
  return { path, file, suffix: '', kind };
}
