import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { requestStop } from '../runs/control';
import { makeSampleRun } from '../runs/sampleRun';
import { StoppedByRequest } from './outcome';
import { RunReporter } from './reporter';

let directory: string;
let reporter: RunReporter;

beforeEach(async () => {
  const workspace = await mkdtemp(join(tmpdir(), 'distillery reporter '));
  directory = await makeSampleRun(workspace, { id: 'run' });
  reporter = await RunReporter.open(directory);
});
afterEach(() => {
  reporter.close();
});

it('attends to work until it is done or fails', async () => {
  expect(await reporter.attend(Promise.resolve(3))).toBe(3);
  await expect(reporter.attend(Promise.reject(new Error('no such file')))).rejects.toThrow('no such file');
});

it('leaves work that never ends when someone asks to stop', async () => {
  const attending = reporter.attend(new Promise<never>(() => undefined));
  const outcome = expect(attending).rejects.toThrow(new StoppedByRequest('a test'));
  await requestStop(directory, 'a test');
  await outcome;
});

it('leaves it on a signal too', async () => {
  reporter.noteSignal('SIGTERM');
  await expect(reporter.attend(new Promise<never>(() => undefined))).rejects.toThrow('Stopped by SIGTERM.');
});
