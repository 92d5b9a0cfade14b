import { copyFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseExperiment } from '../../src/experiment/parse';
import { RUN_FILES } from '../../src/runs/record';
import { readRunFolder } from '../../src/runs/folder';
import { preflight } from '../../src/trainer/preflight';
import { idxBytes } from '../fixtures/data/idx';
import { eventsOf, makeWorkspace, ofType, tensorsOf, train } from './support';

const onnx = fileURLToPath(new URL('../fixtures/onnx/legacy.onnx', import.meta.url));

/** As many floats as the Darknet network below has, after the header of its file. */
const darknet = `[net]
width=8
height=12
channels=3

[convolutional]
filters=4
size=3
stride=2
pad=1
activation=leaky

[convolutional]
filters=6
size=1
activation=linear

[yolo]
mask = 0
anchors = 4,4
classes = 1
num = 1
`;
const darknetFloats = 4 + 4 * 3 * 9 + 6 + 6 * 4;

describe('a network in a file that teaches', () => {
  let workspace: string;
  let dispose: () => Promise<void>;

  beforeAll(async () => {
    ({ folder: workspace, dispose } = await makeWorkspace());
    await copyFile(onnx, path.join(workspace, 'teacher.onnx'));
    await writeFile(path.join(workspace, 'teacher.cfg'), darknet);
    const header = Uint8Array.from([0, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const floats = Float32Array.from({ length: darknetFloats }, (_, index) => Math.sin(index));
    await writeFile(
      path.join(workspace, 'teacher.weights'),
      Buffer.concat([header, new Uint8Array(floats.buffer)]),
    );
    const images = Uint8Array.from({ length: 64 * 12 * 8 * 3 }, (_, index) => (index * 7919) % 256);
    await writeFile(path.join(workspace, 'images.idx'), idxBytes([64, 12, 8, 3], images));
    const labels = Uint8Array.from({ length: 64 }, (_, index) => index % 5);
    await writeFile(path.join(workspace, 'labels.idx'), idxBytes([64], labels));
  });
  afterAll(() => dispose());

  const experiment = (teacher: string, distill: string, data = ''): string => `
seed: 5
data:
  dataset: idx
  files:
    train: { images: ./images.idx, labels: ./labels.idx }
    test: { images: ./images.idx, labels: ./labels.idx }
${data}
teacher: ${teacher}
student: { model: zoo/conv-thin, options: { width: 4 } }
distill: ${distill}
train: { epochs: 2, batch: 24, optimizer: { name: sgd, lr: 0.01 } }
`;
  const problemsOf = async (text: string): Promise<string[]> => {
    const parsed = parseExperiment(text, path.join(workspace, 'x.distill.yaml'));
    expect(parsed.problems).toEqual([]);
    const problems = await preflight(parsed, { baseDirectory: workspace });
    return problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  };

  test('an ONNX file gives soft targets and hints, from the cache and beside the steps alike', async () => {
    const hints = 'hints: [{ teacher: "/stem/Conv", student: block1/conv1, adapter: strided }]';
    const taught = (cache: string): string =>
      experiment('{ model: ./teacher.onnx }', `{ cache: ${cache}, hard: {}, soft: {}, ${hints} }`);
    expect(await problemsOf(taught('auto'))).toEqual([]);
    const cached = await train(workspace, 'cached', taught('auto'));
    const asked = await train(workspace, 'asked', taught('off'));
    for (const directory of [cached, asked]) {
      const { end } = await readRunFolder(directory);
      expect(end).toMatchObject({ state: 'finished' });
    }
    const [told] = ofType(await eventsOf(cached), 'targets');
    expect(told?.targets.map(({ layer, state }) => [layer, state])).toEqual([
      [null, 'built'],
      ['/stem/Conv', 'built'],
    ]);
    const one = await tensorsOf(cached, RUN_FILES.lastCheckpoint);
    const other = await tensorsOf(asked, RUN_FILES.lastCheckpoint);
    for (const [name, values] of one) {
      other.get(name)!.forEach((value, index) => {
        expect(value, name).toBeCloseTo(values[index]!, 4);
      });
    }
    const teacher = ofType(await eventsOf(asked), 'model').find(({ which }) => which === 'teacher');
    expect(teacher?.metrics?.accuracy).toBeGreaterThanOrEqual(0);
    expect(teacher?.parameters).toBeGreaterThan(0);
  });

  test('images that are augmented are shown to it as the student sees them', async () => {
    const text = experiment(
      '{ model: ./teacher.onnx, normalize: { mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] } }',
      '{ soft: {} }',
      '  augment: { flip: true }',
    );
    const directory = await train(workspace, 'augmented', text);
    const events = await eventsOf(directory);
    expect((await readRunFolder(directory)).end).toMatchObject({ state: 'finished' });
    expect(ofType(events, 'targets')[0]?.targets[0]?.state).toBe('refused');
    expect(ofType(events, 'step').every(({ losses }) => Number.isFinite(losses['soft']))).toBe(true);
  });

  test('a Darknet network gives hints, and is refused where soft targets are wanted', async () => {
    const teacher = '{ model: ./teacher.cfg, weights: ./teacher.weights }';
    const hints = '{ hard: {}, hints: [{ teacher: 0/conv, student: block1/conv1, adapter: strided }] }';
    const directory = await train(workspace, 'darknet', experiment(teacher, hints));
    expect((await readRunFolder(directory)).end).toMatchObject({ state: 'finished' });
    const last = ofType(await eventsOf(directory), 'step').at(-1);
    expect(last?.losses['hint 1']).toBeGreaterThan(0);
    expect(await problemsOf(experiment(teacher, '{ soft: {} }'))).toEqual([
      expect.stringContaining('does not give one logit for each class'),
    ]);
  });

  test('what is wrong with it is told before a run, at its place', async () => {
    const wrong = experiment(
      '{ model: ./teacher.onnx }',
      '{ hints: [{ teacher: stem/Conv, student: block1/conv1 }] }',
    );
    expect(await problemsOf(wrong)).toEqual([expect.stringContaining('Did you mean `/stem/Conv`?')]);
    await writeFile(path.join(workspace, 'cut.onnx'), 'no network');
    expect(await problemsOf(experiment('{ model: ./cut.onnx }', '{ soft: {} }'))).toHaveLength(1);
    await writeFile(path.join(workspace, 'short.weights'), new Uint8Array(40));
    const short = experiment('{ model: ./teacher.cfg, weights: ./short.weights }', '{ hints: [{ teacher: 0/conv, student: block1/conv1 }] }'); // prettier-ignore
    expect(await problemsOf(short)).toEqual([expect.stringContaining('floats')]);
  });
});
