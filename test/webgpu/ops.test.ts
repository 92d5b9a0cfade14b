import { beforeAll, describe, expect, test } from 'vitest';
import { Graph } from '../../src/engine/compiled/graph/graph';
import { allocate, type HostArray, type OpName, type Value } from '../../src/engine/compiled/graph/value';
import { evaluate, type KnownValues } from '../../src/engine/compiled/lazy';
import { CASES, type OpCase } from '../../src/engine/compiled/ops/contract/cases';
import { draw, type Given, type Numbers } from '../../src/engine/compiled/ops/contract/tensors';
import type { CompilerSettings } from '../../src/engine/compiled/settings';
import { startCompiled } from '../../src/engine/compiled/start';

/** GPUs compute these with fewer digits than the contract asks for. */
const TOLERANCE = 5e-4;

let settings: CompilerSettings;
beforeAll(async () => {
  ({
    backend: { settings },
  } = await startCompiled({ provider: 'webgpu' }));
});

/** Values of a graph with the numbers of its inputs. */
class Sheet {
  readonly graph = new Graph();
  readonly known: KnownValues = new WeakMap();
  private count = 0;

  leaf(given: Given, numbers: Numbers = draw(given, this.count)): Value {
    const dtype = given.dtype ?? 'float32';
    const value = this.graph.input(`input ${this.count++}`, given.shape, dtype);
    const array = allocate(dtype, numbers.data.length);
    array.set(numbers.data);
    this.known.set(value, array);
    return value;
  }

  /** All in one program, since each costs the same preparation. */
  compute(values: readonly Value[], on = settings): HostArray[] {
    return evaluate(this.graph, values, this.known, on);
  }
}

function distance(array: ArrayLike<number>, expected: ArrayLike<number>): number {
  const finite = Array.from(expected).filter(Number.isFinite);
  const scale = Math.max(...finite.map(Math.abs), 1e-3);
  return Math.max(
    ...Array.from(expected, (value, place) =>
      Object.is(value, array[place]) ? 0 : Math.abs(array[place]! - value) / scale,
    ).map((each) => (Number.isNaN(each) ? Infinity : each)),
  );
}

describe('WebGPU', () => {
  test.each(Object.keys(CASES) as (keyof typeof CASES)[])('computes %s', (op) => {
    const cases: readonly OpCase<OpName>[] = CASES[op];
    const sheet = new Sheet();
    const expected = cases.map((given) => given.expected(given.inputs.map(draw)));
    const results = cases.map((given) => {
      const inputs = given.inputs.map((input, index) => sheet.leaf(input, draw(input, index)));
      if (op === 'MaxPoolGradient') {
        inputs.push(sheet.graph.make('MaxPool', [inputs[1]!], given.attributes as never));
      }
      return sheet.graph.make(op, inputs, given.attributes as never);
    });
    sheet.compute(results).forEach((array, index) => {
      const label = JSON.stringify({ inputs: cases[index]!.inputs, attributes: cases[index]!.attributes });
      expect(distance(array, expected[index]!.data), label).toBeLessThan(
        Math.max(cases[index]!.tolerance ?? 0, TOLERANCE),
      );
    });
  });

  test('computes convolutions of all numbers of channels, and their gradients', () => {
    const sheet = new Sheet();
    const { graph } = sheet;
    const window = { kernel: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] } as const;
    const pairs = [1, 3, 6, 8, 9].flatMap((from) => [3, 4, 9].map((to) => [from, to] as const));
    const plain = pairs.flatMap(([from, to]) => {
      const [x, filter] = [sheet.leaf({ shape: [2, 5, 4, from] }), sheet.leaf({ shape: [3, 3, from, to] })];
      const y = graph.make('Conv', [x, filter], window);
      const dy = sheet.leaf({ shape: y.shape });
      return [
        y,
        graph.make('ConvInputGradient', [dy, filter], { ...window, shape: x.shape }),
        graph.make('ConvFilterGradient', [x, dy], { ...window, shape: filter.shape }),
      ];
    });
    const grouped = [8, 12].flatMap((channels) =>
      [1, 2, 9].flatMap((multiplier) => {
        const x = sheet.leaf({ shape: [2, 5, 4, channels] });
        const filter = sheet.leaf({ shape: [3, 3, channels, multiplier] });
        const y = graph.make('DepthwiseConv', [x, filter], window);
        const dy = sheet.leaf({ shape: y.shape });
        return [
          y,
          graph.make('DepthwiseInputGradient', [dy, filter], { ...window, shape: x.shape }),
          graph.make('DepthwiseFilterGradient', [x, dy], { ...window, shape: filter.shape }),
        ];
      }),
    );
    const values = [...plain, ...grouped];
    const expected = sheet.compute(values, { ...settings, provider: 'cpu' });
    sheet.compute(values).forEach((array, index) => {
      const { op, inputs } = values[index]!;
      const label = `${op} of ${inputs.map(({ shape }) => shape.join('×')).join(' and ')}`;
      expect(distance(array, expected[index]!), label).toBeLessThan(1e-4);
    });
  });
});
