import { parseExperiment } from '../../experiment/parse';
import { teachersOf, type HintConfig } from '../../experiment/schema';
import type { HintsState, HintTarget, ModelsState } from '../../protocol/hints';
import type { ExperimentPicture } from '../../protocol/inspection';
import type { WrittenHint } from '../../experiment/edits';

/** What is known of an experiment's models, of `ExperimentPictures`. */
export interface KnownPicture {
  picture: ExperimentPicture;
  isStale: boolean;
  failure: string | null;
  failureSource: object | null;
  busy: boolean;
}

/** What decides whether models may be built. */
export interface Permission {
  isTrusted: boolean;
  /** The experiment lies in one of the folders of the window. */
  isInFolder: boolean;
}

const outside =
  'This experiment is in none of the open folders. Open its folder to see the layers of its models.';

/** The models for the page; `undefined` before there is a picture. */
export function modelsState(
  known: KnownPicture | undefined,
  { isTrusted, isInFolder }: Permission,
): ModelsState {
  return {
    isTrusted,
    isBusy: isTrusted && isInFolder && (known?.busy ?? true),
    isStale: known?.isStale ?? false,
    failure: isInFolder ? (known?.failure ?? null) : outside,
    hasFailureSource: known?.failureSource != null,
    student: known?.picture.student ?? null,
    teachers: known?.picture.teachers ?? [],
  };
}

/**
 * The hints of a text that somebody may be typing.
 * @param before Those of the text before: they stay while the text cannot be read.
 */
export function hintsState(
  text: string,
  experiment: { file: string; name: string; path: string },
  before: readonly HintConfig[] = [],
): HintsState {
  const parsed = parseExperiment(text, experiment.file);
  const notation = parsed.problems.find(
    ({ code, severity }) => code === 'yaml-syntax' && severity === 'error',
  );
  const wrong = parsed.problems.find(({ severity }) => severity === 'error');
  const cause = notation ?? (parsed.draft === null ? wrong : undefined);
  const { draft } = parsed;
  return {
    file: experiment.name,
    path: experiment.path,
    hints: draft === null ? [...before] : (draft.distill?.hints ?? []),
    hasTeacher: draft === null ? parsed.isWritten(['teacher']) : teachersOf(draft).length > 0,
    obstacle:
      cause === undefined
        ? null
        : `Line ${cause.line} of ${experiment.name} has a mistake, so hints cannot be changed here: ${cause.message}`,
  };
}

/** The hint as it is written: what has its default is left out. */
export function writtenHint({
  teacher,
  student,
  member,
  adapter,
  distance,
  weight,
}: HintConfig): WrittenHint {
  return {
    teacher,
    student,
    ...(member === 0 ? {} : { member }),
    ...(adapter === 'auto' ? {} : { adapter }),
    ...(distance === 'l2' ? {} : { distance }),
    ...(weight === 1 ? {} : { weight }),
  };
}

/** The keys in which two hints differ, with the values of the second. */
export function hintChanges(before: HintConfig, after: HintConfig): Partial<HintConfig> {
  const old = new Map<string, unknown>(Object.entries(before));
  return Object.fromEntries(Object.entries(after).filter(([key, value]) => old.get(key) !== value));
}

/**
 * The index at which the hint that is meant stands now.
 * @throws {Error} When it is no longer there.
 */
export function indexOfHint(text: string, file: string, { index, hint }: HintTarget): number {
  const hints = parseExperiment(text, file).draft?.distill?.hints ?? [];
  const isMeant = (other: HintConfig | undefined): boolean =>
    other !== undefined && Object.keys(hintChanges(hint, other)).length === 0;
  if (isMeant(hints[index])) return index;
  const moved = hints.flatMap((other, at) => (isMeant(other) ? [at] : []));
  if (moved.length === 1) return moved[0]!;
  throw new Error('The experiment has changed meanwhile: this hint is no longer there. Look again.');
}
