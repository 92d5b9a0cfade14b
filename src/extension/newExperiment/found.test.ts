import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findIdxFiles, modelFunctions, readExperiment } from './found';
import { exampleFiles } from './plan';
import { starterText } from './starter';

const example = (path: string): string =>
  readFileSync(new URL(`../../../examples/${path}`, import.meta.url), 'utf8');

describe('readExperiment', () => {
  it('knows what an experiment teaches', () => {
    const [teacher, student] = exampleFiles('digits');
    expect(readExperiment(teacher!.text, '/x')).toEqual({
      dataset: 'digits',
      model: 'zoo/conv-wide',
      layers: { map: 'block2/relu', vector: 'pool' },
      isDistilled: false,
    });
    expect(readExperiment(student!.text, '/x')?.isDistilled).toBe(true);
    expect(readExperiment(example('mnist/conv-teacher.distill.yaml'), '/x')).toMatchObject({
      dataset: 'mnist',
      layers: null,
    });
    expect(readExperiment('data: { dataset: mnist }', '/x')).toBeNull();
  });
});

describe('modelFunctions', () => {
  it('finds the functions that make models', () => {
    expect(modelFunctions(example('mnist/models/nets.ts'))).toEqual(['teacher', 'thin']);
    expect(modelFunctions(starterText('student'))).toEqual(['student']);
  });

  it('finds functions in constants, and leaves out what is no model', () => {
    const head = "import * as tf from '@tensorflow/tfjs';\n";
    expect(
      modelFunctions(`${head}export const net = (context) => tf.sequential();
export const bare = context => tf.sequential();
export const typed: Maker = function (context) {};
export const width = 3;
export function helper(input: tf.SymbolicTensor): tf.SymbolicTensor {}
export function block({ a }: { a: number }): tf.layers.Layer {}
export async function later() {}
`),
    ).toEqual(['net', 'bare', 'typed']);
    expect(modelFunctions('export function net() {}')).toEqual([]);
  });
});

describe('findIdxFiles', () => {
  const of = (folder: string, [train, test]: [string, string]): string[] =>
    [train, test].flatMap((split) => [
      `${folder}${split}-images-idx3-ubyte.gz`,
      `${folder}${split}-labels-idx1-ubyte.gz`,
    ]);

  it('finds the four files of one folder', () => {
    const files = ['a/train-images.idx', ...of('data/letters/', ['train', 't10k']), 'readme.md'];
    expect(findIdxFiles(files)).toEqual({
      train: {
        images: 'data/letters/train-images-idx3-ubyte.gz',
        labels: 'data/letters/train-labels-idx1-ubyte.gz',
      },
      test: {
        images: 'data/letters/t10k-images-idx3-ubyte.gz',
        labels: 'data/letters/t10k-labels-idx1-ubyte.gz',
      },
    });
  });

  it('finds nothing where one is missing', () => {
    expect(findIdxFiles(of('', ['train', 'test']).slice(1))).toBeNull();
    expect(findIdxFiles([])).toBeNull();
  });
});
