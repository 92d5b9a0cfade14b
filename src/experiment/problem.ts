/** A stretch of a text, 1-based lines and columns as people count them; the end is exclusive. */
export interface TextRange {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

/** Where in an experiment something stands: keys and indices from the root, e.g. `['distill', 'hints', 0, 'teacher']`. */
export type ExperimentPath = readonly (string | number)[];

export const problemCodes = [
  'yaml-syntax',
  'unknown-key',
  'missing-key',
  'wrong-type',
  'wrong-value',
  'conflict',
  'missing-file',
  'cyclic-teacher',
  'bad-teacher',
  'bad-data',
  'bad-model',
  'unknown-export',
  'unknown-model',
  'unknown-layer',
  'shape-mismatch',
  'bad-weights',
  'unused',
  /** An adapter joins layers of equal shapes. */
  'adapter-not-needed',
  /** A hint is taken from, or given to, the logits or what comes after them. */
  'late-hint',
  /** The teacher is no better than the student without it. */
  'weak-teacher',
  /** A temperature that no loss is meant for. */
  'odd-temperature',
  /** A model could not be looked at: its code does not end, or ends the process. */
  'bad-inspection',
] as const;
export type ProblemCode = (typeof problemCodes)[number];

/** Something wrong with an experiment: what, where, and what would be right. */
export interface Problem extends TextRange {
  /** Absolute path of the file it is in. */
  file: string;
  severity: 'error' | 'warning' | 'information';
  code: ProblemCode;
  /** A sentence: what is wrong and what to do. */
  message: string;
  /** The nearest right word, when there is one; editors offer it as a quick fix. */
  suggestion?: string;
}

/** A problem before it has a place in a text: what is wrong with the value at a path, or with its key. */
export interface Finding {
  path: ExperimentPath;
  /** Which side of `key: value` it stands at; the value unless said otherwise. */
  part?: 'key' | 'value';
  /** An error unless said otherwise. */
  severity?: Problem['severity'];
  code: ProblemCode;
  message: string;
  suggestion?: string | undefined;
}

/** `distill.hints[0].teacher`; the root is `the experiment`. */
export function formatPath(path: ExperimentPath): string {
  if (path.length === 0) return 'the experiment';
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}

/** The problems in the order of the text. */
export function inTextOrder(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** `file:line:column: severity: message`, the form that terminals and editors make clickable. */
export function formatProblem(problem: Problem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.severity}: ${problem.message}`;
}
