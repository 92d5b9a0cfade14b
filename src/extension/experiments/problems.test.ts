import { describe, expect, it } from 'vitest';
import type { Problem } from '../../experiment/problem';
import { carryProblems, mergeProblems, ProblemBoard, replacementText, withoutProblems } from './problems';

function problem(changes: Partial<Problem> = {}): Problem {
  return {
    file: '/lab/kd.distill.yaml',
    severity: 'error',
    code: 'unknown-layer',
    message: 'There is no layer `conv9`.',
    line: 5,
    column: 10,
    endLine: 5,
    endColumn: 15,
    ...changes,
  };
}

describe('mergeProblems', () => {
  it('keeps what both checks report once', () => {
    const other = problem({ column: 20 });
    expect(mergeProblems([problem()], [problem({ endColumn: 11 }), other])).toEqual([problem(), other]);
  });
});

describe('withoutProblems', () => {
  it('leaves out what the other list holds, and only that', () => {
    const schema = problem({ code: 'unknown-key', message: 'Unknown key `temprature`.' });
    const elsewhere = { ...schema, line: 9 };
    expect(withoutProblems([problem(), schema, elsewhere], [{ ...schema }])).toEqual([problem(), elsewhere]);
  });
});

describe('carryProblems', () => {
  const at = (line: number, column: number, endLine = line, endColumn = column): object => ({
    line,
    column,
    endLine,
    endColumn,
  });

  it('leaves what stands before the edit', () => {
    const edit = { line: 5, column: 30, endLine: 5, endColumn: 30, insertedLines: 3 };
    expect(carryProblems([problem(), problem({ line: 2, endLine: 2 })], edit)).toEqual([
      problem(),
      problem({ line: 2, endLine: 2 }),
    ]);
  });
  it('moves what follows by the lines that came or went', () => {
    const inserted = { line: 2, column: 1, endLine: 2, endColumn: 1, insertedLines: 3 };
    expect(carryProblems([problem()], inserted)[0]).toMatchObject(at(8, 10, 8, 15));
    const deleted = { line: 1, column: 1, endLine: 4, endColumn: 1, insertedLines: 0 };
    expect(carryProblems([problem()], deleted)[0]).toMatchObject(at(2, 10, 2, 15));
  });
  it('drops what the edit touches, also at its borders', () => {
    const touching = (column: number, endColumn: number): object[] =>
      carryProblems([problem()], { line: 5, column, endLine: 5, endColumn, insertedLines: 0 });
    expect(touching(12, 13)).toEqual([]);
    expect(touching(15, 15)).toEqual([]);
    expect(touching(1, 2)).toEqual([]);
    expect(touching(16, 16)).toEqual([problem()]);
  });
});

describe('replacementText', () => {
  it.each([
    ['conv9', 'conv2'],
    ['"conv9"', '"conv2"'],
    ["'conv9'", "'conv2'"],
    ['"conv9', 'conv2'],
  ])('%s → %s', (faulty, expected) => {
    expect(replacementText(faulty, 'conv2', 'unknown-layer')).toBe(expected);
  });
  it('takes the quotes off a value that was meant as a number', () => {
    expect(replacementText('"3"', '3', 'wrong-type')).toBe('3');
  });
});

describe('ProblemBoard', () => {
  const student = '/lab/student.distill.yaml';
  const teacher = '/lab/teacher.distill.yaml';
  const ofTeacher = problem({ file: teacher });

  it('shows in a file what another experiment reports of it', () => {
    const board = new ProblemBoard();
    expect(board.set(student, [ofTeacher]).toSorted()).toEqual([student, teacher]);
    expect(board.of(teacher)).toEqual([ofTeacher]);
    expect(board.of(student)).toEqual([]);
  });
  it('believes a file about itself', () => {
    const board = new ProblemBoard();
    board.set(student, [ofTeacher]);
    board.set(teacher, []);
    expect(board.of(teacher)).toEqual([]);
    board.remove(teacher);
    expect(board.of(teacher)).toEqual([ofTeacher]);
  });
  it('says which files to show anew when a report changes', () => {
    const board = new ProblemBoard();
    board.set(student, [ofTeacher]);
    expect(board.set(student, []).toSorted()).toEqual([student, teacher]);
    expect(board.of(teacher)).toEqual([]);
  });
  it('shows once what two experiments report of their teacher', () => {
    const board = new ProblemBoard();
    board.set(student, [ofTeacher]);
    board.set('/lab/other.distill.yaml', [ofTeacher]);
    expect(board.of(teacher)).toEqual([ofTeacher]);
  });
});
