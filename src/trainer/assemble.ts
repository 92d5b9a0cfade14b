import { isNetwork } from '../experiment/files';
import { alternatives, didYouMean, nearestWords } from '../experiment/nearest';
import type { ExperimentPath, Finding } from '../experiment/problem';
import type { Experiment } from '../experiment/schema';
import { stagesOf } from '../experiment/stages';
import { ModelError, type BuiltModel, type ModelContext } from '../models/model';
import { refuseOtherImages } from '../models/openedLayers';
import { outputActivation } from '../models/outputActivation';
import type { UnreadOption } from '../models/watchedOptions';
import { keyedRandom } from '../random/keyed';
import { findingOf } from './findings';
import { joinHints } from './joinHints';
import type { Lesson, LessonHint, LessonTeacher } from './lesson';
import { teacherOfCode, teacherOfNetwork } from './lessonTeacher';
import { freshModels, type ModelSource } from './modelSource';
import { trainableTensors } from './tensors';

/** The architecture of a teacher: written in the experiment, or found in the teacher's own experiment. */
export interface TeacherArchitecture {
  reference: string;
  options: Readonly<Record<string, unknown>>;
  /** Folder that the reference is relative to. */
  baseDirectory: string;
  /** Weights to load, absolute; null when they come later, are not needed, or come with the network. */
  weights: string | null;
  /** What a network in a file sees of an image. */
  normalize?: { mean: readonly number[]; std: readonly number[] } | undefined;
  label: string;
}

export interface AssembleOptions {
  baseDirectory: string;
  imageShape: [number, number, number];
  classes: number;
  /** One for each teacher of the experiment, in order; null where it is known to be unusable. */
  teachers: readonly (TeacherArchitecture | null)[];
  /** New ones, unless said otherwise. */
  models?: ModelSource;
}

/**
 * Builds the models of an experiment and joins them: layers are looked up, adapters planned and made. Collects every
 * mistake instead of stopping at the first.
 */
export async function assemble(
  experiment: Experiment,
  options: AssembleOptions,
): Promise<{ lesson: Lesson | null; findings: Finding[] }> {
  const findings: Finding[] = [];
  const student = await collectModel(findings, ['student', 'model'], ['student', 'options'], () =>
    buildStudent(experiment, options),
  );
  const teachers: (LessonTeacher | null)[] = [];
  for (const [member, architecture] of options.teachers.entries()) {
    teachers.push(
      architecture &&
        (await collectTeacher(findings, teacherPath(experiment, member), architecture, options)),
    );
  }
  findings.push(...findMute(experiment, teachers));
  const { hints, findings: ofHints } = joinHints(experiment, student, teachers);
  findings.push(...ofHints);
  if (!student || findings.some(isError)) {
    disposeAdapters(hints);
    return { lesson: null, findings };
  }
  const lesson: Lesson = {
    experiment,
    imageShape: options.imageShape,
    classes: options.classes,
    student,
    teachers: teachers.filter((teacher) => teacher !== null),
    hints: hints.filter((hint) => hint !== null),
  };
  const idle = findIdleStages(lesson);
  if (!idle.some(isError)) return { lesson, findings: [...findings, ...idle] };
  disposeAdapters(hints);
  return { lesson: null, findings: [...findings, ...idle] };
}

/** Frees the adapters of a lesson that is not given; its models belong to whoever made them. */
export function disposeAdapters(hints: readonly (LessonHint | null)[]): void {
  for (const hint of hints) hint?.adapter?.dispose();
}

/** Teachers that give no logits of the classes, where soft targets are to be learnt from them. */
function findMute(experiment: Experiment, teachers: readonly (LessonTeacher | null)[]): Finding[] {
  if (experiment.distill?.soft === undefined) return [];
  return teachers.flatMap((teacher, member): Finding[] => {
    const reason = teacher && whyMute(teacher);
    if (reason === null) return [];
    const path = [...teacherPath(experiment, member), 'model'];
    return [{ path, code: 'bad-teacher', message: `${teacher!.label} ${reason}` }];
  });
}

function whyMute({ givesLogits, squashed }: LessonTeacher): string | null {
  if (!givesLogits) {
    return (
      'does not give one logit for each class of the data, so there are no soft targets to learn from it. ' +
      'Leave `distill.soft` out: it can still give hints.'
    );
  }
  if (squashed === null) return null;
  return `ends in a ${squashed}, and soft targets are made of logits. Export it without that, or leave \`distill.soft\` out: it can still give hints.`;
}

/** Stages in which no weight, or none of the student, can move: all are frozen, or none lies before the guided layers. */
function findIdleStages(lesson: Lesson): Finding[] {
  const { experiment } = lesson;
  return stagesOf(experiment).flatMap(({ name, terms }, index): Finding[] => {
    const moving = [...trainableTensors(lesson, terms).keys()];
    if (moving.some((weight) => weight.startsWith('student/'))) return [];
    const hintsAlone = terms.every((term) => term === 'hints');
    const why = hintsAlone
      ? 'no weight of the student that can be trained lies before its guided layers'
      : 'every weight of the student is frozen (`trainable: false`)';
    const written = experiment.train.stages !== undefined;
    const at: ExperimentPath = hintsAlone ? ['distill', 'hints'] : ['student', 'model'];
    const nothing = moving.length === 0;
    return [
      {
        path: written ? ['train', 'stages', index] : at,
        part: written || hintsAlone ? 'key' : 'value',
        severity: nothing ? 'error' : 'warning',
        code: 'bad-model',
        message: nothing
          ? `There is nothing to train in the stage "${name}": ${why}.`
          : `Only adapters learn in the stage "${name}": ${why}.`,
      },
    ];
  });
}

function isError({ severity = 'error' }: Finding): boolean {
  return severity === 'error';
}

/** Where a teacher stands in the experiment: `teacher`, or `teacher[1]` in an ensemble. */
export function teacherPath(experiment: Experiment, member: number): ExperimentPath {
  return Array.isArray(experiment.teacher) ? ['teacher', member] : ['teacher'];
}

function buildStudent(experiment: Experiment, options: AssembleOptions): Promise<BuiltModel> {
  const { model, options: given } = experiment.student;
  const { models = freshModels } = options;
  return models.load(model, contextOf(options, given ?? {}), {
    baseDirectory: options.baseDirectory,
    random: keyedRandom(experiment.seed, 'student'),
  });
}

async function collectTeacher(
  findings: Finding[],
  at: ExperimentPath,
  architecture: TeacherArchitecture,
  options: AssembleOptions,
): Promise<LessonTeacher | null> {
  const { reference, baseDirectory, weights } = architecture;
  if (isNetwork(reference)) return collectNetwork(findings, at, architecture, options);
  const { models = freshModels } = options;
  const context = contextOf(options, architecture.options);
  const modelAt = [...at, weights === null ? 'experiment' : 'model'];
  // Options of a teacher's own experiment are told where they stand.
  const optionsAt = weights === null ? null : [...at, 'options'];
  const built = await collectModel(findings, modelAt, optionsAt, () =>
    models.load(reference, context, { baseDirectory }),
  );
  if (!built) return null;
  if (weights !== null) {
    await collect(findings, [...at, 'weights'], () => models.loadWeights(built.model, weights));
  }
  return teacherOfCode(built, architecture);
}

/** Opens a teacher that comes in a file. */
async function collectNetwork(
  findings: Finding[],
  at: ExperimentPath,
  architecture: TeacherArchitecture,
  options: AssembleOptions,
): Promise<LessonTeacher | null> {
  const { reference, baseDirectory, weights, normalize } = architecture;
  const { models = freshModels } = options;
  const context = contextOf(options, {});
  try {
    const opened = await models.open(reference, { baseDirectory, context, weights, normalize });
    refuseOtherImages({ shape: [1, ...options.imageShape] }, opened.table);
    return teacherOfNetwork(opened, architecture, options.classes);
  } catch (error) {
    const isOfWeights =
      weights !== null &&
      error instanceof ModelError &&
      (error.code === 'bad-weights' || error.message.includes(weights));
    findings.push(findingOf(error, [...at, isOfWeights ? 'weights' : 'model']));
    return null;
  }
}

/** Builds a model and looks at it; what is wrong becomes findings. @param optionsAt where its options stand, if here. */
async function collectModel(
  findings: Finding[],
  at: ExperimentPath,
  optionsAt: ExperimentPath | null,
  build: () => Promise<BuiltModel>,
): Promise<BuiltModel | null> {
  try {
    const built = await build();
    checkLogits(findings, at, built);
    if (optionsAt) findings.push(...findUnreadOptions(optionsAt, built.unreadOptions));
    return built;
  } catch (error) {
    const wrong = error instanceof ModelError && optionsAt ? error.wrongOptions : [];
    for (const { path: option, isUnknown, message, suggestion } of wrong) {
      const code = isUnknown ? 'unknown-key' : 'wrong-value';
      const part = isUnknown ? 'key' : 'value';
      findings.push({ path: [...optionsAt!, ...option], part, code, message, suggestion });
    }
    if (wrong.length === 0) findings.push(findingOf(error, at));
    if (error instanceof ModelError && optionsAt) {
      // Of what it had not come to yet, only what is clearly misspelt is worth a word.
      const unread = findUnreadOptions(optionsAt, error.unreadOptions);
      findings.push(...unread.filter(({ severity }) => severity === 'error'));
    }
    return null;
  }
}

/**
 * Options that the code of a model never looked at: mistakes where it looked for a similar name in vain, else remarks,
 * because it may look at them later.
 */
function findUnreadOptions(at: ExperimentPath, options: readonly UnreadOption[]): Finding[] {
  return options.map(({ path: option, missed, read }) => {
    const near = nearestWords(option.at(-1)!, missed);
    const others = [...read, ...missed];
    const known = others.length === 0 ? 'It reads none.' : `It reads ${alternatives(others, 'and')}.`;
    return {
      path: [...at, ...option],
      part: 'key',
      severity: near.length > 0 ? 'error' : 'warning',
      code: near.length > 0 ? 'unknown-key' : 'unused',
      message: `The code of the model never reads the option \`${option.join('.')}\`.${didYouMean(near) || ` ${known}`}`,
      suggestion: near[0],
    };
  });
}

/** A softmax inside the model would be taken a second time by every loss, and the temperature would act on the wrong numbers. */
function checkLogits(findings: Finding[], path: ExperimentPath, { model, label }: BuiltModel): void {
  const activation = outputActivation(model);
  if (activation === null) return;
  findings.push({
    path,
    code: 'bad-model',
    message: `${label} ends in the activation ${activation}. A model must give logits: leave it out of the last layer.`,
  });
}

function contextOf(options: AssembleOptions, given: Readonly<Record<string, unknown>>): ModelContext {
  return { inputShape: options.imageShape, classes: options.classes, options: given };
}

/** Runs an action; what is wrong with the experiment becomes a finding, and the result null. */
async function collect<Result>(
  findings: Finding[],
  at: ExperimentPath,
  action: () => Promise<Result>,
): Promise<Result | null> {
  try {
    return await action();
  } catch (error) {
    findings.push(findingOf(error, at));
    return null;
  }
}
