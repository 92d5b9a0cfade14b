import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeWorkspace, waitForStep } from './support';

const cli = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../dist/cli.js');

let workspace: string;
let dispose: () => Promise<void>;

const teacher = `
data: { dataset: digits, trainSize: 320, testSize: 100 }
student: { model: zoo/conv-thin }
train: { epochs: 2, batch: 32 }
`;
const distilled = `
name: tiny
data: { dataset: digits, trainSize: 320, testSize: 100 }
teacher: { experiment: ./teacher.distill.yaml }
student: { model: zoo/conv-thin, options: { width: 4 } }
distill: { hard: {}, soft: {} }
train: { epochs: 2, batch: 32 }
`;

beforeAll(async () => {
  ({ folder: workspace, dispose } = await makeWorkspace());
  await mkdir(path.join(workspace, '.distillery'));
  await writeFile(path.join(workspace, 'teacher.distill.yaml'), teacher);
  await writeFile(path.join(workspace, 'tiny.distill.yaml'), distilled);
  // Days of training, on any machine: it ends when it is stopped.
  await writeFile(path.join(workspace, 'long.distill.yaml'), teacher.replace('epochs: 2', 'epochs: 1000000'));
  await writeFile(
    path.join(workspace, 'wrong.distill.yaml'),
    distilled.replace('soft: {}', 'soft: { temperatur: 4 }'),
  );
});
afterAll(() => dispose());

interface Result {
  code: number | null;
  output: string;
  errors: string;
  /** The last line of the output, parsed. */
  json: () => Record<string, unknown>;
}

/**
 * Runs the built command in the workspace.
 * @param options `interruptAt`: sends SIGINT, once, when the output matches.
 */
function distillery(
  parameters: readonly string[],
  options: { input?: string; interruptAt?: RegExp; cwd?: string; env?: Record<string, string> } = {},
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...parameters], {
      cwd: options.cwd ?? workspace,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
    });
    let [output, errors] = ['', ''];
    let { interruptAt } = options;
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (interruptAt?.test(output) !== true) return;
      interruptAt = undefined;
      child.kill('SIGINT');
    });
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      const json = (): Record<string, unknown> =>
        JSON.parse(output.trim().split('\n').at(-1)!) as Record<string, unknown>;
      resolve({ code, output, errors, json });
    });
    child.stdin.end(options.input ?? '');
  });
}

describe('distillery', () => {
  test('check tells mistakes by place, for people and for programs', async () => {
    const people = await distillery(['check', 'wrong.distill.yaml']);
    expect(people.code).toBe(2);
    expect(people.output).toMatch(/^wrong\.distill\.yaml:6:30: error: .*temperatur.*\n1 error\n$/);
    const programs = await distillery(['check', 'wrong.distill.yaml', '--json']);
    expect(programs.code).toBe(2);
    expect(programs.json()).toMatchObject({
      ok: false,
      problems: [
        {
          file: path.join(workspace, 'wrong.distill.yaml'),
          line: 6,
          column: 30,
          code: 'unknown-key',
          suggestion: 'temperature',
        },
      ],
    });
  });

  test('a file that is not there is a problem with the nearest name, also for programs', async () => {
    for (const command of ['check', 'run']) {
      const { code, json } = await distillery([command, 'tinny.distill.yaml', '--json']);
      expect(code).toBe(2);
      const file = path.join(workspace, 'tinny.distill.yaml');
      expect(json()['problems']).toMatchObject([
        { file, line: 1, column: 1, code: 'missing-file', suggestion: 'tiny.distill.yaml' },
      ]);
    }
  });

  test('check says where code of a model never ends', async () => {
    const endless = 'export function student() {\n  for (;;) {\n    continue;\n  }\n}\n';
    await writeFile(path.join(workspace, 'endless.ts'), endless);
    const text = 'data: { dataset: digits }\nstudent: { model: ./endless.ts#student }\n';
    const { code, errors } = await distillery(['check', 'endless.distill.yaml', '--stdin'], {
      input: text,
      env: { DISTILLERY_INSPECTOR_TIME_LIMIT: '1' },
    });
    expect(code).toBe(2);
    expect(errors).toMatch(/endless\.ts:[23]:\d+: Code of the model still runs after 1 s/);
  });

  test('check takes unsaved text from standard input', async () => {
    const unsaved = await distillery(['check', 'wrong.distill.yaml', '--stdin', '--json'], {
      input: distilled,
    });
    expect(unsaved.json()).toEqual({ ok: true, problems: [] });
  });

  test('run trains teacher, baseline and student, and ends with their report', async () => {
    const { code, json, errors } = await distillery(['run', 'tiny.distill.yaml', '--baseline', '--json']);
    expect(errors).not.toContain('Error');
    expect(code).toBe(0);
    const { runs } = json() as { runs: Record<string, unknown>[] };
    expect(runs.map(({ role, state }) => [role, state])).toEqual([
      ['teacher', 'finished'],
      ['student', 'finished'],
      ['distilled', 'finished'],
    ]);
    for (const run of runs) {
      expect(run['metric']).toBeCloseTo(1 - (run['error'] as number));
      expect(run['parameters']).toBeGreaterThan(0);
      expect(run['multiplyAdds']).toBeGreaterThan(0);
    }
    const list = await distillery(['ls', '--json']);
    const roles = (list.json()['runs'] as { role: string }[]).map(({ role }) => role);
    expect(roles.sort()).toEqual(['distilled', 'student', 'teacher']);
    const taught = await distillery(['run', 'teacher.distill.yaml', '--json']);
    expect(taught.json()['runs']).toMatchObject([{ role: 'teacher', state: 'finished' }]);
    const table = await distillery(['compare', 'tiny', runs[0]!['id'] as string]);
    expect(table.output).toMatch(/test error +parameters +multiply-adds/);
  });

  test('weights are the same for the same seed, and named', async () => {
    const first = await distillery(['weights', 'tiny', '--json']);
    const again = await distillery(['run', 'tiny.distill.yaml', '--json']);
    expect(again.code).toBe(0);
    const second = await distillery(['weights', 'tiny', '--json']);
    expect(second.json()['id']).not.toBe(first.json()['id']);
    expect(second.json()['sha256']).toBe(first.json()['sha256']);
    expect(second.json()['weights']).toContainEqual({ name: 'logits/kernel', dtype: 'F32', shape: [16, 10] });
  });

  test('Ctrl-C stops with a checkpoint, resume goes on, stop stops again', async () => {
    const started = await distillery(['run', 'long.distill.yaml'], { interruptAt: /epoch \d/ });
    expect(started.code).toBe(3);
    expect(started.errors).toMatch(/stopped: Stopped by Ctrl-C\.\nGo on with it: distillery resume /);
    const [run] = (await distillery(['ls', '--json'])).json()['runs'] as {
      id: string;
      state: string;
      step: number;
    }[];
    expect(run).toMatchObject({ state: 'stopped' });
    expect((await distillery(['resume', run!.id, '--detach'])).code).toBe(0);
    await waitForStep(path.join(workspace, '.distillery/runs', run!.id), run!.step + 3);
    const stopped = await distillery(['stop', run!.id]);
    expect(stopped.code).toBe(0);
    expect(stopped.output).toContain(`${run!.id} is stopped.`);
  });

  test('every command that looks at runs finds those of another workspace', async () => {
    const elsewhere = ['--workspace', workspace];
    const list = await distillery(['ls', '--json', ...elsewhere], { cwd: tmpdir() });
    const [run] = list.json()['runs'] as { id: string; state: string }[];
    expect(run).toMatchObject({ state: 'stopped' });
    const { id } = run!;
    for (const parameters of [['show', id], ['compare', id], ['weights', id], ['stop', id], ['engines']]) {
      const { code, errors } = await distillery([...parameters, '--json', ...elsewhere], { cwd: tmpdir() });
      expect([parameters[0], code, errors]).toEqual([parameters[0], 0, '']);
    }
    expect(await distillery(['resume', id, '--detach', ...elsewhere], { cwd: tmpdir() })).toMatchObject({
      code: 0,
    });
    expect(await distillery(['stop', id, ...elsewhere], { cwd: tmpdir() })).toMatchObject({ code: 0 });
    for (const command of ['archive', 'delete'])
      expect(await distillery([command, id, ...elsewhere], { cwd: tmpdir() })).toMatchObject({ code: 0 });
    const nowhere = await distillery(['ls', '--workspace', path.join(workspace, 'none')]);
    expect(nowhere.code).toBe(2);
    expect(nowhere.errors).toBe(`The workspace ${path.join(workspace, 'none')} does not exist.\n`);
  });

  test('mistakes on the command line end with 2 and what would be right', async () => {
    expect(await distillery(['chek'])).toMatchObject({
      code: 2,
      errors: expect.stringContaining('(Did you mean check?)') as string,
    });
    expect((await distillery(['run', 'none.distill.yaml'])).errors).toContain(
      'none.distill.yaml does not exist.',
    );
    const unknown = await distillery(['show', 'tinny']);
    expect(unknown.code).toBe(2);
    expect(unknown.errors).toContain('tiny');
    expect((await distillery(['run', 'tiny.distill.yaml', '--engine', 'gpu'])).code).toBe(2);
  });

  test('an engine that is not here is refused before there is a run', async () => {
    const before = await ids();
    const tfjsNode = ['--engine', 'tfjs-node', '--json'];
    const { code, errors, json } = await distillery(['run', 'tiny.distill.yaml', ...tfjsNode]);
    expect(code).toBe(2);
    expect(json()).toEqual({ runs: [], error: errors.trimEnd() });
    expect(errors).toContain('npm install @tensorflow/tfjs-node\n');
    expect(await ids()).toEqual(before);
  });

  test.each([
    ['refuses to load', 'throw new Error("can not be found")', 'tfjs-node is broken: can not be found'],
    ['ends its process', 'process.abort()', 'A process that loads it ends by signal SIGABRT.'],
  ])('so is one that %s', async (_, code, reason) => {
    const before = await ids();
    const folder = path.join(workspace, 'node_modules/@tensorflow/tfjs-node');
    await mkdir(folder, { recursive: true });
    const manifest = { name: '@tensorflow/tfjs-node', version: '4.22.0', main: 'index.js' };
    await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest));
    await writeFile(path.join(folder, 'index.js'), code);
    const refused = await distillery(['run', 'tiny.distill.yaml', '--engine', 'tfjs-node']);
    await rm(path.join(workspace, 'node_modules'), { recursive: true });
    expect(refused.code).toBe(2);
    expect(refused.errors).toContain(reason);
    expect(await ids()).toEqual(before);
  });

  test('engines tells what each computes with, and what can be installed', async () => {
    const { code, json } = await distillery(['engines', '--json']);
    expect(code).toBe(0);
    const { engines, folder, installable } = json() as {
      engines: Record<string, unknown>[];
      folder: string;
      installable: { name: string }[];
    };
    expect(engines.map(({ name }) => name)).toEqual([
      ...['compiled', 'tfjs-node-gpu', 'tfjs-node', 'wasm', 'cpu'],
    ]);
    expect(engines.find(({ chosen }) => chosen)).toMatchObject({ available: true, precision: 'f32' });
    expect(engines.find(({ name }) => name === 'wasm')).toMatchObject({ provider: 'wasm', threads: 1 });
    expect(path.isAbsolute(folder)).toBe(true);
    const [first] = installable;
    if (first === undefined) return;
    const unasked = await distillery(['engines', '--install', first.name]);
    expect(unasked.code).toBe(2);
    expect(unasked.errors).toContain('To download without being asked: --yes');
    expect((await distillery(['engines', '--install', 'coal'])).errors).toContain(first.name);
  });

  test('archived runs leave the list, deleted ones the disk', async () => {
    const { runs } = (await distillery(['ls', '--json'])).json() as {
      runs: { id: string; directory: string }[];
    };
    const [first] = runs;
    await distillery(['archive', first!.id]);
    expect(((await distillery(['ls', '--json'])).json()['runs'] as unknown[]).length).toBe(runs.length - 1);
    expect((await distillery(['delete', first!.id])).code).toBe(0);
    await expect(readFile(path.join(first!.directory, 'run.json'))).rejects.toThrow('ENOENT');
  });
});

async function ids(): Promise<string[]> {
  const list = await distillery(['ls', '--all', '--json']);
  return (list.json()['runs'] as { id: string }[]).map(({ id }) => id);
}
