import { diagnose, type Repair } from './diagnose';
import { experimentJsonSchema } from './jsonSchema';
import { valueAt, type LanguageNode } from './language';
import {
  formatPath,
  inTextOrder,
  type ExperimentPath,
  type Finding,
  type Problem,
  type TextRange,
} from './problem';
import { experimentSchema, type Experiment } from './schema';
import { ExperimentSource } from './source';

/** Mistakes can hide others (an unknown dataset hides its misspelt keys): how often they are repaired to look behind. */
const MAX_ROUNDS = 8;

/** An experiment file, read: what it says, what is wrong with it, and where everything stands. */
export interface ParsedExperiment {
  /** Absolute path of the file. */
  file: string;
  /** What is asked for, defaults filled in; null when the text has an error. */
  experiment: Experiment | null;
  /**
   * The experiment with its mistakes mended as they were probably meant, to look for further ones behind them; null
   * when there is no telling. Never to be run. Without mistakes it is the experiment.
   */
  draft: Experiment | null;
  /** All mistakes of notation, keys, types and values, in the order of the text. */
  problems: Problem[];
  /**
   * Where a path stands in the text: its value, or the key before it. What is not written is placed at the key of its
   * nearest ancestor that is.
   */
  rangeOf: (path: ExperimentPath, part?: 'key' | 'value') => TextRange;
  /** Whether the text itself holds this path, and not only a default. */
  isWritten: (path: ExperimentPath) => boolean;
}

/**
 * Reads the text of an experiment file and finds all that is wrong with its notation, keys, types and values. Never
 * throws: every text is either an experiment or has problems.
 *
 * @param file absolute path, for the problems; nothing is read from it.
 */
export function parseExperiment(text: string, file: string): ParsedExperiment {
  const source = new ExperimentSource(text);
  const problems: Problem[] = source.syntaxProblems.map(({ range, severity, message }) => ({
    file,
    ...range,
    severity,
    code: 'yaml-syntax',
    message,
  }));
  const draft = source.isUsable ? readSchema(source, file, problems) : null;
  return {
    file,
    experiment: problems.some(({ severity }) => severity === 'error') ? null : draft,
    draft,
    problems: inTextOrder(problems),
    rangeOf: (path, part = 'value') => source.rangeOf(path, part),
    isWritten: (path) => source.isWritten(path),
  };
}

/** Gives a finding its place in the text. */
export function locate(parsed: Pick<ParsedExperiment, 'file' | 'rangeOf'>, finding: Finding): Problem {
  const { path, part, severity = 'error', code, message, suggestion } = finding;
  return {
    file: parsed.file,
    ...parsed.rangeOf(path, part),
    severity,
    code,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** Adds what the schema finds to the problems, mends it as far as it can be guessed, and looks again. */
function readSchema(source: ExperimentSource, file: string, problems: Problem[]): Experiment | null {
  const place = { file, rangeOf: source.rangeOf.bind(source) };
  const told = new ToldFindings();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const value = source.value();
    const result = experimentSchema.safeParse(value);
    if (result.success) return result.data;
    if (value === null) {
      problems.push(locate(place, EMPTY));
      return null;
    }
    const findings = diagnose(result.error.issues, { language: language(), value });
    for (const finding of findings) {
      const problem = locate(place, finding);
      const isNew = told.add(finding, problem);
      if (isNew && !isDoubtful(finding, problem, value, source)) problems.push(problem);
    }
    const repairs = findings.flatMap(({ repair }) => repair ?? []);
    if (repairs.length === 0) return null;
    for (const repair of repairs) apply(repair, source);
  }
  return null;
}

/** Remembers what was told: a mistake that no repair made go away comes again, as does one behind a shared anchor. */
class ToldFindings {
  private readonly byPlace = new Map<string, { path: string; message: string }[]>();

  /** @returns whether it was not told before. */
  add({ path, message }: Finding, { line, column, code }: Problem): boolean {
    const place = `${line}:${column} ${code}`;
    const here = this.byPlace.get(place) ?? [];
    const pathText = formatPath(path);
    // At one place, another path to the same kind of mistake is another use of one anchor.
    if (here.some((other) => other.path !== pathText || other.message === message)) return false;
    this.byPlace.set(place, [...here, { path: pathText, message }]);
    return true;
  }
}

/** Whether a finding may only follow from a mistake of notation: what seems to be absent may stand behind that. */
function isDoubtful(finding: Finding, range: TextRange, value: unknown, source: ExperimentSource): boolean {
  const isAbsence = finding.code === 'missing-key' || valueAt(value, finding.path) === null;
  return isAbsence ? !source.isWhole : !source.isReliable(range);
}

const EMPTY: Finding = {
  path: [],
  code: 'missing-key',
  message: 'The experiment is empty. It needs `data` and `student` at least.',
};

function apply(repair: Repair, source: ExperimentSource): void {
  switch (repair.kind) {
    case 'rename':
      source.rename(repair.path, repair.key);
      break;
    case 'replace':
      source.replace(repair.path, repair.value);
      break;
    case 'remove':
      source.remove(repair.path);
      break;
  }
}

let languageTree: LanguageNode | null = null;

function language(): LanguageNode {
  languageTree ??= experimentJsonSchema();
  return languageTree;
}
