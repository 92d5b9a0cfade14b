import { EditError } from '../experiment/editError';
import {
  appendItem,
  changeHint,
  editInSteps,
  insertItem,
  removeAt,
  removeHint,
  setValue,
  type TextEdit,
} from '../experiment/edits';
import { isMapping, valueAt } from '../experiment/language';
import { formatPath, type ExperimentPath, type Problem, type ProblemCode } from '../experiment/problem';
import type { AdapterKind } from '../experiment/schema';
import { sketchOf, sketchValue } from './sketch';
import { offsetOf, pathAt } from './token';

/** An edit that mends a problem. */
export interface Fix {
  title: string;
  edit: TextEdit;
  /** Whether it is surely what was meant. */
  isPreferred: boolean;
}

const STAGES: ExperimentPath = ['train', 'stages'];
const TERMS = ['hard', 'soft', 'hints'] as const;
/** Epochs of a training that says nothing of them. */
const USUAL_EPOCHS = 10;

/** What of a problem can be mended by more than another word: adapters, stages and terms, and what is not used. */
export function fixesFor(problem: Problem, text: string): Fix[] {
  const sketch = sketchOf(text);
  const path = pathAt(sketch, offsetOf(text, problem.line, problem.column));
  const context: Context = { text, path, value: sketchValue(sketch), problem };
  return fixers[problem.code]?.(context) ?? [];
}

const fixers: Readonly<Partial<Record<ProblemCode, (context: Context) => Fix[]>>> = {
  'shape-mismatch': proposeAdapter,
  'adapter-not-needed': ({ text, path }) =>
    offer('Remove the adapter that is not needed', true, () =>
      changeHint(text, hintOf(path), { adapter: undefined }),
    ),
  'late-hint': ({ text, path }) => offer('Remove this hint', false, () => removeHint(text, hintOf(path))),
  unused: (context) => [...addStage(context), ...remove(context)],
  conflict: fixConflict,
};

/**
 * Trains the hints in a stage of their own, before everything, as FitNets do; null where there are stages already, or
 * nothing besides hints.
 *
 * @param offset where in the text this is asked for: in `train` or in the hints.
 */
export function hintsFirst(text: string, offset: number): Fix | null {
  const sketch = sketchOf(text);
  const value = sketchValue(sketch);
  const [root, second] = pathAt(sketch, offset);
  const isAsked = root === 'train' || (root === 'distill' && second === 'hints');
  const terms = termsIn(value);
  if (!isAsked || valueAt(value, STAGES) !== undefined || !terms.includes('hints') || terms.length < 2)
    return null;
  const epochs = epochsOf(value);
  const stages = [{ only: 'hints', epochs: Math.max(1, Math.round(epochs / 4)) }, { epochs }];
  const [fix] = offer('Train the hints first, in a stage of their own', false, () =>
    editInSteps(text, [
      (draft) => setValue(draft, STAGES, stages),
      (draft) =>
        valueAt(value, ['train', 'epochs']) === undefined ? null : removeAt(draft, ['train', 'epochs']),
    ]),
  );
  return fix ?? null;
}

interface Context {
  text: string;
  /** Of what the problem is about. */
  path: ExperimentPath;
  value: unknown;
  problem: Problem;
}

function proposeAdapter({ text, path, problem }: Context): Fix[] {
  const { suggestion } = problem;
  const fixed = isAdapter(suggestion)
    ? offer(`Use the adapter \`${suggestion}\``, true, () =>
        changeHint(text, hintOf(path), { adapter: suggestion }),
      )
    : [];
  const automatic =
    isAdapter(suggestion) && suggestion !== 'auto'
      ? offer('Leave the adapter to be chosen from the shapes', false, () =>
          changeHint(text, hintOf(path), { adapter: undefined }),
        )
      : [];
  return [...fixed, ...automatic, ...offer('Remove this hint', false, () => removeHint(text, hintOf(path)))];
}

/** A term that no stage learns from gets one that does. */
function addStage({ text, path, value }: Context): Fix[] {
  const [root, term] = path;
  const stages = valueAt(value, STAGES);
  if (root !== 'distill' || !isTerm(term) || !Array.isArray(stages)) return [];
  const last = stages.length - 1;
  const only: unknown = isMapping(stages[last]) ? stages[last]['only'] : undefined;
  const epochs = epochsOf(value);
  const own =
    term === 'hints'
      ? offer('Add a stage that learns the hints first', true, () =>
          insertItem(text, STAGES, 0, { only: 'hints', epochs: Math.max(1, Math.round(epochs / 4)) }),
        )
      : offer(`Add a stage that learns from \`${term}\``, true, () =>
          appendItem(text, STAGES, { only: term, epochs }),
        );
  const others: unknown[] = Array.isArray(only) ? only : [only];
  const joined =
    only === undefined
      ? []
      : offer(`Learn from \`${term}\` in the last stage too`, false, () =>
          setValue(text, [...STAGES, last, 'only'], [...others, term]),
        );
  return [
    ...own,
    ...joined,
    ...offer('Add a stage that learns from everything', false, () => appendItem(text, STAGES, { epochs })),
  ];
}

function fixConflict(context: Context): Fix[] {
  const { text, path, value, problem } = context;
  const [root, second, third] = path;
  if (root === 'train' && second === 'stages' && path.at(3) === 'only') {
    const written = valueAt(value, path);
    // A term that a stage names, but that is not written.
    if (!isTerm(written) || written === 'hints' || termsIn(value).includes(written)) return [];
    return offer(`Add \`distill.${written}\``, true, () => setValue(text, ['distill', written], {}));
  }
  if (root === 'train' && second === 'epochs') {
    return offer('Remove `epochs`', true, () => removeAt(text, ['train', 'epochs']));
  }
  if (root === 'distill' && second === 'hints' && typeof third === 'number') {
    return offer('Remove this hint', true, () => removeHint(text, third));
  }
  const isAboutHints = path.length === 2 && (second === 'hints' || second === 'stages');
  // Hints alone never train what comes behind the guided layers.
  if (!isAboutHints || problem.severity !== 'warning') return [];
  const others = termsIn(value).filter((term) => term !== 'hints');
  const hard = offer('Learn from the labels too', others.length === 0, () =>
    setValue(text, ['distill', 'hard'], {}),
  );
  if (second === 'hints') return hard;
  const stage = offer('Add a stage that learns from everything', others.length > 0, () =>
    appendItem(text, STAGES, { epochs: epochsOf(value) }),
  );
  if (others.length > 0) return stage;
  return offer('Learn from the labels too, in a stage behind the hints', true, () =>
    editInSteps(text, [
      (draft) => setValue(draft, ['distill', 'hard'], {}),
      (draft) => appendItem(draft, STAGES, { epochs: epochsOf(value) }),
    ]),
  );
}

function remove({ text, path }: Context): Fix[] {
  if (path.length === 0) return [];
  return offer(`Remove \`${formatPath(path)}\``, false, () => removeAt(text, path));
}

/** The fix of an edit; none where the text is such that it cannot be made. */
function offer(title: string, isPreferred: boolean, edit: () => TextEdit): Fix[] {
  try {
    return [{ title, edit: edit(), isPreferred }];
  } catch (error) {
    // A quick fix that cannot be made is not offered.
    if (error instanceof EditError) return [];
    throw error;
  }
}

function hintOf(path: ExperimentPath): number {
  const index = path[2];
  return typeof index === 'number' ? index : 0;
}

/** The terms that an experiment learns from, as it is written. */
function termsIn(value: unknown): string[] {
  const distill = valueAt(value, ['distill']);
  return isMapping(distill) ? TERMS.filter((term) => Object.hasOwn(distill, term)) : ['hard'];
}

/** How long the training is, in one stage or in its longest. */
function epochsOf(value: unknown): number {
  const epochs = valueAt(value, ['train', 'epochs']);
  if (typeof epochs === 'number') return epochs;
  const stages = valueAt(value, STAGES);
  const lengths = (Array.isArray(stages) ? stages : []).flatMap((stage: unknown) =>
    isMapping(stage) && typeof stage['epochs'] === 'number' ? stage['epochs'] : [],
  );
  return lengths.length === 0 ? USUAL_EPOCHS : Math.max(...lengths);
}

function isTerm(word: unknown): word is (typeof TERMS)[number] {
  return TERMS.some((term) => term === word);
}

function isAdapter(word: string | undefined): word is AdapterKind {
  return /^(?:auto|none|conv1x1|regressor|strided|transposed)$/.test(word ?? '');
}
