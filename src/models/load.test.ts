import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyedRandom } from '../random/keyed';
import { loadModel } from './load';
import { ModelError, type ModelContext } from './model';

const context: ModelContext = { inputShape: [8, 8, 1], classes: 3, options: {} };
let folder: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'distillery my models '));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function write(name: string, text: string): Promise<void> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

const load = (reference: string, random?: () => number) =>
  loadModel(reference, context, { baseDirectory: folder, ...(random && { random }) });

async function failure(reference: string): Promise<ModelError> {
  const error: unknown = await load(reference).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ModelError) return error;
  throw new Error(`${reference} did not fail with a ModelError.`, { cause: error });
}

const student = `import * as tf from '@tensorflow/tfjs';

export function student(context: { inputShape: [number, number, number]; classes: number }) {
  const model = tf.sequential();
  model.add(tf.layers.conv2d({ inputShape: context.inputShape, filters: 2, kernelSize: 3 }));
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: context.classes }));
  return model;
}
`;

/** A model file whose function has this body; the body starts in line 3. */
const functionOf = (body: string) =>
  `import * as tf from '@tensorflow/tfjs';\nexport function student(context) {\n${body}\n}\n`;

describe('loadModel', () => {
  it('builds a zoo model with its options', async () => {
    const given = { ...context, options: { hidden: [5] } };
    const { model, label } = await loadModel('zoo/mlp', given, { baseDirectory: folder });
    expect(label).toBe('zoo/mlp');
    expect(model.outputs[0]?.shape).toEqual([null, 3]);
    expect(model.countParams()).toBe(64 * 5 + 5 + 5 * 3 + 3);
  });

  it.each(['student.ts', 'crlf.ts', 'deep er/student.mts', 'plain.js', 'plain.mjs'])(
    'builds %s',
    async (name) => {
      const plain = student.replace(/context: .*\) \{/, 'context) {');
      const text = name.startsWith('plain') ? plain : student;
      await write(name, name === 'crlf.ts' ? text.replaceAll('\n', '\r\n') : text);
      const { model, label } = await load(`./${name}#student`);
      expect(label).toBe(`./${name}#student`);
      expect(model.layers.map((layer) => layer.name)).toEqual([
        'conv2d_Conv2D1',
        'flatten_Flatten1',
        'dense_Dense1',
      ]);
      expect(model.predict(tf.zeros([2, 8, 8, 1]))).toMatchObject({ shape: [2, 3] });
    },
  );

  it.each([
    ['common.cjs', "const tf = require('@tensorflow/tfjs');\nexports.student = BUILD;"],
    ['common.js', "const tf = require('@tensorflow/tfjs-node-gpu');\nmodule.exports = { student: BUILD };"],
    ['common.cts', "import tf = require('@tensorflow/tfjs');\nexport = { student: BUILD };"],
  ])('builds CommonJS code of %s', async (name, text) => {
    const build =
      '(context) => tf.sequential({ layers: [tf.layers.flatten({ inputShape: context.inputShape }), tf.layers.dense({ units: 3 })] })';
    await write(name, text.replace('BUILD', build));
    expect((await load(`${name}#student`)).model.countParams()).toBe(64 * 3 + 3);
  });

  it('builds default exports, helpers, JSON and Node modules beside the file', async () => {
    await write('parts/units.json', '{ "units": 7 }');
    await write(
      'parts/blocks.ts',
      "import * as tf from '@tensorflow/tfjs';\nimport { units } from './units.json';\nexport const hidden = () => tf.layers.dense({ units });",
    );
    await write(
      'main.ts',
      `import { layers, sequential } from '@tensorflow/tfjs-layers';
import path from 'node:path';
import { hidden } from './parts/blocks';
const flat = path.basename(__dirname).startsWith('distillery') && path.basename(__filename) === 'main.ts';
export default (context: any) =>
  sequential({ layers: [layers.flatten({ inputShape: context.inputShape }), hidden(), layers.dense({ units: flat ? 3 : 4 })] });`,
    );
    expect((await load('main.ts#default')).model.countParams()).toBe(64 * 7 + 7 + 7 * 3 + 3);
  });

  it('hands over the context, which the code may change without harm', async () => {
    await write(
      'options.js',
      functionOf(`const { hidden } = context.options;
  context.options.hidden = 1;
  const layers = [tf.layers.flatten({ inputShape: context.inputShape }), tf.layers.dense({ units: hidden }), tf.layers.dense({ units: 3 })];
  return tf.sequential({ layers });`),
    );
    const given = { ...context, options: { hidden: 9 } };
    for (let round = 0; round < 2; round += 1) {
      const { model } = await loadModel('options.js#student', given, { baseDirectory: folder });
      expect(model.countParams()).toBe(64 * 9 + 9 + 9 * 3 + 3);
    }
  });

  it('gives the same names and weights for the same stream, and others for another', async () => {
    await write('again.ts', student);
    const build = async (seed: number) => {
      const { model } = await load('again.ts#student', keyedRandom(seed, 'student'));
      return { names: model.layers.map(({ name }) => name), weights: [...model.getWeights()[0]!.dataSync()] };
    };
    const first = await build(1);
    expect(await build(1)).toEqual(first);
    const other = await build(2);
    expect(other.names).toEqual(first.names);
    expect(other.weights).not.toEqual(first.weights);
  });

  it('sees changes of the file', async () => {
    await write('changing.ts', student);
    await load('changing.ts#student');
    await write('changing.ts', student.replace('filters: 2', 'filters: 4'));
    expect((await load('changing.ts#student')).model.layers[0]?.outputShape).toEqual([null, 6, 6, 4]);
  });
});

describe('errors of loadModel', () => {
  it('names the nearest zoo model, file and export', async () => {
    await write('models/studnt.ts', student);
    expect(await failure('zoo/convthin')).toMatchObject({
      code: 'unknown-model',
      suggestion: 'zoo/conv-thin',
    });
    expect(await failure('zoo/transformer')).toMatchObject({
      message: expect.stringContaining('There are zoo/mlp, zoo/conv-thin,') as string,
      suggestion: null,
    });
    const missing = await failure('./models/student.ts#student');
    expect(missing).toMatchObject({
      code: 'missing-file',
      suggestion: './models/studnt.ts#student',
      source: null,
    });
    expect(missing.message).toBe(
      `${join(folder, 'models', 'student.ts')} does not exist. Did you mean \`./models/studnt.ts\`?`,
    );
    const named = `${join(folder, 'models')} is a folder; name the file of a model in it.`;
    expect((await failure('models#student')).message).toBe(named);
    expect((await failure('nowhere/student.ts#student')).message).toMatch(/nor does the folder .*nowhere\.$/);
    const unknown = await failure('models/studnt.ts#studen');
    expect(unknown).toMatchObject({ code: 'unknown-export', suggestion: 'models/studnt.ts#student' });
    expect(unknown.message).toBe(
      'models/studnt.ts does not export `studen`. Did you mean `student`? It exports `student`.',
    );
    expect(await failure('models/studnt.ts#toString')).toMatchObject({ code: 'unknown-export' });
  });

  it('says when a file exports no function, a number, or is no code', async () => {
    await write('empty.ts', '');
    await write('number.ts', 'export const student = 3;');
    await write('weights.onnx', '');
    expect((await failure('empty.ts#student')).message).toContain('It exports no function: write');
    expect(await failure('number.ts#student')).toMatchObject({
      code: 'bad-model',
      message: expect.stringMatching(/^number\.ts#student is no function\./) as string,
    });
    expect((await failure('weights.onnx#student')).message).toContain('must end in .ts, .mts,');
  });

  it.each<[string, string, number, number, string]>([
    [
      'syntax.ts',
      'export function student() {\r\n  const ü = 1; retrun tf;\r\n}',
      2,
      23,
      'Expected ";" but found "tf".',
    ],
    ['import.ts', "\nimport { block } from './blok';\nblock();", 2, 23, 'Could not resolve "./blok".'],
    [
      'exports.ts',
      'export const student = 1;\nexport function student() {}\n',
      2,
      17,
      'Multiple exports with the same name "student". The name "student" was originally exported here: ',
    ],
    [
      'twice.ts',
      'const a = 1;\nexport { a as student };\nexport { a as student };\n',
      3,
      15,
      'Multiple exports with the same name "student". The name "student" was originally exported here: ',
    ],
    ['await.mts', '\nawait Promise.resolve(1);\nexport {};', 2, 1, 'cannot use `await` at the top level'],
    ['meta.ts', 'export const url =\n  import.meta.url;', 2, 3, 'cannot use `import.meta`'],
    ['top.js', "\n  throw new Error('no luck');", 2, 9, 'top.js fails when it is loaded: no luck'],
    [
      'vis.js',
      "const vis = require('@tensorflow/tfjs-vis');",
      1,
      13,
      "import what you need from '@tensorflow/tfjs'",
    ],
    [
      'throws.js',
      functionOf('  const x = null;\n  return x.y;'),
      4,
      12,
      'throws.js#student fails: Cannot read',
    ],
    [
      'layer.js',
      functionOf(
        '  const m = tf.sequential();\n  m.add(tf.layers.conv2d({ inputShape: [8], filters: 1, kernelSize: 3 }));\n  return m;',
      ),
      4,
      5,
      'expected ndim=4, found ndim=2',
    ],
  ])('places the mistake of %s', async (name, text, line, column, reason) => {
    await write(name, text);
    const error = await failure(`${name}#student`);
    expect(error.message).toContain(reason);
    expect(error).toMatchObject({ code: 'bad-model', source: { file: join(folder, name), line, column } });
  });

  it('places an error in the helper that throws it', async () => {
    await write(
      'helpers/lib.ts',
      '// A helper.\nexport function check(units: number): number {\n  if (units < 4) throw new RangeError(`${units} is few`);\n  return units;\n}\n',
    );
    await write('user.ts', "import { check } from './helpers/lib';\nexport const student = () => check(3);");
    expect(await failure('user.ts#student')).toMatchObject({
      message: 'user.ts#student fails: 3 is few',
      source: { file: join(folder, 'helpers', 'lib.ts'), line: 3, column: 24 },
      cause: expect.any(RangeError) as RangeError,
    });
  });

  it.each([
    ['nothing', '', 'returned nothing. Is a `return` missing?'],
    ['promise', 'return Promise.resolve(1);', 'returned a Promise.'],
    [
      'tensor',
      'return tf.input({ shape: [3] });',
      'returned a tensor. Return `tf.model({ inputs, outputs })`',
    ],
    ['layer', 'return tf.layers.flatten();', 'returned a layer of kind Flatten.'],
    ['object', 'return {};', 'returned another object.'],
    ['empty', 'return tf.sequential();', 'has no layers.'],
  ])('says what a function returned instead of a model: %s', async (name, body, reason) => {
    await write(`returns-${name}.js`, functionOf(body));
    const error = await failure(`returns-${name}.js#student`);
    expect(error.message).toContain(reason);
    expect(error.source).toEqual({ file: join(folder, `returns-${name}.js`), line: 2, column: 8 });
  });

  const dense = (units: string, shape = 'context.inputShape') =>
    `const image = tf.input({ shape: ${shape} }); const flat = tf.layers.flatten().apply(image);
     const logits = tf.layers.dense({ units: ${units} }).apply(flat);`;
  it.each([
    [
      'two outputs',
      `${dense('3')} return tf.model({ inputs: image, outputs: [logits, flat] });`,
      'has 2 outputs',
    ],
    [
      'two inputs',
      'const a = tf.input({ shape: [3] }); const b = tf.input({ shape: [3] }); return tf.model({ inputs: [a, b], outputs: tf.layers.add().apply([a, b]) });',
      'has 2 inputs, but must have one: the images, [null, 8, 8, 1].',
    ],
    [
      'other classes',
      `${dense('10')} return tf.model({ inputs: image, outputs: logits });`,
      'gives [null, 10], but the data has 3 classes: its output must be [null, 3]',
    ],
    [
      'a map',
      'return tf.sequential({ layers: [tf.layers.conv2d({ inputShape: context.inputShape, filters: 3, kernelSize: 3 })] });',
      'gives [null, 6, 6, 3], but the data has 3 classes',
    ],
    [
      'other images',
      `${dense('3', '[28, 28, 1]')} return tf.model({ inputs: image, outputs: logits });`,
      'takes [null, 28, 28, 1], but the images of the data are [null, 8, 8, 1].',
    ],
    [
      'flat images',
      'return tf.sequential({ layers: [tf.layers.dense({ inputShape: [64], units: 3 })] });',
      'takes [null, 64], but the images of the data are [null, 8, 8, 1]. Use `context.inputShape` for its input, then `tf.layers.flatten()`.',
    ],
    [
      'integers',
      `const image = tf.input({ shape: context.inputShape, dtype: 'int32' });
       return tf.model({ inputs: image, outputs: tf.layers.dense({ units: 3 }).apply(tf.layers.flatten().apply(image)) });`,
      'takes int32 input, but images are float32.',
    ],
    [
      'no weights',
      'return tf.sequential({ layers: [tf.layers.reshape({ inputShape: context.inputShape, targetShape: [64, 1] }), tf.layers.globalAveragePooling1d(), tf.layers.repeatVector({ n: 3 }), tf.layers.flatten()] });',
      'has no weights: there is nothing to train.',
    ],
    [
      'the same name twice',
      `const image = tf.input({ shape: context.inputShape });
       const inner = tf.sequential({ name: 'a', layers: [tf.layers.flatten({ name: 'b', inputShape: context.inputShape })] });
       const logits = tf.layers.dense({ units: 3, name: 'a/b' }).apply(inner.apply(image));
       return tf.model({ inputs: image, outputs: logits });`,
      ': two layers are called `a/b`, made at ',
    ],
  ])('refuses a model with %s', async (_, body, reason) => {
    await write('refused.js', functionOf(body));
    const error = await failure('refused.js#student');
    expect(error.message).toContain(reason);
    expect(/^refused\.js#student[ :]/.test(error.message)).toBe(true);
  });
});
