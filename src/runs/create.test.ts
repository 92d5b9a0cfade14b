import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { experimentSchema, type ExperimentInput } from '../experiment/schema';
import { createRun, experimentFileName, type NewRun } from './create';
import { readRunRecord } from './folder';
import { parseGitStatus } from './git';
import { formatRunId } from './id';
import { findWorkspace } from './workspace';

let workspace: string;

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distillery create '));
});

function newRun(input: Partial<ExperimentInput> = {}, path = 'sub folder/mlp.distill.yaml') {
  const experiment = experimentSchema.parse({
    data: { dataset: 'digits' },
    student: { model: 'zoo/mlp' },
    ...input,
  });
  return { experiment, text: '# as written\r\n', path: join(workspace, path), workspace, engine: 'auto' };
}

describe('createRun', () => {
  it('freezes what is asked', async () => {
    await mkdir(join(workspace, 'sub folder'));
    const { id, directory } = await createRun(newRun({ seed: 7 }));
    expect(directory).toBe(join(workspace, '.distillery', 'runs', id));
    const record = await readRunRecord(directory);
    expect(record).toMatchObject({ id, name: 'mlp', role: 'student', engine: 'auto', git: null });
    expect(record.resolved.seed).toBe(7);
    expect(record.experiment).toMatchObject({
      path: 'sub folder/mlp.distill.yaml',
      text: '# as written\r\n',
    });
    expect(record.experiment.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(record.experiment.baselineFingerprint).toBe(record.experiment.fingerprint);
    expect(record.environment.distillery).toMatch(/^\d+\.\d+\.\d+/);
    expect((await readdir(directory)).sort()).toEqual(['checkpoints', 'control', 'run.json']);
  });

  it('keeps secrets of the environment out of the record', async () => {
    process.env['DISTILLERY_TEST_SECRET'] = 'hunter2-hunter2';
    const { directory } = await createRun(newRun());
    delete process.env['DISTILLERY_TEST_SECRET'];
    expect(await readFile(join(directory, 'run.json'), 'utf8')).not.toContain('hunter2');
  });

  it('calls a run with a teacher distilled', async () => {
    const teacher = { experiment: './teacher.distill.yaml' };
    const { directory } = await createRun(newRun({ teacher, name: 'With a teacher' }));
    const record = await readRunRecord(directory);
    expect(record).toMatchObject({ role: 'distilled', name: 'With a teacher' });
    expect(record.experiment.baselineFingerprint).not.toBe(record.experiment.fingerprint);
  });

  it('calls a run that is meant to teach a teacher, unless it has one itself', async () => {
    const roleOf = async (run: NewRun) => (await readRunRecord((await createRun(run)).directory)).role;
    expect(await roleOf({ ...newRun(), teaches: true })).toBe('teacher');
    const assistant = newRun({ teacher: { experiment: './teacher.distill.yaml' } });
    expect(await roleOf({ ...assistant, teaches: true })).toBe('distilled');
  });

  it('gives runs of the same moment different folders', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await createRun(newRun())).id));
    expect(new Set(ids).size).toBe(20);
  });

  it('keeps .distillery out of version control, and leaves a .gitignore of the user alone', async () => {
    await createRun(newRun());
    const ignore = join(workspace, '.distillery', '.gitignore');
    expect(await readFile(ignore, 'utf8')).toBe('*\n');
    await writeFile(ignore, 'mine');
    await createRun(newRun());
    expect(await readFile(ignore, 'utf8')).toBe('mine');
  });

  it('notes the state of the repository', async () => {
    const git = (...parameters: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...parameters], { cwd: workspace });
    git('init', '-q', '-b', 'trunk');
    await writeFile(join(workspace, 'a'), '');
    git('add', 'a');
    git('commit', '-q', '-m', 'first');
    const clean = await createRun(newRun({}, 'mlp.distill.yaml'));
    const commit = git('rev-parse', 'HEAD').toString().trim();
    expect((await readRunRecord(clean.directory)).git).toEqual({ commit, branch: 'trunk', dirty: false });
    await writeFile(join(workspace, 'a'), 'changed');
    const dirty = await createRun(newRun({}, 'mlp.distill.yaml'));
    expect((await readRunRecord(dirty.directory)).git).toMatchObject({ dirty: true });
  });
});

describe('parseGitStatus', () => {
  it('reads detached heads, CRLF and untracked files', () => {
    expect(parseGitStatus('# branch.oid abc\r\n# branch.head (detached)\r\n? new.ts\r\n')).toEqual({
      commit: 'abc',
      branch: null,
      dirty: true,
    });
    expect(parseGitStatus('# branch.oid (initial)\n# branch.head main\n')).toBeNull();
    expect(parseGitStatus('')).toBeNull();
  });
});

describe('formatRunId', () => {
  const at = new Date('2026-11-23T14:25:01.999Z');
  const random = Uint8Array.of(0x7f, 0x0a);

  it.each([
    ['Digits student', '20261123-142501-digits-student-7f0a'],
    ['Größe: 3/4 \\ "x"', '20261123-142501-gro-e-3-4-x-7f0a'],
    ['../..', '20261123-142501-run-7f0a'],
    ['学生', '20261123-142501-run-7f0a'],
    ['x'.repeat(99), `20261123-142501-${'x'.repeat(40)}-7f0a`],
  ])('makes a folder name of %s', (name, id) => {
    expect(formatRunId(at, name, random)).toBe(id);
  });
});

it('names an experiment after its file', () => {
  expect(experimentFileName('/a/b/fitnet.distill.yaml')).toBe('fitnet');
  expect(experimentFileName('fitnet.distill.YML')).toBe('fitnet');
  expect(experimentFileName('fitnet.yaml')).toBe('fitnet');
  expect(experimentFileName('fitnet')).toBe('fitnet');
});

describe('findWorkspace', () => {
  it('prefers the nearest .distillery, then a repository, then the folder itself', async () => {
    const deep = join(workspace, 'a', 'b', 'c');
    await mkdir(deep, { recursive: true });
    expect(await findWorkspace(deep)).toBe(deep);
    await mkdir(join(workspace, 'a', '.git'));
    expect(await findWorkspace(deep)).toBe(join(workspace, 'a'));
    await mkdir(join(workspace, '.distillery'));
    expect(await findWorkspace(deep)).toBe(workspace);
    await mkdir(join(workspace, 'a', 'b', '.distillery'));
    expect(await findWorkspace(deep)).toBe(join(workspace, 'a', 'b'));
  });

  it('does not take a file for the folder', async () => {
    await writeFile(join(workspace, '.distillery'), '');
    expect(await findWorkspace(workspace)).toBe(workspace);
  });
});
