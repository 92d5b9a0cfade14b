import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { keyedRandom } from '../../random/keyed';
import type { Engine, StepFunction, StepInput } from '../engine';
import { EngineError } from '../engine';
import { selectEngine } from '../select';

const input = (data: number[], shape: number[]): StepInput => ({ data: Float32Array.from(data), shape });

describe('a compiled step', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await selectEngine('compiled', process.cwd());
  });

  /** Prepares a step that must compile. */
  const compiled = (body: StepFunction, frozen: tf.Variable[] = []) =>
    engine.prepare(body, {
      frozen,
      onRefused: (reason) => {
        throw new Error(reason);
      },
    });

  test('reads its inputs and gives its outputs', async () => {
    const step = compiled(({ x, factor }) => ({ y: tf.mul(x!, factor!).sum() }));
    expect(await step.run({ x: input([1, 2, 3], [3]), factor: input([2], []) })).toEqual({
      y: Float32Array.of(12),
    });
    expect(await step.run({ x: input([1, 2], [2]), factor: input([3], []) })).toEqual({
      y: Float32Array.of(9),
    });
  });

  test('moves variables, which everyone reads, and shares them with other steps', async () => {
    const weight = tf.variable(tf.tensor1d([1, 2]));
    const grow = compiled(({ rate }) => {
      weight.assign(tf.add(weight, tf.mul(weight, rate!)));
      return { first: weight.slice(0, 1) };
    });
    const total = compiled(() => ({ total: weight.sum() }));
    const rate = { rate: input([1], []) };
    expect(await grow.run(rate)).toEqual({ first: Float32Array.of(2) });
    expect(await total.run({})).toEqual({ total: Float32Array.of(6) });
    expect(await grow.run(rate)).toEqual({ first: Float32Array.of(4) });
    expect(Array.from(weight.dataSync())).toEqual([4, 8]);
    weight.assign(tf.tensor1d([10, 20]));
    expect(await grow.run(rate)).toEqual({ first: Float32Array.of(20) });
    expect(await total.run({})).toEqual({ total: Float32Array.of(60) });
  });

  test('leaves numbers alone that somebody took from a variable before', async () => {
    const weight = tf.variable(tf.tensor1d([1, 2]));
    const twice = compiled(() => {
      weight.assign(tf.mul(weight, 2));
      return {};
    });
    const before = weight.clone();
    const pending = tf.add(weight, 1);
    const read = weight.dataSync();
    await twice.run({});
    await twice.run({});
    await twice.run({});
    expect(Array.from(before.dataSync())).toEqual([1, 2]);
    expect(Array.from(pending.dataSync())).toEqual([2, 3]);
    expect(Array.from(read)).toEqual([1, 2]);
    expect(Array.from(weight.dataSync())).toEqual([8, 16]);
  });

  test('leaves numbers alone that were read before its first run', async () => {
    const weight = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
    const twice = compiled(() => {
      weight.assign(tf.mul(weight, 2));
      return {};
    });
    const read = weight.dataSync();
    for (let run = 0; run < 3; run += 1) await twice.run({});
    expect(Array.from(read)).toEqual([1, 2]);
    expect(Array.from(weight.dataSync())).toEqual([8, 16]);
  });

  test('tells variables apart that share their numbers', async () => {
    const student = tf.variable(tf.tensor1d([1]));
    const teacher = tf.variable(tf.tensor1d([5]));
    const shadow = tf.variable(student);
    student.assign(teacher);
    shadow.assign(teacher);
    const step = compiled(() => {
      student.assign(tf.add(student, 1));
      return { all: tf.concat([student, teacher, shadow]) };
    }, [teacher]);
    expect(await step.run({})).toEqual({ all: Float32Array.of(6, 5, 5) });
    expect(await step.run({})).toEqual({ all: Float32Array.of(7, 5, 5) });
  });

  test('reads tensors whose numbers were made in another shape', async () => {
    const matrix = tf.tensor1d([1, 2, 3, 4]).reshape([2, 2]);
    const variable = tf.variable(tf.tensor1d([1, 2, 3, 4]).reshape([2, 2]));
    const step = compiled(({ x }) => {
      variable.assign(tf.add(tf.mul(matrix, x!), variable));
      return { y: variable };
    });
    expect(await step.run({ x: input([1], []) })).toEqual({ y: Float32Array.of(2, 4, 6, 8) });
    expect(await step.run({ x: input([1], []) })).toEqual({ y: Float32Array.of(3, 6, 9, 12) });
  });

  test('gives results that are made in another shape', async () => {
    const step = compiled(({ x }) => ({ y: tf.add(tf.mul(x!, 0.5), tf.neg(x!).abs()) }));
    const ones = Array.from({ length: 100 * 100 }, () => 1);
    const { y } = await step.run({ x: input(ones, [100, 100]) });
    expect(new Set(y)).toEqual(new Set([1.5]));
  });

  test('does not take the means of rows for those of columns', async () => {
    const step = compiled(({ x }) => ({ y: tf.sum(tf.sub(x!, tf.mean(x!, 1)), 1) }));
    expect(await step.run({ x: input([1, 2, 3, 4], [2, 2]) })).toEqual({ y: Float32Array.of(-2, 2) });
  });

  test('tells apart what infinite numbers stand beside', async () => {
    const around = (x: tf.Tensor, value: number) => tf.pad(x, [[1, 0]], value);
    const step = compiled(({ x }) => ({ low: around(x!, -Infinity), high: around(x!, Infinity) }));
    expect(await step.run({ x: input([1], [1]) })).toEqual({
      low: Float32Array.of(-Infinity, 1),
      high: Float32Array.of(Infinity, 1),
    });
  });

  test('takes two gradients of filters from one image, which lies otherwise in between', async () => {
    const numbers = (shape: number[], seed: number) =>
      input(
        Array.from({ length: tf.util.sizeFromShape(shape) }, (_, place) => Math.sin(12.3 * place + seed)),
        shape,
      );
    const attributes = { strides: 1, pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 24, 32] };
    const step = compiled(({ images, filter, ...outputs }) => {
      const x = tf.conv2d(images as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');
      const gradient = (dy: tf.Tensor): tf.Tensor =>
        tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, attributes);
      const first = gradient(outputs['first']!);
      const rows = tf.cumsum(x.reshape([16, 4 * 4 * 24]), 1);
      return { first, rows, second: gradient(outputs['second']!) };
    });
    const { first, second } = await step.run({
      images: numbers([16, 4, 4, 24], 1),
      filter: numbers([1, 1, 24, 24], 2),
      first: numbers([16, 4, 4, 32], 3),
      second: numbers([16, 4, 4, 32], 3),
    });
    first!.forEach((number, place) => {
      expect(second![place]).toBeCloseTo(number, 3);
    });
  });

  test('counts in maps that a convolution made', async () => {
    const step = compiled(({ x }) => {
      const maps = tf.conv2d(x as tf.Tensor4D, tf.ones([1, 1, 1, 16]), 1, 'same');
      return { positive: tf.sum(tf.greater(maps, 0), [1, 2]) };
    });
    const { positive } = await step.run({ x: input([1, -1, 2, 0, 3, -2], [1, 2, 3, 1]) });
    expect(Array.from(positive!)).toEqual(Array.from({ length: 16 }, () => 3));
  });

  test('leaks no tensors and puts variables back when the body throws', async () => {
    const weight = tf.variable(tf.tensor1d([1]));
    const { numTensors } = tf.memory();
    const broken = compiled(() => {
      weight.assign(tf.add(weight, 1));
      throw new RangeError('of the user');
    });
    await expect(broken.run({})).rejects.toThrow('of the user');
    expect(Array.from(weight.dataSync())).toEqual([1]);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('draws dropout anew in each run, from Math.random', async () => {
    const layer = tf.layers.dropout({ rate: 0.5 });
    const step = compiled(({ x }) => ({ y: layer.apply(x!, { training: true }) as tf.Tensor }));
    const x = input(
      Array.from({ length: 64 }, () => 1),
      [64],
    );
    const mathRandom = Math.random;
    const draws: string[] = [];
    try {
      for (const seed of [1, 2, 1]) {
        Math.random = keyedRandom(seed);
        draws.push((await step.run({ x }))['y']!.join());
      }
    } finally {
      Math.random = mathRandom;
    }
    expect(draws[2]).toBe(draws[0]);
    expect(draws[1]).not.toBe(draws[0]);
    expect(new Set(draws[0]!.split(','))).toEqual(new Set(['0', '2']));
  });

  const refusals: [what: string, body: StepFunction, reason: RegExp][] = [
    ['values are read', ({ x }) => ({ y: tf.scalar(x!.dataSync()[0]!) }), /reads the values of a tensor/],
    [
      'random numbers are drawn in JavaScript',
      () => ({ y: tf.randomUniform([3]) }),
      /tf\.randomUniform would draw/,
    ],
    ['an op has no place in a program', ({ x }) => ({ y: tf.unique(x!.toInt()).values }), /the op Unique/],
    [
      'a variable is made',
      ({ x }) => {
        const made = tf.variable(x!);
        return { y: made };
      },
      /makes the variable/,
    ],
  ];
  test.each(refusals)(
    'is refused, with the reason, where %s; it then runs in pieces',
    async (_, body, reason) => {
      let refusal = '';
      const step = engine.prepare(body, { onRefused: (given) => (refusal = given) });
      const { y } = await step.run({ x: input([3, 3, 5], [3]) });
      expect(refusal).toMatch(reason);
      expect(y!.length).toBeGreaterThan(0);
    },
  );

  test('draws the same in the run in which it is refused as in any other', async () => {
    const body: StepFunction = () => ({ y: tf.randomUniform([3]) });
    const mathRandom = Math.random;
    try {
      const runWith = (step: ReturnType<Engine['prepare']>, seed: number) => {
        Math.random = keyedRandom(seed);
        return step.run({});
      };
      const [old, fresh] = [engine.prepare(body), engine.prepare(body)];
      await runWith(old, 1);
      expect(await runWith(fresh, 2)).toEqual(await runWith(old, 2));
    } finally {
      Math.random = mathRandom;
    }
  });

  test('names the layer in which it is refused', async () => {
    let refusal = '';
    class Peek extends tf.layers.Layer {
      static className = 'Peek';
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const [x] = [inputs].flat() as [tf.Tensor];
        return tf.mul(x, x.dataSync()[0]!);
      }
    }
    const layer = new Peek({ name: 'peeking' });
    const step = engine.prepare(({ x }) => ({ y: layer.apply(x!) as tf.Tensor }), {
      onRefused: (given) => (refusal = given),
    });
    expect(await step.run({ x: input([2, 3], [2]) })).toEqual({ y: Float32Array.of(4, 6) });
    expect(refusal).toContain('layer peeking');
  });

  // A GPU does not tell of an index that is out of bounds.
  test.skipIf(process.env['DISTILLERY_PROVIDER'])('says what onnxruntime says when a run fails', async () => {
    const step = compiled(({ x, at }) => ({ y: tf.gather(x!, at!.toInt()) }));
    const run = step.run({ x: input([1, 2], [2]), at: input([7], [1]) });
    await expect(run).rejects.toThrow(EngineError);
    await expect(run).rejects.toThrow(/out of data bounds|indices element/);
  });
});
