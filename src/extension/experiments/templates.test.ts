import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quickCheck } from './check';
import { fileProbe } from '../../runs/fileProbe';
import { exampleFiles, freeBaseName } from './templates';

describe('the example', () => {
  it('has nothing wrong with it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'example-'));
    try {
      const { teacher, student } = exampleFiles('digits');
      for (const { name, text } of [teacher, student]) await writeFile(join(folder, name), text);
      for (const { name, text } of [teacher, student]) {
        const probe = fileProbe(() => undefined);
        expect(quickCheck(text, join(folder, name), probe)).toEqual({ schema: [], meaning: [] });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('says where its teacher is when that is missing', () => {
    const { student } = exampleFiles('digits');
    const { meaning } = quickCheck(
      student.text,
      join(tmpdir(), 'nowhere', student.name),
      fileProbe(() => undefined),
    );
    expect(meaning).toMatchObject([{ code: 'missing-file', line: 9 }]);
  });
});

describe('freeBaseName', () => {
  it('never overwrites a file', () => {
    expect(freeBaseName('digits', new Set())).toBe('digits');
    expect(freeBaseName('digits', new Set(['digits-student.distill.yaml']))).toBe('digits-2');
    expect(
      freeBaseName('digits', new Set(['digits-teacher.distill.yaml', 'digits-2-teacher.distill.yaml'])),
    ).toBe('digits-3');
  });
});
