import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const cli = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../dist/cli.js');

const net = `import * as tf from '@tensorflow/tfjs';
import { block } from './lib/block';

export function student({ inputShape, classes, options }) {
  const model = tf.sequential();
  for (const index of [1, 2]) block(model, 'block' + index, index === 1 ? inputShape : undefined, options.width ?? 4);
  model.add(tf.layers.flatten({ name: 'flat' })); // expect: flat
  model.add(tf.layers.dense({ name: 'logits', units: classes })); // expect: logits
  return model;
}
`;
const block = `import * as tf from '@tensorflow/tfjs';

export function block(model, name, inputShape, filters) {
  if (filters > 99) throw new RangeError('too wide');
  model.add(tf.layers.conv2d({ name, inputShape, filters, kernelSize: 3 })); // expect: block1 block2
}
`;
const experiment = `
data: { dataset: digits, trainSize: 320, testSize: 100 }
teacher: { experiment: ./teacher.distill.yaml }
student: { model: ./net.js#student, options: { width: 2 } }
distill: { hard: {}, soft: {} }
train: { epochs: 1, batch: 32 }
`;
const teacher = `
data: { dataset: digits, trainSize: 320, testSize: 100 }
student: { model: zoo/conv-thin }
train: { epochs: 1, batch: 32 }
`;

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'distillery layers ')));
  await mkdir(path.join(folder, 'lib'));
  await writeFile(path.join(folder, 'net.js'), net);
  await writeFile(path.join(folder, 'lib/block.js'), block);
  await writeFile(path.join(folder, 'student.distill.yaml'), experiment);
  await writeFile(path.join(folder, 'teacher.distill.yaml'), teacher);
});
afterAll(() => rm(folder, { recursive: true }));

function layers(...parameters: string[]): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { ...process.env, NO_COLOR: '1' } };
    execFile(process.execPath, [cli, 'layers', ...parameters], options, (error, output, errors) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output, errors });
    });
  });
}

interface Row {
  name: string;
  source: {
    file: string;
    line: number;
    chain: { file: string; line: number; function: string | null }[];
  } | null;
}

describe('distillery layers', () => {
  test('prints one line of JSON, with the line of every layer', async () => {
    const { code, output, errors } = await layers(
      './net.js',
      '--json',
      '--input',
      '16x16x1',
      '--classes',
      '7',
    );
    expect([code, errors]).toEqual([0, '']);
    expect(output.trimEnd().split('\n')).toHaveLength(1);
    const rows = JSON.parse(output) as Row[];
    const expected: [string, string][] = [];
    for (const file of ['net.js', 'lib/block.js']) {
      const lines = (await readFile(path.join(folder, file), 'utf8')).split('\n');
      for (const [index, line] of lines.entries()) {
        for (const name of /\/\/ expect: (.*)/.exec(line)?.[1]?.split(' ') ?? []) {
          expected.push([name, `${path.join(folder, file)}:${index + 1}`]);
        }
      }
    }
    expect(new Map(rows.map(({ name, source }) => [name, `${source?.file}:${source?.line}`]))).toEqual(
      new Map(expected),
    );
    expect(rows[0]).toMatchObject({
      name: 'block1',
      kind: 'Conv2D',
      shape: [14, 14, 4],
      parameters: 40,
      multiplyAdds: 36 * 196,
      receptiveField: [3, 3],
      inputs: [],
      uses: 1,
      source: {
        chain: [
          { line: 5, function: 'block' },
          { line: 6, function: 'student' },
        ],
      },
    });
    expect(rows[3]).toMatchObject({ name: 'logits', shape: [7], receptiveField: null, inputs: ['flat'] });
  });

  test('prints a table for people, and the models of an experiment', async () => {
    const one = await layers('net.js#student');
    expect(one.output).toContain(
      'net.js#student (model): code · takes 32×32×3 · gives logits · net.js:4:8\n',
    );
    expect(one.output).toMatch(/block2 +Conv2D +28×28×4 +148 +112,896 +5×5 +lib\/block\.js:5:23\n/);
    expect(one.output).toMatch(/\n4 layers +31,\d+ +\d+,\d+\nBuilt for images of 32×32×3 and 10 classes/);
    const both = await layers('student.distill.yaml', '--json');
    const tables = JSON.parse(both.output) as { role: string; label: string; rows: Row[] }[];
    expect(tables.map(({ role, label, rows }) => [role, label, rows[0]!.name])).toEqual([
      ['student', './net.js#student', 'block1'],
      ['teacher', 'zoo/conv-thin', 'block1/conv1'],
    ]);
  });

  test('ends with 2 and one message at the place of a mistake', async () => {
    const thrown = await layers('net.js', '--options', '{"width": 100}', '--json');
    expect(thrown).toEqual({
      code: 2,
      output: '',
      errors: `${path.join('lib', 'block.js')}:4:27: net.js#student fails: too wide\n`,
    });
    await writeFile(path.join(folder, 'wrong.js'), 'export const a = 1;\nimport { b } from "./nowhere";\n');
    expect(await layers('wrong.js')).toMatchObject({
      code: 2,
      errors: 'wrong.js:2:19: Could not resolve "./nowhere".\n',
    });
    expect(await layers('zoo/mlpp')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('`zoo/mlp`') as string,
    });
    expect(await layers('net.js', '--input', '16')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('such as 32x32x3') as string,
    });
    expect(await layers('student.distill.yaml', '--classes', '3')).toMatchObject({
      code: 2,
      errors: expect.stringContaining('An experiment says itself what --classes would') as string,
    });
  });
});
