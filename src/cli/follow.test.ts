import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { readStopRequest } from '../runs/control';
import { EventLog } from '../runs/eventLog';
import type { RunEvent } from '../runs/events';
import { identifyCurrentProcess } from '../runs/process';
import { RUN_FILES, type RunProgress } from '../runs/record';
import { makeSampleRun, sampleRecord, type SampleRun } from '../runs/sampleRun';
import { followRun } from './follow';

const student = '20261123-110000-student-bbbb';
const teacher = '20261123-100000-teacher-aaaa';
const since = 1_000;
let workspace: string;
let written: string;

const target = {
  write(text: string): void {
    // Where CI is set, there is colour even without a terminal.
    written += stripVTControlCharacters(text);
  },
};

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distillery follow '));
  written = '';
});

/** A run of this process, so that it is alive. */
async function put(id: string, phase: string, changes: Partial<SampleRun> = {}): Promise<string> {
  const progress: Partial<RunProgress> = {
    process: await identifyCurrentProcess(),
    at: new Date().toISOString(),
    phase,
  };
  const record = { ...sampleRecord({ id }), name: id === teacher ? 'big' : 'small' };
  return makeSampleRun(workspace, { id, record, progress, ...changes });
}

function say(directory: string, ...events: RunEvent[]): void {
  const log = EventLog.open(join(directory, RUN_FILES.events));
  for (const event of events) log.append(event);
  log.close();
}

async function seen(text: string): Promise<void> {
  await expect.poll(() => written, { timeout: 60_000, interval: 10 }).toContain(text);
}

describe('followRun', () => {
  it('shows the teacher while the run waits for it, what both say, and the end', async () => {
    const theirs = await put(teacher, 'training');
    const ours = await put(student, `waiting for teacher ${teacher}`);
    say(theirs, { type: 'note', at: since - 1, message: 'of an earlier attempt' });
    say(theirs, { type: 'warning', at: since, message: 'the rate is high' });
    const following = followRun(ours, { target, since });
    await seen('big (teacher)  epoch 1.0/2');
    await put(student, 'training');
    await seen('small  epoch 1.0/2');
    say(ours, { type: 'note', at: since + 1, message: 'at the very end' });
    await put(student, 'finished', { end: {} });
    const { state, detached, folder } = await following;
    expect({ state, detached, end: folder.end?.step }).toEqual({
      state: 'finished',
      detached: false,
      end: 100,
    });
    expect(written).toContain('big  warning: the rate is high\n');
    expect(written).toContain('small  at the very end\n');
    expect(written).not.toContain('earlier attempt');
  });

  it('follows the run itself when its teacher is gone', async () => {
    const ours = await put(student, 'waiting for teacher deleted', { end: { state: 'failed' } });
    expect((await followRun(ours, { target, since })).state).toBe('failed');
    const again = await put(`${student}-2`, 'waiting for teacher deleted');
    const following = followRun(again, { target, since });
    await seen('small  waiting for teacher deleted');
    await put(`${student}-2`, 'stopped', { end: { state: 'stopped' } });
    expect((await following).state).toBe('stopped');
  });

  it('asks the run to stop at the first signal and leaves it alone at the second', async () => {
    const before = process.listenerCount('SIGINT');
    const ours = await put(student, 'training');
    const following = followRun(ours, { target, since });
    await seen('epoch');
    process.emit('SIGINT', 'SIGINT');
    await seen('Press Ctrl-C again');
    await expect.poll(async () => (await readStopRequest(ours))?.by).toBe('Ctrl-C');
    process.emit('SIGINT', 'SIGINT');
    expect(await following).toMatchObject({ state: 'running', detached: true });
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
