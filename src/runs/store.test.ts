import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { identifyCurrentProcess } from './process';
import { RUN_FILES } from './record';
import { makeSampleRun, sampleRecord } from './sampleRun';
import { RunStore } from './store';
import { findTeacherRun } from './teacher';
import { runsFolder } from './workspace';

const first = '20261123-100000-teacher-aaaa';
const second = '20261123-110000-student-bbbb';
const third = '20261123-120000-student-cccc';
let workspace: string;
let store: RunStore;

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distillery store '));
  store = new RunStore(workspace);
});

async function makeThree(): Promise<void> {
  await makeSampleRun(workspace, { id: first, record: { name: 'digits-teacher' }, progress: {}, end: {} });
  await makeSampleRun(workspace, { id: second, end: { state: 'failed', reason: 'NaN' } });
  await makeSampleRun(workspace, { id: third, labels: { archived: true, notes: 'good' } });
}

describe('list', () => {
  it('is empty in a workspace without runs', async () => {
    expect(await store.list()).toEqual({ runs: [], broken: [] });
  });

  it('lists the newest first, with their states', async () => {
    await makeThree();
    const { runs, broken } = await store.list();
    expect(broken).toEqual([]);
    expect(runs.map(({ id, state }) => [id, state])).toEqual([
      [third, 'interrupted'],
      [second, 'failed'],
      [first, 'finished'],
    ]);
    expect(runs[0]).toMatchObject({ labels: { archived: true, notes: 'good' }, progress: null, seed: 1 });
    expect(runs[2]).toMatchObject({ name: 'digits-teacher', progress: { phase: 'training' } });
  });

  it('tells a living trainer from a pid that was reused', async () => {
    const process = await identifyCurrentProcess();
    const at = new Date(Date.now() - 60_000).toISOString();
    await makeSampleRun(workspace, { id: first, progress: { process, at } });
    await makeSampleRun(workspace, { id: second, progress: { process: { ...process, startedAt: 'x' }, at } });
    const { runs } = await store.list();
    expect(runs.map(({ state }) => state)).toEqual(['interrupted', 'running']);
    expect(runs[1]?.progress?.phase).toMatch(/^unresponsive for 6\d s \(training\)$/);
  });

  it('names what is broken and lists the rest', async () => {
    await makeThree();
    await writeFile(join(store.folder, second, RUN_FILES.record), '{"format": 1, "id":');
    await writeFile(join(store.folder, third, RUN_FILES.progress), '{}');
    await mkdir(join(store.folder, 'abandoned'));
    const hourAgo = new Date(Date.now() - 3_600_000);
    await utimes(join(store.folder, 'abandoned'), hourAgo, hourAgo);
    await mkdir(join(store.folder, 'being made'));
    await writeFile(join(store.folder, 'a file'), '');
    const { runs, broken } = await store.list();
    expect(runs.map(({ id }) => id)).toEqual([first]);
    expect(broken.map(({ directory }) => directory)).toEqual(
      [second, third, 'abandoned'].map((id) => join(store.folder, id)),
    );
    expect(broken[0]?.reason).toContain('run.json is not whole JSON');
    expect(broken[1]?.reason).toContain('progress.json is not what it should be');
    expect(broken[2]?.reason).toContain('run.json does not exist');
  });

  it('sees changes of runs that it remembers', async () => {
    await makeThree();
    const hourAgo = new Date(Date.now() - 3_600_000);
    for (const id of [first, second, third]) await utimes(join(store.folder, id), hourAgo, hourAgo);
    const [before, again] = [await store.list(), await store.list()];
    expect(again).toEqual(before);
    expect(again.runs[2]).toBe(before.runs[2]);
    await new RunStore(workspace).setLabels(first, { notes: 'the one' });
    await rm(join(store.folder, second, RUN_FILES.end));
    const { runs } = await store.list();
    expect(runs.map(({ state }) => state)).toEqual(['interrupted', 'interrupted', 'finished']);
    expect(runs[2]?.labels).toEqual({ archived: false, notes: 'the one' });
  });

  it('lists thousands of runs', async () => {
    const record = JSON.stringify(sampleRecord({ id: 'x' }));
    const numbers = Array.from({ length: 2_000 }, (_, index) => String(index).padStart(5, '0'));
    for (const number of numbers) {
      await mkdir(join(runsFolder(workspace), number), { recursive: true });
      await writeFile(
        join(runsFolder(workspace), number, RUN_FILES.record),
        record.replace('"x"', `"${number}"`),
      );
    }
    const { runs, broken } = await store.list();
    expect(broken).toEqual([]);
    expect(runs.map(({ id }) => id)).toEqual(numbers.reverse());
  });
});

describe('resolve', () => {
  beforeEach(makeThree);

  it.each([
    [first, first],
    ['20261123-11', second],
    ['cccc', third],
    ['digits-teacher', first],
    ['digits-student', third],
  ])('%s', async (text, id) => {
    expect((await store.resolve(text)).id).toBe(id);
  });

  it('lists what an ambiguous start may mean', async () => {
    await expect(store.resolve('20261123')).rejects.toThrow(`3 runs; say more of the id:\n`);
    await expect(store.resolve('20261123')).rejects.toThrow(second);
  });

  it('suggests the nearest name', async () => {
    await expect(store.resolve('digits-techer')).rejects.toThrow('Did you mean `digits-teacher`');
    await expect(store.resolve('')).rejects.toThrow('No run');
    await expect(store.resolve('../runs')).rejects.toThrow('No run');
    await expect(new RunStore(join(workspace, 'none')).resolve('x')).rejects.toThrow('There are no runs');
  });
});

describe('labels and removal', () => {
  beforeEach(makeThree);

  it('changes only the labels that are given', async () => {
    await store.setLabels(third, { archived: false });
    expect((await store.get(third)).labels).toEqual({ archived: false, notes: 'good' });
    await expect(store.setLabels('20261123', {})).rejects.toThrow('There is no run');
  });

  it('removes a run, and nothing but a whole one', async () => {
    await store.remove(second);
    expect((await readdir(store.folder)).sort()).toEqual([first, third]);
    await expect(store.remove(second)).rejects.toThrow('There is no run');
    await expect(store.remove('..')).rejects.toThrow('There is no run');
  });

  it('does not remove a run that trains', async () => {
    const progress = { process: await identifyCurrentProcess(), at: new Date().toISOString() };
    const id = '20261123-130000-live-dddd';
    await makeSampleRun(workspace, { id, progress });
    await expect(store.remove(id)).rejects.toThrow('stop it before');
  });
});

describe('findTeacherRun', () => {
  const running = { at: new Date().toISOString() };

  it('prefers the newest finished run that has a best checkpoint', async () => {
    for (const id of [first, second, third]) {
      const directory = await makeSampleRun(workspace, { id, fingerprint: 'f', end: {} });
      if (id !== third) await writeFile(join(directory, RUN_FILES.bestCheckpoint), '');
    }
    const found = await findTeacherRun(store, 'f');
    expect(found.finished?.id).toBe(second);
    expect(found.unfinished).toBeNull();
    expect(await findTeacherRun(store, 'g')).toEqual({ finished: null, unfinished: null });
  });

  it('else finds one that runs, else one to resume; never one that failed', async () => {
    await makeSampleRun(workspace, { id: first, fingerprint: 'f', end: { state: 'failed' } });
    expect((await findTeacherRun(store, 'f')).unfinished).toBeNull();
    const stopped = await makeSampleRun(workspace, {
      id: third,
      fingerprint: 'f',
      end: { state: 'stopped' },
    });
    expect((await findTeacherRun(store, 'f')).unfinished).toEqual({
      id: third,
      directory: stopped,
      running: false,
    });
    await makeSampleRun(workspace, { id: second, fingerprint: 'f', progress: running });
    expect((await findTeacherRun(store, 'f')).unfinished).toMatchObject({ id: second, running: true });
  });
});
