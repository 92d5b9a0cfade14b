import type { Problem } from '../../experiment/problem';

/** An edit of a text: the lines and columns that are replaced (1-based, the end exclusive), and how many lines come. */
export interface LineEdit {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  insertedLines: number;
}

/** The problems of the first list that the second does not hold. */
export function withoutProblems(problems: readonly Problem[], others: readonly Problem[]): Problem[] {
  const keys = new Set(others.map(keyOf));
  return problems.filter((problem) => !keys.has(keyOf(problem)));
}

/** The problems of both lists, each once; those of the first list win. */
export function mergeProblems(first: readonly Problem[], second: readonly Problem[]): Problem[] {
  const merged = new Map<string, Problem>();
  for (const problem of [...first, ...second]) {
    const key = keyOf(problem);
    if (!merged.has(key)) merged.set(key, problem);
  }
  return [...merged.values()];
}

/** Two checks that find the same thing in the same place use the same words for it. */
function keyOf({ file, line, column, code, message }: Problem): string {
  return JSON.stringify([file, line, column, code, message]);
}

/**
 * Carries problems of a text through an edit of it, so that they stay at their words until the text is checked again.
 * What the edit touches is dropped, and so is what follows it on its last line, whose columns have moved.
 */
export function carryProblems(problems: readonly Problem[], edit: LineEdit): Problem[] {
  const shift = edit.insertedLines - (edit.endLine - edit.line);
  return problems.flatMap((problem) => {
    const endsBefore =
      problem.endLine < edit.line || (problem.endLine === edit.line && problem.endColumn < edit.column);
    if (endsBefore) return [problem];
    if (problem.line <= edit.endLine) return [];
    return [{ ...problem, line: problem.line + shift, endLine: problem.endLine + shift }];
  });
}

/**
 * The text that replaces a faulty word: the suggestion, in the quotes that the word stands in. A value of another type
 * is written as it is: quotes are what made it a text.
 */
export function replacementText(faulty: string, suggestion: string, code: Problem['code']): string {
  const quote = code === 'wrong-type' ? undefined : /^(["'])[^]*\1$/.exec(faulty)?.[1];
  return quote === undefined ? suggestion : `${quote}${suggestion}${quote}`;
}

/**
 * What is wrong with which file. An experiment may also report on other files, e.g. on its teacher's; what a file
 * says of itself goes before what others say of it.
 */
export class ProblemBoard {
  private readonly reports = new Map<string, readonly Problem[]>();

  /**
   * Replaces what one experiment reports.
   * @returns The files whose problems may have changed.
   */
  set(reporter: string, problems: readonly Problem[]): string[] {
    const before = this.reports.get(reporter) ?? [];
    this.reports.set(reporter, problems);
    return [...new Set([reporter, ...before.map(({ file }) => file), ...problems.map(({ file }) => file)])];
  }

  /** Forgets an experiment, e.g. when its editor was closed; returns the files whose problems may have changed. */
  remove(reporter: string): string[] {
    const changed = this.set(reporter, []);
    this.reports.delete(reporter);
    return changed;
  }

  /** The problems of a file, each once. */
  of(file: string): Problem[] {
    const all = this.reports.get(file) ?? [...this.reports.values()].flat();
    return mergeProblems(
      all.filter((problem) => problem.file === file),
      [],
    );
  }
}
