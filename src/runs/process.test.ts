import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  identifyCurrentProcess,
  identifyProcess,
  isAlive,
  killTree,
  parseProcStat,
  seemsAlive,
} from './process';
import type { ProcessIdentity } from './record';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A detached Node process that has run the script as far as its first output. */
async function startNode(
  script: string,
  ...parameters: string[]
): Promise<{ identity: ProcessIdentity; output: string }> {
  const child = spawn(process.execPath, ['-e', script, ...parameters], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const output = await new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => {
      resolve(chunk.toString());
    });
  });
  return { identity: await identifyProcess(child.pid!), output: output.trim() };
}

describe('parseProcStat', () => {
  it('finds the fields behind a command with spaces and brackets', () => {
    const stat = `77 (a ) b (x) R 1 77 77 0 -1 4194304 98 0 0 0 0 0 0 0 20 0 1 0 251752 3133440 356\n`;
    expect(parseProcStat(stat)).toEqual({ state: 'R', startTicks: '251752' });
    expect(parseProcStat('77 (cut')).toBeNull();
  });
});

describe('isAlive', () => {
  it('knows this process', async () => {
    const identity = await identifyCurrentProcess();
    expect(identity).toMatchObject({ pid: process.pid, hostname: hostname() });
    expect(identity.startedAt).not.toBeNull();
    expect(await isAlive(identity)).toBe('alive');
    expect(await seemsAlive(identity)).toBe('alive');
  });

  it('takes a pid that was given to another process for dead', async () => {
    const identity = await identifyCurrentProcess();
    expect(await isAlive({ ...identity, startedAt: 'another time' })).toBe('dead');
  });

  it('cannot tell about other machines, nor without a start time', async () => {
    const identity = await identifyCurrentProcess();
    expect(await isAlive({ ...identity, hostname: `not-${hostname()}` })).toBe('elsewhere');
    expect(await isAlive({ ...identity, startedAt: null })).toBe('elsewhere');
  });

  it('sees the end of a process', async () => {
    const { identity } = await startNode('console.log(1); setTimeout(() => {}, 100000)');
    expect(await isAlive(identity)).toBe('alive');
    const child = children.at(-1)!;
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await isAlive(identity)).toBe('dead');
    expect(await seemsAlive(identity)).toBe('dead');
  });
});

describe.skipIf(process.platform === 'win32')('killTree', () => {
  const stubborn =
    "process.on('SIGTERM', () => {}); const { spawn } = require('node:child_process');" +
    "const child = spawn(process.execPath, ['-e', \"process.on('SIGTERM', () => {}); setTimeout(() => {}, 100000)\"]);" +
    'console.log(child.pid); setTimeout(() => {}, 100000)';

  it('lets a process end by itself after SIGTERM', async () => {
    const { identity } = await startNode('console.log(1); setTimeout(() => {}, 100000)', 'my-run');
    const signals: string[] = [];
    const outcome = await killTree(identity, {
      commandIncludes: 'my-run',
      onSignal: (signal) => signals.push(signal),
    });
    expect(outcome).toBe('terminated');
    expect(signals).toEqual(['SIGTERM']);
    expect(await isAlive(identity)).toBe('dead');
  });

  it('kills one that does not, with its children', async () => {
    const { identity, output } = await startNode(stubborn, 'my-run');
    const child = await identifyProcess(Number(output));
    expect(await isAlive(child)).toBe('alive');
    const outcome = await killTree(identity, { commandIncludes: 'my-run', graceMilliseconds: 200 });
    expect(outcome).toBe('killed');
    expect(await isAlive(identity)).toBe('dead');
    while ((await isAlive(child)) === 'alive') await sleep(10);
  });

  it('signals nothing that is not proven to be meant', async () => {
    const { identity } = await startNode('console.log(1); setTimeout(() => {}, 100000)', 'my-run');
    const options = { commandIncludes: 'my-run', graceMilliseconds: 100 };
    expect(await killTree({ ...identity, startedAt: 'another time' }, options)).toBe('already dead');
    expect(await killTree({ ...identity, startedAt: null }, options)).toBe('refused');
    expect(await killTree({ ...identity, hostname: 'another-host' }, options)).toBe('refused');
    expect(await killTree(identity, { ...options, commandIncludes: 'another-run' })).toBe('refused');
    expect(await isAlive(identity)).toBe('alive');
  });
});
