import { mkdtemp, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readJson, readJsonIfPresent, removeAbandonedTemporaries, writeFileAtomic, writeJson } from './files';

const schema = z.object({ step: z.int() });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distillery files '));
});

describe('writeFileAtomic', () => {
  it('replaces the content and leaves nothing else behind', async () => {
    const file = join(folder, 'a b.json');
    await writeFileAtomic(file, 'old');
    await writeFileAtomic(file, [Buffer.from('ne'), Buffer.from('w')]);
    expect(await readFile(file, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['a b.json']);
  });

  it('keeps the old content and removes its temporary file when it fails', async () => {
    const file = join(folder, 'taken');
    await writeFileAtomic(join(folder, 'other'), 'x');
    await expect(writeFileAtomic(join(file, 'missing', 'file'), 'x')).rejects.toThrow('ENOENT');
    const folderAsFile = join(folder, 'other', 'file');
    await expect(writeFileAtomic(folderAsFile, 'x')).rejects.toThrow('ENOTDIR');
    expect(await readdir(folder)).toEqual(['other']);
  });

  it('shows readers one whole version or another while it is being replaced', async () => {
    const file = join(folder, 'progress.json');
    await writeJson(file, { step: 0 });
    const writer = (async () => {
      for (let step = 1; step <= 60; step += 1) await writeJson(file, { step });
    })();
    let newest = 0;
    while (newest < 60) {
      const result = await readJson(file, schema);
      if (!result.ok) throw new Error(result.problem.message);
      expect(result.value.step).toBeGreaterThanOrEqual(newest);
      newest = result.value.step;
    }
    await writer;
  });
});

describe('readJson', () => {
  const cases: [string, string, 'torn' | 'wrong'][] = [
    ['half-written', '{"step": 1', 'torn'],
    ['empty', '', 'torn'],
    ['of zeros, as after a power cut', '\0\0\0\0', 'torn'],
    ['of another shape', '{"step": "one"}', 'wrong'],
    ['null', 'null', 'wrong'],
  ];
  it.each(cases)('tells a file that is %s', async (_what, text, reason) => {
    const file = join(folder, 'run.json');
    await writeFile(file, text);
    const result = await readJson(file, schema);
    expect(result).toMatchObject({ ok: false, problem: { reason } });
    expect(result.ok ? '' : result.problem.message).toContain(file);
    await expect(readJsonIfPresent(file, schema)).rejects.toThrow(file);
  });

  it('tells a missing file', async () => {
    const file = join(folder, 'run.json');
    expect(await readJson(file, schema)).toMatchObject({ ok: false, problem: { reason: 'missing' } });
    expect(await readJsonIfPresent(file, schema)).toBeNull();
  });

  it('does not take a folder for a missing file', async () => {
    await expect(readJson(folder, schema)).rejects.toThrow('EISDIR');
  });
});

it('removes the temporary files of killed writers, and only old ones', async () => {
  const [old, young] = [join(folder, '.last.1.aa.tmp'), join(folder, '.last.2.bb.tmp')];
  await writeFile(old, '');
  await writeFile(young, '');
  await writeFile(join(folder, 'last.tmp'), '');
  const hourAgo = new Date(Date.now() - 3_600_000);
  await utimes(old, hourAgo, hourAgo);
  await removeAbandonedTemporaries(folder);
  expect((await readdir(folder)).sort()).toEqual(['.last.2.bb.tmp', 'last.tmp']);
  await removeAbandonedTemporaries(join(folder, 'nowhere'));
});
