import { execFile } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LongCall } from '../../src/extension/inspector/process';
import { ChannelError } from '../../src/protocol/channel';
import type { SimilarityMatrix } from '../../src/protocol/inspection';
import { idxBytes } from '../fixtures/data/idx';
import { programs, train } from '../trainer/support';
import { Bench, patient } from './support';

const onnx = fileURLToPath(new URL('../fixtures/onnx/legacy.onnx', import.meta.url));
const cli = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../dist/cli.js');

const data = 'data: { dataset: digits, trainSize: 200, testSize: 120 }\n';
const teacher = `${data}student: { model: zoo/conv-wide }\ntrain: { epochs: 1 }\n`;
const experiment = `${data}teacher: { experiment: ./teacher.distill.yaml }
student: { model: ./model.ts#student }
distill: { soft: {} }
train: { epochs: 1 }
`;
/** A student with a layer that gives the same for every image, and one that is applied twice. */
const model = `import * as tf from '@tensorflow/tfjs';
export function student({ inputShape, classes }) {
  const input = tf.input({ shape: inputShape });
  const conv = tf.layers.conv2d({ name: 'conv', filters: 8, kernelSize: 3, padding: 'same' }).apply(input);
  const twice = tf.layers.reLU({ name: 'twice' });
  const relu = twice.apply(twice.apply(conv));
  const dead = tf.layers.conv2d({ name: 'dead', filters: 8, kernelSize: 1, kernelInitializer: 'zeros' }).apply(relu);
  const sum = tf.layers.add({ name: 'sum' }).apply([relu, dead]);
  const flat = tf.layers.flatten({ name: 'flat' }).apply(sum);
  const logits = tf.layers.dense({ name: 'logits', units: classes }).apply(flat);
  return tf.model({ inputs: input, outputs: logits });
}
`;

let bench: Bench;
let progress: string[];

beforeEach(async () => {
  progress = [];
  bench = await Bench.make();
  await bench.write('model.ts', model);
  await bench.write('teacher.distill.yaml', teacher);
});

afterEach(async () => {
  await bench.dispose();
});

function compare(images = 64, text = experiment, member = 0, options?: LongCall): Promise<SimilarityMatrix> {
  return bench.inspector.similarity({ file: bench.path('a.distill.yaml'), text }, member, images, {
    onProgress: (message) => progress.push(message),
    ...options,
  });
}

describe('similarity', () => {
  test('compares all layers that can be tapped, and proposes pairs that adapters join', async () => {
    const matrix = await compare();
    const { teacherLayers, studentLayers, values, suggestions, notes, images } = matrix;
    expect(images).toBe(64);
    expect(studentLayers).toEqual(['conv', 'dead', 'sum', 'flat', 'logits']);
    expect(values).toBeInstanceOf(Float32Array);
    expect(values).toHaveLength(teacherLayers.length * studentLayers.length);
    const column = (name: string) =>
      [...values].filter((_, index) => index % studentLayers.length === studentLayers.indexOf(name));
    expect(column('dead').every(Number.isNaN)).toBe(true);
    // The layer after the dead one gives what the one before it gave.
    for (const value of column('sum')) expect(value).toBeGreaterThan(0);
    column('flat').forEach((value, row) => {
      expect(value).toBeCloseTo(column('sum')[row]!, 4);
    });
    expect(suggestions.length).toBeGreaterThan(0);
    expect(suggestions.length).toBeLessThanOrEqual(5);
    for (const { teacher: hint, student, similarity, reason } of suggestions) {
      expect(student).not.toBe('logits');
      expect(student).not.toBe('dead');
      const index = teacherLayers.indexOf(hint) * studentLayers.length + studentLayers.indexOf(student);
      expect(similarity).toBeCloseTo(values[index]!, 6);
      expect(reason).toContain('CKA');
    }
    expect(notes.join('\n')).toContain('not trained yet');
    expect(notes.join('\n')).toContain('or have no known shape: twice');
    expect(progress).toContain('Comparing the layers');
  });

  test('gives the same numbers each time', async () => {
    const [first, second] = [await compare(), await compare()];
    expect([...second.values]).toEqual([...first.values]);
  });

  test('shows all test images where there are fewer than asked for', async () => {
    expect((await compare(1000)).images).toBe(120);
  });

  test('compares a teacher that comes as an ONNX file', async () => {
    await copyFile(onnx, bench.path('teacher.onnx'));
    const images = Uint8Array.from({ length: 32 * 12 * 8 * 3 }, (_, index) => (index * 7919) % 256);
    const labels = Uint8Array.from({ length: 32 }, (_, index) => index % 5);
    await writeFile(bench.path('images.idx'), idxBytes([32, 12, 8, 3], images));
    await writeFile(bench.path('labels.idx'), idxBytes([32], labels));
    const files = '{ images: ./images.idx, labels: ./labels.idx }';
    const matrix = await compare(
      16,
      `data: { dataset: idx, files: { train: ${files}, test: ${files} } }
teacher: { model: ./teacher.onnx }
student: { model: zoo/conv-thin, options: { width: 4 } }
distill: { soft: {} }
`,
    );
    expect(matrix.teacherLayers).toContain('/stem/Conv');
    const row = matrix.teacherLayers.indexOf('/stem/Conv') * matrix.studentLayers.length;
    for (const value of matrix.values.subarray(row, row + 3)) expect(value).toBeGreaterThan(0);
  });

  test('takes the weights of the trained teacher', async () => {
    const untrained = await compare();
    await train(bench.folder, 'teacher', teacher);
    const trained = await compare();
    expect(trained.notes.join('\n')).toMatch(/weights of its run \S+teacher/);
    expect([...trained.values]).not.toEqual([...untrained.values]);
  });

  test.each([
    ['a teacher that is not there', experiment, 1, 'There is no teacher 1: the experiment has 1'],
    ['an experiment without teachers', teacher, 0, 'no teacher to compare'],
    ['an experiment with mistakes', 'data: [', 0, 'has mistakes'],
    ['a model that is not there', experiment.replace('model.ts', 'modell.ts'), 0, 'Did you mean'],
  ])('says what is wrong with %s', async (_, text, member, message) => {
    await expect(compare(8, text, member)).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringContaining(message) as string,
    });
  });

  test('stops when nobody waits for it any more', async () => {
    const comparing = compare();
    const failed = comparing.catch((error: unknown) => error);
    await expect.poll(() => progress, patient).toContain('Building the models');
    bench.inspector.stop('Cancelled.');
    expect(await failed).toMatchObject({ kind: 'disposed', message: 'Cancelled.' });
    expect(await failed).not.toBeInstanceOf(ChannelError);
    expect((await compare(8)).images).toBe(8);
  });

  test('is given up for one while another one is computed, which goes on', async () => {
    const first = compare(8);
    const told: string[] = [];
    const abortion = new AbortController();
    const second = compare(8, experiment, 0, {
      signal: abortion.signal,
      onProgress: (message) => told.push(message),
    });
    const failed = second.catch((error: unknown) => error);
    await expect.poll(() => progress, patient).toContain('Building the models');
    abortion.abort();
    expect(await failed).toMatchObject({ kind: 'disposed', message: 'Cancelled.' });
    expect((await first).images).toBe(8);
    expect(told).toEqual([]);
  });

  test('is given up before its process runs, and while it does', async () => {
    const abortion = new AbortController();
    const early = compare(8, experiment, 0, { signal: abortion.signal }).catch((error: unknown) => error);
    abortion.abort();
    expect(await early).toMatchObject({ kind: 'disposed', message: 'Cancelled.' });

    const late = new AbortController();
    const comparing = compare(8, experiment, 0, { signal: late.signal }).catch((error: unknown) => error);
    await expect.poll(() => progress, patient).toContain('Building the models');
    late.abort();
    expect(await comparing).toMatchObject({ kind: 'disposed', message: 'Cancelled.' });
    expect(bench.inspector.pid).toBeUndefined();
    expect((await compare(8)).images).toBe(8);
  });
});

describe('distillery similarity', () => {
  const run = promisify(execFile);

  test('prints a table for people, and a line for programs', async () => {
    const file = await bench.write('a.distill.yaml', experiment);
    const parameters = [cli, 'similarity', file, '--images', '16'];
    const { stdout } = await run(programs.nodePath, parameters);
    expect(stdout).toContain('Pairs for hints:');
    const json = (await run(programs.nodePath, [...parameters, '--json'])).stdout;
    expect(json.trimEnd()).not.toContain('\n');
    const { teacherLayers, studentLayers, values, images } = JSON.parse(json) as {
      teacherLayers: string[];
      studentLayers: string[];
      values: (number | null)[][];
      images: number;
    };
    expect(images).toBe(16);
    expect(values.map((row) => row.length)).toEqual(teacherLayers.map(() => studentLayers.length));
    expect(values.every((row) => row[studentLayers.indexOf('dead')] === null)).toBe(true);
  });

  test('says what is wrong, with exit code 2', async () => {
    const missing = bench.path('b.distill.yaml');
    await expect(run(programs.nodePath, [cli, 'similarity', missing])).rejects.toMatchObject({
      code: 2,
      stderr: `${missing} does not exist.\n`,
    });
    await expect(run(programs.nodePath, [cli, 'similarity', missing, '--images', '1'])).rejects.toMatchObject(
      { code: 2 },
    );
  });
});
