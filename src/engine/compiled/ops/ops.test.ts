import { beforeAll, describe, expect, test } from 'vitest';
import { Graph } from '../graph/graph';
import { allocate, type OpName, type Value } from '../graph/value';
import { evaluate, type KnownValues } from '../lazy';
import type { LoweringOptions } from '../lowering/lowering';
import type { CompilerSettings } from '../settings';
import { startCompiled } from '../start';
import { CASES, type OpCase } from './contract/cases';
import { draw, type Numbers } from './contract/tensors';
import { OPS } from './table';

/** How a graph may become ONNX. Blocks are as long as onnxruntime has them here. */
const LOWERINGS: readonly (readonly [string, Omit<LoweringOptions, 'block'> & { blocked: boolean }])[] = [
  ['in blocks', { blocked: true, extensions: true, fuse: true }],
  ['channels first', { blocked: false, extensions: true, fuse: true }],
  ['portable', { blocked: false, extensions: false, fuse: true }],
  ['in blocks, nothing joined', { blocked: true, extensions: true, fuse: false }],
];

const SOURCES: readonly string[] = ['Input', 'Scalar', 'Constant'];

let found: CompilerSettings;

beforeAll(async () => {
  const { backend } = await startCompiled({ threads: 1, provider: 'cpu' });
  found = backend.settings;
});

test('every op has cases', () => {
  const missing = Object.keys(OPS).filter(
    (op) =>
      !SOURCES.includes(op) && (CASES as Record<string, readonly unknown[] | undefined>)[op] === undefined,
  );
  expect(missing).toEqual([]);
});

test('blocked ops are there to be tested', () => {
  expect([8, 16]).toContain(found.block);
});

describe.each(LOWERINGS)('%s', (_, { blocked, extensions, fuse }) => {
  test.each(Object.keys(CASES) as (keyof typeof CASES)[])('%s', (op) => {
    const settings = { ...found, block: blocked ? found.block : 0, extensions, fuse };
    const cases: readonly OpCase<OpName>[] = CASES[op];
    for (const given of cases) {
      const inputs = given.inputs.map(draw);
      const expected = given.expected(inputs);
      for (const behind of [false, true]) {
        const { array, shape } = run(op, given, inputs, behind, settings);
        const label = `${JSON.stringify({ inputs: given.inputs, attributes: given.attributes })}${behind ? ' behind a convolution' : ''}`;
        expect(shape, label).toEqual(expected.shape);
        expectClose(array, expected, given.tolerance ?? 1e-5, label);
      }
    }
  });
});

/** @param behind whether images are made by a convolution, so that they lie as convolutions like them. */
function run(
  op: keyof typeof CASES,
  given: OpCase<OpName>,
  inputs: readonly Numbers[],
  behind: boolean,
  settings: CompilerSettings,
): { array: ArrayLike<number>; shape: readonly number[] } {
  const graph = new Graph();
  const known: KnownValues = new WeakMap();
  const leaf = (name: string, { shape, data }: Numbers, dtype: Value['dtype']): Value => {
    const value = graph.input(name, shape, dtype);
    const array = allocate(dtype, data.length);
    array.set(data);
    known.set(value, array);
    return value;
  };
  const values = inputs.map((numbers, index) => {
    const value = leaf(`input ${index}`, numbers, given.inputs[index]!.dtype ?? 'float32');
    return behind && isImage(value) ? convolvedByOne(graph, value, leaf, index) : value;
  });
  if (op === 'MaxPoolGradient') values.push(graph.make('MaxPool', [values[1]!], given.attributes as never));
  const result = graph.make(op, values, given.attributes as never);
  const [array] = evaluate(graph, [result], known, settings);
  return { array: array!, shape: result.shape };
}

/** Filters are of rank 4 too, but no filter has as many rows as our images. */
function isImage({ shape, dtype }: Value): boolean {
  return shape.length === 4 && dtype === 'float32';
}

/** The same image, out of a convolution. */
function convolvedByOne(
  graph: Graph,
  image: Value,
  leaf: (name: string, numbers: Numbers, dtype: Value['dtype']) => Value,
  index: number,
): Value {
  const channels = image.shape[3]!;
  const data = new Float64Array(channels * channels);
  for (let channel = 0; channel < channels; channel += 1) data[channel * channels + channel] = 1;
  const filter = leaf(`identity ${index}`, { shape: [1, 1, channels, channels], data }, 'float32');
  const window = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] } as const;
  return graph.make('Conv', [image, filter], window);
}

function expectClose(array: ArrayLike<number>, { data }: Numbers, tolerance: number, label: string): void {
  expect(array.length, label).toBe(data.length);
  const largest = data.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    1e-3,
  );
  const wrong = data.findIndex((value, place) => {
    const actual = array[place]!;
    if (!Number.isFinite(value)) return !Object.is(actual, value);
    return !(Math.abs(actual - value) <= tolerance * largest);
  });
  if (wrong >= 0) {
    expect.fail(`${label}: element ${wrong} is ${array[wrong]!} instead of ${data[wrong]!}`);
  }
}
