import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RowReader, type RowFile } from './rows';

let folder: string;
let file: RowFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rows-'));
  const path = join(folder, 'rows');
  const numbers = Float32Array.from({ length: 12 }, (_, index) => index);
  writeFileSync(path, Buffer.concat([Buffer.alloc(7), Buffer.from(numbers.buffer)]));
  file = { descriptor: openSync(path, 'r'), offset: 7, rows: 4, width: 3 };
});
afterEach(() => {
  closeSync(file.descriptor);
  rmSync(folder, { recursive: true });
});

describe('RowReader', () => {
  it.each([
    ['from memory', 48],
    ['row by row', 47],
  ])('reads rows in any order, %s', (_, limit) => {
    const reader = new RowReader([file], limit);
    const into = new Float32Array(12);
    reader.read(file, Uint32Array.of(2, 0, 2), into);
    expect([...into]).toEqual([6, 7, 8, 0, 1, 2, 6, 7, 8, 0, 0, 0]);
    reader.read(file, Uint32Array.of(3), into);
    expect([...into.subarray(0, 4)]).toEqual([9, 10, 11, 0]);
  });

  it.each([48, 47])('says so when the file becomes shorter', (limit) => {
    const reader = new RowReader([file], limit);
    truncateSync(join(folder, 'rows'), 40);
    expect(() => {
      reader.read(file, Uint32Array.of(3), new Float32Array(3));
    }).toThrow('became shorter');
  });
});
