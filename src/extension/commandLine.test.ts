import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lastJson, runCommand, type CommandOptions, type CommandResult } from './commandLine';

const runtime = { executable: process.execPath, environment: { MARK: 'set' }, version: process.version };
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'command line '));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function runScript(
  code: string,
  parameters: string[] = [],
  options: Partial<CommandOptions> = {},
): Promise<CommandResult> {
  const script = join(directory, 'script.cjs');
  await writeFile(script, code);
  return runCommand(runtime, script, parameters, { directory, ...options });
}

describe('runCommand', () => {
  it('hands over parameters as they are, input, environment and directory', async () => {
    const code = `let text = ''; process.stdin.on('data', (c) => (text += c)).on('end', () =>
      console.log(JSON.stringify([process.argv.slice(2), text, process.env.MARK, require('fs').realpathSync(process.cwd())])));`;
    const result = await runScript(code, ['a b', '$(x)', '"'], { input: 'größe\n' });
    const [parameters, input, mark] = JSON.parse(result.output) as unknown[];
    expect([parameters, input, mark]).toEqual([['a b', '$(x)', '"'], 'größe\n', 'set']);
    expect(result.code).toBe(0);
  });
  it('tells the exit code and what was printed', async () => {
    const result = await runScript(`console.log('out'); console.error('err'); process.exitCode = 3;`);
    expect(result).toEqual({ code: 3, output: 'out\n', errors: 'err\n' });
  });
  it('does not mind a command that leaves its input unread', async () => {
    const result = await runScript('process.exit(2)', [], { input: 'x'.repeat(1_000_000) });
    expect(result.code).toBe(2);
  });
  it('ends the command when asked', async () => {
    const abort = new AbortController();
    const running = runScript('setInterval(() => {}, 1000)', [], { signal: abort.signal });
    setTimeout(() => {
      abort.abort();
    }, 100);
    await expect(running).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });
  it('rejects when the program cannot be started', async () => {
    const missing = { ...runtime, executable: join(directory, 'nothing') };
    await expect(runCommand(missing, 'x.js', [], { directory })).rejects.toThrow(/ENOENT/);
  });
});

describe('lastJson', () => {
  it('takes the last line that is JSON', () => {
    expect(lastJson('{"a":1}\nwarning: something\n{"b":2}\n')).toEqual({ b: 2 });
    expect(lastJson('{"a":1}\r\n')).toEqual({ a: 1 });
  });
  it('is undefined when there is none', () => {
    expect(lastJson('')).toBeUndefined();
    expect(lastJson('Error: no such file')).toBeUndefined();
  });
});
