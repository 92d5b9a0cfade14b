import { describe, expect, it } from 'vitest';
import { carryLine, EditHistory, type PlaceEdit } from './carry';

/** Lines typed at a place. */
const insertion = (line: number, column: number, insertedLines: number): PlaceEdit => ({
  line,
  column,
  endLine: line,
  endColumn: column,
  insertedLines,
});
const removal = (line: number, endLine: number): PlaceEdit => ({
  line,
  column: 1,
  endLine,
  endColumn: 1,
  insertedLines: 0,
});
const place = { line: 10, column: 5 };

describe('carryLine', () => {
  it('moves what stands behind an edit', () => {
    expect(carryLine(place, insertion(3, 1, 2))).toBe(12);
    expect(carryLine(place, insertion(10, 1, 1))).toBe(11);
    expect(carryLine(place, insertion(10, 5, 1))).toBe(11);
    expect(carryLine(place, removal(4, 7))).toBe(7);
  });

  it('leaves what stands before it', () => {
    expect(carryLine(place, insertion(10, 40, 1))).toBe(10);
    expect(carryLine(place, insertion(11, 1, 3))).toBe(10);
  });

  it('loses what it replaced', () => {
    expect(carryLine(place, removal(9, 12))).toBeNull();
    expect(carryLine(place, removal(10, 11))).toBeNull();
  });
});

describe('EditHistory', () => {
  const file = '/nets.ts';
  const table = {};

  it('carries places through what was typed since the table', () => {
    const history = new EditHistory();
    history.meet(table);
    history.edit(file, insertion(1, 1, 2));
    history.edit(file, insertion(2, 9, 0));
    history.edit(file, removal(5, 6));
    expect(history.carry(table, file, place)).toBe(11);
    expect(history.carry(table, '/other.ts', place)).toBe(10);
    history.edit(file, removal(11, 12));
    expect(history.carry(table, file, place)).toBeNull();
  });

  it('leaves out what a newer table knows: the edits that were saved', () => {
    const history = new EditHistory();
    history.meet(table);
    history.edit(file, insertion(1, 1, 2));
    history.save(file);
    history.edit(file, insertion(1, 1, 1));
    history.meet(table);
    expect(history.carry(table, file, place)).toBe(13);
    const newer = {};
    history.meet(newer);
    expect(history.carry(newer, file, place)).toBe(11);
  });

  it('takes back what was not saved', () => {
    const history = new EditHistory();
    history.meet(table);
    history.edit(file, insertion(1, 1, 2));
    history.save(file);
    history.edit(file, insertion(1, 1, 1));
    history.revert(file);
    expect(history.carry(table, file, place)).toBe(12);
    history.revert('/other.ts');
  });
});
