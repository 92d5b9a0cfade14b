import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseExperiment } from '../experiment/parse';
import { graphOf, modelBytes, node, value, weights } from '../models/onnx/smallModels';
import { preflight } from './preflight';

let folder: string;

const models = `
import * as tf from '@tensorflow/tfjs';
export const softmax = ({ inputShape, classes }) =>
  tf.sequential({ layers: [
    tf.layers.flatten({ inputShape }),
    tf.layers.dense({ units: classes, activation: 'softmax' }),
  ] });
export const layered = ({ inputShape, classes, options: { units = 2 } }) =>
  tf.sequential({ layers: [
    tf.layers.flatten({ inputShape }),
    tf.layers.dense({ units }),
    tf.layers.dense({ units: classes }),
  ] });
export const strict = ({ inputShape, options }) => tf.layers.dense({ inputShape, units: options.units });
export const frozen = ({ inputShape, classes }) => tf.sequential({ layers: [
  tf.layers.averagePooling2d({ inputShape, poolSize: 2, name: 'pool' }),
  tf.layers.flatten(),
  tf.layers.dense({ units: classes, name: 'logits', trainable: false }),
] });
export function broken() {
  return tf.layers.dense({ units: -1 });
}
`;

/** Applies a layer twice, and has one after its classifier. */
const twice = `
import * as tf from '@tensorflow/tfjs';
export function twice({ inputShape, classes }) {
  const input = tf.input({ shape: inputShape });
  const conv = tf.layers.conv2d({ name: 'conv', filters: 1, kernelSize: 3, padding: 'same' });
  const flat = tf.layers.flatten({ name: 'flat' }).apply(conv.apply(conv.apply(input)));
  const dense = tf.layers.dense({ units: classes, name: 'dense' }).apply(flat);
  return tf.model({ inputs: input, outputs: tf.layers.reshape({ targetShape: [classes], name: 'last' }).apply(dense) });
}
`;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'distillery preflight '));
  await writeFile(path.join(folder, 'models.js'), models);
  await writeFile(path.join(folder, 'twice.js'), twice);
  const teacher = 'data: { dataset: digits }\nstudent: { model: zoo/conv-wide, options: { width: 4 } }\n';
  await writeFile(path.join(folder, 'teacher.distill.yaml'), teacher);
  await writeFile(
    path.join(folder, 'wrong.distill.yaml'),
    'data: { dataset: digit }\nstudent: { model: zoo/mlp }\n',
  );
  await writeFile(path.join(folder, 'bytes.safetensors'), 'not weights');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `line:column code message` of each problem of a text. */
async function check(text: string): Promise<string[]> {
  const parsed = parseExperiment(text, path.join(folder, 'x.distill.yaml'));
  const problems = await preflight(parsed, { baseDirectory: folder });
  return problems.map(
    ({ line, column, code, message }) => `${line}:${column} ${code} ${message.replaceAll(folder, '…')}`,
  );
}

test('a sound experiment has no problems', async () => {
  expect(
    await check(`data: { dataset: digits }
teacher: { experiment: ./teacher.distill.yaml }
student: { model: zoo/conv-thin }
distill: { soft: {}, hints: [{ teacher: block2/relu, student: block2/relu }] }
`),
  ).toEqual([]);
});

test('every mistake that needs the models is found at once, with the nearest right words', async () => {
  expect(
    await check(`data: { dataset: digits }
teacher: { experiment: ./teacher.distill.yaml }
student: { model: zoo/conv-thin }
distill:
  soft: {}
  hints:
    - { teacher: blok2/relu, student: block2/relu }
    - { teacher: block2/relu, student: block3/relu, adapter: none }
    - { teacher: block3/relu, student: block9/relu }
`),
  ).toMatchInlineSnapshot(`
    [
      "7:18 unknown-layer There is no layer \`blok2/relu\`. Did you mean \`block2/relu\`, \`block1/relu\` or \`block2/relu1\`?",
      "8:62 shape-mismatch The adapter "none" cannot lead from the guided layer 4×4×32 to the hint 8×8×8: it needs equal shapes. Use \`adapter: transposed\` or \`auto\`.",
      "9:40 unknown-layer There is no layer \`block9/relu\`. Did you mean \`block1/relu\`, \`block2/relu\` or \`block3/relu\`?",
    ]
  `);
});

test('unknown models, exports and broken code are told with their place', async () => {
  const texts = [
    'zoo/conv-thinn',
    './models.js#sofmax',
    './models.js#broken',
    './models.js#softmax',
    './modles.js#softmax',
  ];
  const found = await Promise.all(
    texts.map((model) => check(`data: { dataset: digits }\nstudent: { model: ${model} }\n`)),
  );
  expect(found.flat()).toMatchInlineSnapshot(`
    [
      "2:19 unknown-model There is no model \`zoo/conv-thinn\`. Did you mean \`zoo/conv-thin\` or \`zoo/conv-wide\`?",
      "2:19 unknown-export ./models.js does not export \`sofmax\`. Did you mean \`softmax\`? It exports \`broken\`, \`frozen\`, \`layered\`, \`softmax\` and \`strict\`.",
      "2:19 bad-model ./models.js#broken fails: Expected units to be a positive integer, but got -1. (models.js:21:20)",
      "2:19 bad-model ./models.js#softmax ends in the activation softmax. A model must give logits: leave it out of the last layer.",
      "2:19 missing-file …/modles.js does not exist. Did you mean \`./models.js\`?",
    ]
  `);
});

test('options that the code of a model never reads are told, with the word it looked for', async () => {
  expect(
    await check(`data: { dataset: digits }
teacher: { model: ./models.js#layered, weights: ./none.safetensors, options: { unit: 3 } }
student: { model: ./models.js#layered, options: { units: 3, extra: 1 } }
distill: { soft: {} }
`),
  ).toMatchInlineSnapshot(`
    [
      "2:49 missing-file …/none.safetensors does not exist.",
      "2:80 unknown-key The code of the model never reads the option \`unit\`. Did you mean \`units\`?",
      "3:61 unused The code of the model never reads the option \`extra\`. It reads \`units\`.",
    ]
  `);
  expect(
    await check(
      'data: { dataset: digits }\nstudent: { model: ./models.js#strict, options: { unitz: 3, extra: 1 } }\n',
    ),
  ).toMatchInlineSnapshot(`
    [
      "2:19 bad-model ./models.js#strict fails: Expected units to be a positive integer, but got undefined. (models.js:14:62)",
      "2:50 unknown-key The code of the model never reads the option \`unitz\`. Did you mean \`units\`?",
    ]
  `);
});

test('a wrong option of a zoo model is told where it stands', async () => {
  const options = '{ widht: 3, blocks: 0 }';
  const found = await check(
    `data: { dataset: digits }\nstudent: { model: zoo/conv-thin, options: ${options} }\n`,
  );
  expect(found).toMatchInlineSnapshot(`
    [
      "2:45 unknown-key zoo/conv-thin: there is no option \`widht\`. Did you mean \`width\`?",
      "2:63 wrong-value zoo/conv-thin: \`blocks\`: Too small: expected number to be >=1",
    ]
  `);
});

test('mistakes behind a misspelt model are told at once', async () => {
  expect(
    await check(`data: { dataset: digits }
teacher: { experiment: ./teacher.distill.yaml }
student: { model: zoo/conv-thinn, options: { width: 4 } }
distill: { hints: [{ teacher: block1/relu, student: blok2/relu }] }
`),
  ).toMatchInlineSnapshot(`
    [
      "3:19 unknown-model There is no model \`zoo/conv-thinn\`. Did you mean \`zoo/conv-thin\` or \`zoo/conv-wide\`?",
      "4:53 unknown-layer There is no layer \`blok2/relu\`. Did you mean \`block2/relu\`, \`block1/relu\` or \`block3/relu\`?",
    ]
  `);
  expect(
    await check(`data: { dataset: digits }
teacher: { experiment: ./teacher.distill.yaml }
student: { model: zoo/conv-thin, options: { widht: 4 } }
distill: { hints: [{ teacher: block1/relu, student: blok2/relu }] }
`),
  ).toMatchInlineSnapshot(`
    [
      "3:45 unknown-key zoo/conv-thin: there is no option \`widht\`. Did you mean \`width\`?",
      "4:53 unknown-layer There is no layer \`blok2/relu\`. Did you mean \`block2/relu\`, \`block1/relu\` or \`block3/relu\`?",
    ]
  `);
});

test('what keeps a teacher from being trained keeps its student from being run', async () => {
  const text =
    'data: { dataset: digits }\nteacher: { experiment: ./idle.distill.yaml }\nstudent: { model: zoo/mlp }\n';
  await writeFile(
    path.join(folder, 'idle.distill.yaml'),
    'data: { dataset: digits }\nstudent: { model: ./models.js#frozen }\ntrain: { epochs: 2, schedule: { name: cosine, warmup: 3 } }\n',
  );
  expect(await check(`${text}distill: { soft: {} }\n`)).toMatchInlineSnapshot(`
    [
      "2:24 bad-teacher The teacher's experiment has mistakes: idle.distill.yaml:3:55: The warm-up never ends: \`warmup\` is 3, and the stage "training" ends at epoch 2. (and 1 more)",
    ]
  `);
});

test('a stage in which nothing can be trained is refused', async () => {
  const frozen = `data: { dataset: digits }
student: { model: ./models.js#frozen }
`;
  const taught = `teacher: { experiment: ./teacher.distill.yaml }
distill: { hard: {}, hints: [{ teacher: block1/pool, student: pool }] }
train: { stages: [{ only: hints, epochs: 1 }, { only: hard, epochs: 2 }] }
`;
  expect([...(await check(frozen)), ...(await check(frozen + taught))]).toMatchInlineSnapshot(`
    [
      "2:19 bad-model There is nothing to train in the stage "training": every weight of the student is frozen (\`trainable: false\`).",
      "5:21 bad-model Only adapters learn in the stage "hints": no weight of the student that can be trained lies before its guided layers.",
      "5:49 bad-model There is nothing to train in the stage "hard": every weight of the student is frozen (\`trainable: false\`).",
    ]
  `);
});

test('teachers that cannot teach are refused', async () => {
  const teachers = [
    '{ experiment: ./wrong.distill.yaml }',
    '{ experiment: ./none.distill.yaml }',
    '{ model: zoo/mlp, weights: ./bytes.safetensors }',
    '{ model: zoo/mlp, weights: ./none.safetensors }',
  ];
  const found = await Promise.all(
    teachers.map((teacher) =>
      check(
        `data: { dataset: digits }\nteacher: ${teacher}\nstudent: { model: zoo/mlp }\ndistill: { soft: {} }\n`,
      ),
    ),
  );
  expect(found.flat()).toMatchInlineSnapshot(`
    [
      "2:24 bad-teacher The teacher's experiment has mistakes: wrong.distill.yaml:1:18: \`data.dataset\` must be \`digits\`, \`mnist\`, \`fashion-mnist\` or \`idx\`, but is the text "digit". Did you mean \`digits\`?",
      "2:24 bad-teacher The teacher's experiment …/none.distill.yaml does not exist.",
      "2:37 bad-weights …/bytes.safetensors is not a valid safetensors file: its header would have 7451598620781211502 bytes.",
      "2:37 missing-file …/none.safetensors does not exist.",
    ]
  `);
});

/** The means of the channels of images, through a dense layer of `classes` units, and whatever `ops` does to it. */
function classifier(size: number, ops: readonly string[], classes = 10): Uint8Array {
  const tensors = ['units', ...ops.map((op) => op.toLowerCase())];
  return modelBytes(
    graphOf({
      node: [
        node('ReduceMean', ['images'], ['means'], { axes: [2, 3], keepdims: 0 }),
        node('MatMul', ['means', 'kernel'], ['units']),
        ...ops.map((op, index) => node(op, [tensors[index]!], [tensors[index + 1]!])),
      ],
      input: [value('images', [1, 1, size, size])],
      output: [value(tensors.at(-1)!, [1, classes])],
      initializer: [weights('kernel', [1, classes])],
    }),
  );
}

test('networks in files that cannot teach these images, or give no logits, are refused', async () => {
  const files: Record<string, Uint8Array> = {
    'sound.onnx': classifier(16, ['Identity']),
    'other.onnx': classifier(8, []),
    'softmax.onnx': classifier(16, ['Softmax', 'Identity']),
    'sigmoid.onnx': classifier(16, ['Sigmoid']),
    'seven.onnx': classifier(16, [], 7),
  };
  const problems: string[] = [];
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(path.join(folder, name), bytes);
    const text = `data: { dataset: digits }\nteacher: { model: ./${name} }\nstudent: { model: zoo/mlp }\n`;
    problems.push(...(await check(`${text}distill: { soft: {} }\n`)));
  }
  expect(problems).toMatchInlineSnapshot(`
    [
      "2:19 bad-model ./other.onnx takes images of 8×8×1 (height, width, channels), not 16×16×1.",
      "2:19 bad-teacher ./softmax.onnx ends in a softmax, and soft targets are made of logits. Export it without that, or leave \`distill.soft\` out: it can still give hints.",
      "2:19 bad-teacher ./sigmoid.onnx ends in a sigmoid, and soft targets are made of logits. Export it without that, or leave \`distill.soft\` out: it can still give hints.",
      "2:19 bad-teacher ./seven.onnx does not give one logit for each class of the data, so there are no soft targets to learn from it. Leave \`distill.soft\` out: it can still give hints.",
    ]
  `);
});

test('a limit beyond the data is refused at its place', async () => {
  const data = 'data: { dataset: digits, train: { limit: 9000 } }';
  expect(await check(`${data}\nstudent: { model: zoo/mlp }\n`)).toMatchInlineSnapshot(`
    [
      "1:42 wrong-value data.train.limit is 9000, but there are only 4000 train images. Lower it or leave it out.",
    ]
  `);
});

test('hints that should not be are told: adapters that nothing needs, and layers from the classifier on', async () => {
  const problems = await check(`data: { dataset: digits }
teacher: { experiment: ./teacher.distill.yaml }
student: { model: ./twice.js#twice }
distill:
  soft: {}
  hints:
    - { teacher: logits, student: dense, adapter: conv1x1 }
    - { teacher: logits, student: last }
    - { teacher: block1/relu, student: conv }
`);
  expect(problems).toEqual([
    '7:18 late-hint `logits` is no layer for a hint. It is the output of the model, which soft targets teach. Choose a layer before the classifier.',
    '7:35 late-hint `dense` is no layer for a hint. It is the output of the model, which soft targets teach. Choose a layer before the classifier.',
    '7:51 adapter-not-needed The adapter `conv1x1` is not needed: both layers are 10 units. Leave it out, or write `adapter: none`, unless it is meant to be learnt.',
    '8:18 late-hint `logits` is no layer for a hint. It is the output of the model, which soft targets teach. Choose a layer before the classifier.',
    '8:35 late-hint `last` is no layer for a hint. It comes after the classifier, which soft targets teach. Choose a layer before the classifier.',
    '9:40 bad-model The layer `conv` is used 2 times in the model, so its output is ambiguous. Choose another layer.',
  ]);
});
