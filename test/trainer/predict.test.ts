import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { cfgOf, floatsFor, networkOf, weightsFile } from '../../src/models/darknet/network.fixture';
import { makeWorkspace, train } from './support';

const cli = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../dist/cli.js');
const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR4nGP4z8DAAMIM/4EAAB/uBfsL2WiLAAAAAElFTkSuQmCC';

let workspace: string;
let dispose: () => Promise<void>;

beforeAll(async () => {
  ({ folder: workspace, dispose } = await makeWorkspace());
  const detector = [
    'convolutional filters=4 size=3 stride=2 pad=1 batch_normalize=1 activation=leaky',
    'convolutional filters=7 size=1 activation=linear',
    'yolo classes=2 num=1 anchors=3,4',
  ];
  const classifier = ['convolutional filters=3 size=3 activation=linear', 'avgpool', 'softmax'];
  for (const [name, sections] of Object.entries({ detector, classifier })) {
    await writeFile(path.join(workspace, `${name}.cfg`), cfgOf(sections));
    await writeFile(path.join(workspace, `${name}.weights`), weightsFile(floatsFor(networkOf(sections))));
  }
  await writeFile(path.join(workspace, 'alone.cfg'), cfgOf(detector));
  await writeFile(path.join(workspace, 'animals.names'), 'cat\ndog\n');
  await writeFile(path.join(workspace, 'three.txt'), 'a\nb\nc\n');
  await writeFile(path.join(workspace, 'image.png'), Buffer.from(png, 'base64'));
});
afterAll(() => dispose());

interface Result {
  code: number;
  output: string;
  errors: string;
}

function predict(...parameters: string[]): Promise<Result> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [cli, 'predict', ...parameters],
      { cwd: workspace, env: { ...process.env, NO_COLOR: '1' } },
      (_, output, errors) => {
        resolve({ code: child.exitCode ?? -1, output, errors });
      },
    );
  });
}

describe('distillery predict', () => {
  test('tells boxes with their classes, in one line of JSON', async () => {
    const { code, output } = await predict('detector.cfg', 'image.png', '--json', '--threshold', '0.1');
    expect(code).toBe(0);
    expect(output.trim().split('\n')).toHaveLength(1);
    const boxes = z
      .array(
        z.object({ class: z.int(), name: z.string(), score: z.number(), box: z.array(z.number()).length(4) }),
      )
      .min(1);
    const [report] = z
      .tuple([z.object({ image: z.string(), width: z.literal(2), height: z.literal(2), boxes })])
      .parse(JSON.parse(output));
    expect(report.image).toBe('image.png');
    for (const box of report.boxes) expect(box.name).toBe(['cat', 'dog'][box.class]);
  });

  test('tells classes with their probabilities, for people too', async () => {
    const parameters = ['classifier.cfg', 'image.png', '--names', 'three.txt', '--top', '2'];
    const { code, output } = await predict(...parameters);
    expect(code).toBe(0);
    expect(output).toMatch(/^image\.png 2×2\n +[\d.]+ % {2}[abc]\n +[\d.]+ % {2}[abc]\n$/);
    const json = await predict(...parameters.slice(0, 2), '--json');
    const [{ classes }] = z
      .tuple([
        z.object({ classes: z.array(z.object({ class: z.int(), name: z.null(), probability: z.number() })) }),
      ])
      .parse(JSON.parse(json.output));
    expect(classes).toHaveLength(3);
    expect(classes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 3);
  });

  test('asks the best checkpoint of a run', async () => {
    const id = path.basename(await train(workspace, 'digits', DIGITS));
    const { code, output, errors } = await predict(id, 'image.png', '--json', '--workspace', workspace);
    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject([{ image: 'image.png', classes: [{}, {}, {}, {}, {}] }]);
  });

  test.each<[string, string[], RegExp]>([
    [
      'no weights',
      ['alone.cfg', 'image.png'],
      /alone\.cfg would answer at random\. There are no weights beside it/,
    ],
    [
      'weights of another network',
      ['alone.cfg', 'image.png', '--weights', 'classifier.weights'],
      /classifier\.weights holds 84 floats, and .*alone\.cfg needs 159/,
    ],
    [
      'names of another number',
      ['detector.cfg', 'image.png', '--names', 'three.txt'],
      /three\.txt names 3 classes; the model knows 2/,
    ],
    ['no model', ['nothing.cfg', 'image.png'], /nothing\.cfg/],
    ['no run', ['nothing', 'image.png'], /nothing/],
    ['an untrained model', ['zoo/conv-thin', 'image.png'], /zoo\/conv-thin would answer at random/],
    ['a threshold above 1', ['detector.cfg', 'image.png', '--threshold', '25'], /from 0 to 1/],
  ])('%s is a mistake', async (_, parameters, message) => {
    const { code, output, errors } = await predict(...parameters);
    expect(errors).toMatch(message);
    expect(errors).not.toContain('    at ');
    expect(output).toBe('');
    expect(code).toBe(2);
  });

  test('goes on after an image that cannot be read', async () => {
    await writeFile(
      path.join(workspace, 'cut.png'),
      (await readFile(path.join(workspace, 'image.png'))).subarray(0, 50),
    );
    const { code, output, errors } = await predict('detector.cfg', 'cut.png', 'image.png', '--json');
    expect(code).toBe(2);
    expect(errors).toBe('cut.png is cut off: a PNG goes on after its 50 bytes.\n');
    expect(JSON.parse(output)).toMatchObject([
      { image: 'cut.png', error: errors.trim() },
      { image: 'image.png' },
    ]);
  });
});

const DIGITS = `
data: { dataset: digits, trainSize: 100, testSize: 50 }
student: { model: zoo/conv-thin, options: { width: 4 } }
train: { epochs: 1, batch: 50 }
`;
