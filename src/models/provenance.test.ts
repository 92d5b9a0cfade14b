import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from './load';
import { ModelError } from './model';
import { projectFiles } from './provenance.fixture';
import { layerTable, type ShapedRow } from './table';

const context = { inputShape: [16, 16, 3] as [number, number, number], classes: 10, options: {} };
let root: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  root = await realpath(await mkdtemp(join(tmpdir(), 'distillery provenance ')));
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(root, folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

async function rowsOf(folder: string, reference: string): Promise<ShapedRow[]> {
  const { model } = await loadModel(reference, context, {
    baseDirectory: join(root, folder),
    lenient: true,
  });
  return layerTable(model);
}

/** Where the files say that layers are made: `// expect: NAME` at the end of that line, several names apart by blanks. */
async function expectedLines(folder: string, names: readonly string[]): Promise<Map<string, string>> {
  const expected = new Map<string, string>();
  for (const name of names) {
    const file = join(root, folder, name);
    for (const [index, line] of (await readFile(file, 'utf8')).split(/\r?\n/).entries()) {
      const layers = /\/\/ expect: (.+)$/.exec(line)?.[1];
      for (const layer of layers?.split(' ') ?? []) expected.set(layer, `${file}:${index + 1}`);
    }
  }
  return expected;
}

const typed = projectFiles('ts');
const plain = projectFiles('js');
const withCrlf = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replaceAll('\n', '\r\n')]));

describe('the source of every layer', () => {
  it('has the name of the folder by which it was opened, a link', async () => {
    const body = `import * as tf from '@tensorflow/tfjs';
export const flat = (inputShape: number[]) => tf.layers.flatten({ name: 'flat', inputShape });
`;
    const model = `import * as tf from '@tensorflow/tfjs';
import { flat } from '../blocks/flat';
export const net = ({ inputShape, classes }: { inputShape: number[]; classes: number }) =>
  tf.sequential({ layers: [flat(inputShape), tf.layers.dense({ name: 'logits', units: classes })] });
`;
    await write('linked', { 'blocks/flat.ts': body, 'models/net.ts': model });
    await symlink(join(root, 'linked'), join(root, 'link'), 'junction');
    const rows = await rowsOf('link', './models/net.ts#net');
    expect(rows.map(({ source }) => source?.file)).toEqual([
      join(root, 'link/blocks/flat.ts'),
      join(root, 'link/models/net.ts'),
    ]);
  });

  it.each([
    ['TypeScript', 'typed', 'ts', typed],
    ['JavaScript', 'plain', 'js', plain],
    ['CRLF line endings', 'lines', 'ts', withCrlf(typed)],
    ['odd characters in the path', 'a b #1 100% ü', 'ts', typed],
  ])('is its line: %s', async (_, folder, ending, files) => {
    await write(folder, files);
    const rows = await rowsOf(folder, `./net.${ending}#student`);
    const expected = await expectedLines(folder, Object.keys(files));
    const found = new Map(rows.map(({ name, source }) => [name, source && `${source.file}:${source.line}`]));
    expect(found).toEqual(expected);
    expect(rows.length).toBeGreaterThan(25);
  });

  it('points at the name that is called, and at `new`', async () => {
    await write('columns', typed);
    const rows = await rowsOf('columns', './net.ts#student');
    for (const { name, source } of rows) {
      const line = (await readFile(source!.file, 'utf8')).split('\n')[source!.line - 1]!;
      expect([name, line.slice(source!.column - 1)]).toEqual([
        name,
        expect.stringMatching(
          /^(?:(?:conv2d|batchNormalization|activation|add|dense|flatten|make)\w*\(|new \w)/,
        ),
      ]);
    }
  });

  it('tells the calls that led there, innermost first', async () => {
    await write('chain', typed);
    const rows = await rowsOf('chain', './net.ts#student');
    const chainOf = (name: string) =>
      rows
        .find((row) => row.name === name)!
        .source!.chain.map(({ file, function: caller }) => `${caller} ${file.slice(root.length + 7)}`);
    expect(chainOf('stage1/0/conv')).toEqual([
      'convolve lib/blocks.ts',
      'block lib/blocks.ts',
      '<anonymous> net.ts',
      'student net.ts',
    ]);
    expect(chainOf('head/logits')).toEqual(['finish lib/head.ts', 'student net.ts']);
    expect(chainOf('head/scale')).toEqual(['new Head lib/head.ts', 'student net.ts']);
    expect(chainOf('shared')).toEqual(['null lib/shared.ts']);
  });
});

async function failure(folder: string, files: Readonly<Record<string, string>>): Promise<ModelError> {
  await write(folder, files);
  const error: unknown = await rowsOf(folder, './net.js#student').catch((reason: unknown) => reason);
  if (error instanceof ModelError) return error;
  throw new Error('No ModelError.', { cause: error });
}

describe('layers with one name', () => {
  const net = (body: string) =>
    `const tf = require('@tensorflow/tfjs');\nexports.student = ({ inputShape }) => {\n${body}\n};\n`;

  it('are told with both places', async () => {
    const sequential = net(`  const model = tf.sequential();
  model.add(tf.layers.flatten({ inputShape, name: 'same' }));
  model.add(tf.layers.dense({ units: 3, name: 'same' }));
  return model;`);
    const file = join(root, 'twins', 'net.js');
    const error = await failure('twins', { 'net.js': sequential });
    expect(error.message).toBe(
      `./net.js#student: two layers are called \`same\`, made at ${file}:4 and at ${file}:5. Give each layer its own name.`,
    );
    expect(error.source).toEqual({ file, line: 5, column: 23 });
  });

  it('are told with both places where tfjs refuses them', async () => {
    const functional = net(`  const image = tf.input({ shape: inputShape });
  const flat = tf.layers.flatten({ name: 'same' }).apply(image);
  const make = () => tf.layers.dense({ units: 3, name: 'same' });
  return tf.model({ inputs: image, outputs: make().apply(flat) });`);
    const file = join(root, 'refused', 'net.js');
    const error = await failure('refused', { 'net.js': functional });
    expect(error.message).toBe(
      `./net.js#student fails: two layers are called \`same\`, made at ${file}:4 and at ${file}:5. Give each layer its own name.`,
    );
    expect(error.source).toMatchObject({ file, line: 5 });
  });

  it('are told with the line that made both', async () => {
    const loop = net(`  const model = tf.sequential();
  for (let i = 0; i < 2; i += 1) model.add(tf.layers.dense({ inputShape, units: 3, name: 'same' }));
  return model;`);
    const error = await failure('loop', { 'net.js': loop });
    expect(error.message).toContain(`\`same\`, both made at ${join(root, 'loop', 'net.js')}:4. Give each`);
  });
});
