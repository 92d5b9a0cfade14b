import { mkdir, mkdtemp, readFile, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clearStopRequest, readStopRequest, requestStop } from './control';
import { readRunEnd, readRunFolder, readState, standingOf } from './folder';
import { writeJson } from './files';
import {
  LaunchError,
  MEMORY_SETTINGS,
  resumeRun,
  startTrainer,
  trainerEnvironment,
  type TrainerPrograms,
} from './launch';
import { identifyCurrentProcess, isAlive, killTree } from './process';
import { RUN_FILES, type ProcessIdentity } from './record';
import { makeSampleRun } from './sampleRun';
import { stopRun } from './stop';

const id = '20261123-142501-digits-student-7f3a';
let workspace: string;
let directory: string;
let programs: TrainerPrograms;
let started: ProcessIdentity[];

/** A stand-in for the trainer: writes its arguments, and does what the script says with `run`, its folder. */
async function useTrainer(script: string): Promise<void> {
  const trainerPath = join(workspace, 'fake trainer.cjs');
  const prelude = `const fs = require('node:fs'); const run = process.argv[3];
    const end = (state) => { fs.writeFileSync(run + '/end.json', JSON.stringify({ state, at: new Date().toISOString(), step: 1, reason: null, seconds: 1 })); process.exit(); };
    console.log('arguments', JSON.stringify(process.argv.slice(2)));\n`;
  await writeFile(trainerPath, prelude + script);
  programs = { nodePath: process.execPath, trainerPath };
}

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'distillery launch '));
  directory = await makeSampleRun(workspace, { id });
  started = [];
});

afterEach(async () => {
  for (const identity of started) await killTree(identity, { commandIncludes: id, graceMilliseconds: 0 });
});

async function start(): Promise<ProcessIdentity> {
  const identity = await startTrainer(directory, programs);
  started.push(identity);
  return identity;
}

async function logHas(text: string): Promise<void> {
  while (!(await readFile(join(directory, RUN_FILES.log), 'utf8')).includes(text)) await sleep(10);
}

const obedient = `setInterval(() => { if (fs.existsSync(run + '/control/stop.json')) end('stopped'); }, 10); console.log('ready');`;
const deaf = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready');`;

describe('startTrainer', () => {
  it('starts it detached with the folder, notes the process and keeps what it prints', async () => {
    await useTrainer(obedient);
    const identity = await start();
    await logHas('ready');
    expect(await readFile(join(directory, RUN_FILES.log), 'utf8')).toContain(
      `arguments ${JSON.stringify(['--run', directory])}`,
    );
    const folder = await readRunFolder(directory);
    expect(folder.launch?.process).toEqual(identity);
    expect(await isAlive(identity)).toBe('alive');
    expect(await readState(folder)).toBe('running');
  });

  it('does not take a run for interrupted that ended between two looks', async () => {
    await useTrainer('process.exit(0)');
    const identity = await start();
    while ((await isAlive(identity)) !== 'dead') await sleep(10);
    const before = await readRunFolder(directory);
    const end = { state: 'finished', at: new Date().toISOString(), step: 1, reason: null, seconds: 1 };
    await writeJson(join(directory, RUN_FILES.end), end);
    expect(await standingOf(before)).toMatchObject({ state: 'finished', folder: { end } });
  });

  it('sees at once that a trainer died before its first heartbeat', async () => {
    await useTrainer('process.exit(3)');
    const identity = await start();
    while ((await isAlive(identity)) !== 'dead') await sleep(10);
    expect(await readState(await readRunFolder(directory))).toBe('interrupted');
  });

  it('says which program cannot be started', async () => {
    programs = { nodePath: join(workspace, 'no node'), trainerPath: 'x' };
    await expect(start()).rejects.toThrow(LaunchError);
    await expect(start()).rejects.toThrow(programs.nodePath);
  });
});

describe('trainerEnvironment', () => {
  const environment = { PATH: '/bin', ELECTRON_NO_ASAR: '1', VSCODE_PID: '1', vscode_cwd: 'x' };

  it('drops what an editor set for its own children', () => {
    expect(trainerEnvironment(environment, false)).toEqual({ PATH: '/bin', ...MEMORY_SETTINGS });
    expect(trainerEnvironment({ ...environment, ELECTRON_RUN_AS_NODE: '1' }, false)).toEqual({
      PATH: '/bin',
      ...MEMORY_SETTINGS,
    });
  });

  it('tells Electron to play Node', () => {
    expect(trainerEnvironment(environment, true)).toEqual({
      PATH: '/bin',
      ELECTRON_RUN_AS_NODE: '1',
      ...MEMORY_SETTINGS,
    });
  });
});

describe('resumeRun', () => {
  it('takes back the end and the request to stop, then starts', async () => {
    await useTrainer(obedient);
    await writeFile(
      join(directory, RUN_FILES.end),
      JSON.stringify({ state: 'stopped', at: new Date().toISOString(), step: 1, reason: null, seconds: 1 }),
    );
    await requestStop(directory, 'a test');
    started.push(await resumeRun(directory, programs));
    await logHas('ready');
    expect(await readRunEnd(directory)).toBeNull();
    expect(await readStopRequest(directory)).toBeNull();
  });

  it('refuses a run that trains or has finished', async () => {
    await useTrainer(obedient);
    await start();
    await expect(resumeRun(directory, programs)).rejects.toThrow('already running');
    const finished = await makeSampleRun(workspace, { id: `${id}-2`, end: {} });
    await expect(resumeRun(finished, programs)).rejects.toThrow('nothing left to train');
    expect(await readRunEnd(finished)).not.toBeNull();
  });

  it('starts one trainer when several ask at the same time', async () => {
    await useTrainer(obedient);
    await makeSampleRun(workspace, { id, progress: {} });
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => resumeRun(directory, programs)));
    for (const result of results) if (result.status === 'fulfilled') started.push(result.value);
    expect(started).toHaveLength(1);
    await logHas('ready');
    const log = await readFile(join(directory, RUN_FILES.log), 'utf8');
    expect(log.match(/ready/g)).toHaveLength(1);
  });

  it('takes over from a program that crashed while it was resuming', async () => {
    await useTrainer(obedient);
    await makeSampleRun(workspace, { id, progress: {} });
    const claim = join(directory, 'control', 'launching');
    await mkdir(claim);
    await expect(resumeRun(directory, programs)).rejects.toThrow('Someone else is resuming');
    const minuteAgo = new Date(Date.now() - 60_000);
    await utimes(claim, minuteAgo, minuteAgo);
    started.push(await resumeRun(directory, programs));
    expect(started).toHaveLength(1);
  });
});

describe('requests to stop', () => {
  it('stand until they are taken back', async () => {
    expect(await readStopRequest(directory)).toBeNull();
    await requestStop(directory, 'a test');
    expect(await readStopRequest(directory)).toMatchObject({ by: 'a test' });
    await clearStopRequest(directory);
    await clearStopRequest(directory);
    expect(await readStopRequest(directory)).toBeNull();
  });
});

describe('stopRun', () => {
  it('asks, and that is enough for a trainer that listens', async () => {
    await useTrainer(obedient);
    await start();
    const rungs: string[] = [];
    const outcome = await stopRun(directory, { by: 'a test', onRung: (rung) => rungs.push(rung) });
    expect(outcome).toEqual({ state: 'stopped', rung: 'request', refused: null });
    expect(rungs).toEqual(['request']);
  });

  it.skipIf(process.platform === 'win32')('goes on to SIGTERM, which a trainer may still obey', async () => {
    await useTrainer(
      `process.on('SIGTERM', () => end('stopped')); setInterval(() => {}, 1000); console.log('ready');`,
    );
    await start();
    await logHas('ready');
    expect(await stopRun(directory, { by: 'a test', timeoutMilliseconds: 0 })).toEqual({
      state: 'stopped',
      rung: 'SIGTERM',
      refused: null,
    });
  });

  it.skipIf(process.platform === 'win32')(
    'kills one that is deaf, and leaves the run interrupted',
    async () => {
      await useTrainer(deaf);
      await start();
      await logHas('ready');
      expect(await stopRun(directory, { by: 'a test', timeoutMilliseconds: 0 })).toEqual({
        state: 'interrupted',
        rung: 'SIGKILL',
        refused: null,
      });
    },
  );

  it('does nothing to a run that does not run', async () => {
    const outcome = await stopRun(await makeSampleRun(workspace, { id: `${id}-2`, end: {} }), { by: 'x' });
    expect(outcome).toEqual({ state: 'finished', rung: null, refused: null });
    expect(await readStopRequest(join(directory, '..', `${id}-2`))).toBeNull();
  });

  it('signals neither other machines nor processes that are not the trainer', async () => {
    const at = new Date(Date.now() + 10_000).toISOString();
    await makeSampleRun(workspace, { id, progress: { at } });
    const elsewhere = await stopRun(directory, { by: 'x', timeoutMilliseconds: 0 });
    expect(elsewhere.refused).toContain('process 1 on another-host');
    await makeSampleRun(workspace, { id, progress: { at, process: await identifyCurrentProcess() } });
    const other = await stopRun(directory, { by: 'x', timeoutMilliseconds: 0 });
    expect(other).toMatchObject({ state: 'running', rung: 'request' });
    expect(other.refused).toContain('was not signalled');
  });
});
