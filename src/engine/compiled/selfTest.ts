import type { DeviceMemory } from './deviceMemory';
import { Graph } from './graph/graph';
import { allocate, type HostArray, type Value } from './graph/value';
import { evaluate, type KnownValues } from './lazy';
import { makeTensor } from './runtime';
import type { CompilerSettings } from './settings';

/** Makes a graph input with numbers that have no pattern. */
type Leaf = (name: string, shape: readonly number[]) => Value;
type Results = Readonly<Record<string, Value>>;

const WINDOW = { kernel: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] } as const;

/** A convolution, a ReLU and the gradients of both, in a size that fills blocks. */
export function convolutionProbe(graph: Graph, leaf: Leaf): Results {
  const image = leaf('image', [16, 4, 5, 32]);
  const filter = leaf('filter', [3, 3, 32, 16]);
  const inner = graph.make('Conv', [image, filter], WINDOW);
  const active = graph.unary('Relu', inner);
  const dy = graph.binary('Mul', leaf('gradient', active.shape), graph.step(inner, 0));
  return {
    'a convolution': active,
    'the gradient of a convolution by its image': graph.make('ConvInputGradient', [dy, filter], {
      ...WINDOW,
      shape: image.shape,
    }),
    'the gradient of a convolution by its filter': graph.make('ConvFilterGradient', [image, dy], {
      ...WINDOW,
      shape: filter.shape,
    }),
  };
}

/** What else training is made of: strides, depthwise convolutions, batch normalization, pools, products, sums. */
function trainingProbe(graph: Graph, leaf: Leaf): Results {
  const image = leaf('image', [2, 6, 6, 12]);
  const filter = leaf('filter', [3, 3, 12, 9]);
  const half = { ...WINDOW, strides: [2, 2] } as const;
  const strided = graph.make('Conv', [image, filter], half);
  const slopes = leaf('slopes', strided.shape);
  const each = leaf('each', [3, 3, 12, 1]);
  const depthwise = graph.make('DepthwiseConv', [image, each], WINDOW);
  const slope = leaf('slope', depthwise.shape);
  const scale = leaf('scale', [1, 1, 1, 12]);
  const mean = graph.binary('Mul', graph.sum(image, [0, 1, 2], image.shape), graph.scalar(1 / 72, 4));
  const centred = graph.binary('Sub', image, mean);
  const squares = graph.sum(graph.binary('Mul', centred, centred), [0, 1, 2], image.shape);
  const deviation = graph.unary('Sqrt', graph.binary('Add', squares, graph.scalar(1e-3, 4)));
  const pool = { ...WINDOW, kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] } as const;
  const pooled = graph.make('MaxPool', [image], pool);
  const [a, b] = [leaf('a', [7, 33]), leaf('b', [9, 33])];
  const product = graph.make('MatMul', [a, b], { transposeA: false, transposeB: true });
  return {
    'a convolution with stride 2': strided,
    'the gradient of a convolution with stride 2 by its image': graph.make(
      'ConvInputGradient',
      [slopes, filter],
      { ...half, shape: image.shape },
    ),
    'the gradient of a convolution with stride 2 by its filter': graph.make(
      'ConvFilterGradient',
      [image, slopes],
      { ...half, shape: filter.shape },
    ),
    'a depthwise convolution': depthwise,
    'the gradient of a depthwise convolution by its image': graph.make(
      'DepthwiseInputGradient',
      [slope, each],
      { ...WINDOW, shape: image.shape },
    ),
    'the gradient of a depthwise convolution by its filter': graph.make(
      'DepthwiseFilterGradient',
      [image, slope],
      { ...WINDOW, shape: each.shape },
    ),
    'batch normalization': graph.binary('Div', graph.binary('Mul', centred, scale), deviation),
    'a pool': pooled,
    'the gradient of a pool': graph.make(
      'MaxPoolGradient',
      [leaf('of pool', pooled.shape), image, pooled],
      pool,
    ),
    'a product of matrices': product,
    'a product of transposed matrices': graph.make('MatMul', [a, leaf('c', [7, 5])], {
      transposeA: true,
      transposeB: false,
    }),
    'log-softmax': graph.make('LogSoftmax', [product], { axis: 1 }),
    'a sum': graph.sum(product, [0, 1], product.shape),
  };
}

/** Computes the values of a probe. */
export function probe(
  settings: CompilerSettings,
  make: (graph: Graph, leaf: Leaf) => Results,
): Map<string, HostArray> {
  const graph = new Graph();
  const known: KnownValues = new WeakMap();
  const results = make(graph, (name, shape) => {
    const value = graph.input(name, shape, 'float32');
    known.set(
      value,
      allocate('float32', value.size).map((_, index) => Math.sin(index * 1.7 + name.length)),
    );
    return value;
  });
  const arrays = evaluate(graph, Object.values(results), known, settings);
  return new Map(Object.keys(results).map((name, index) => [name, arrays[index]!]));
}

/** The results that differ by more than the rounding of float32, as far as the largest number of each counts. */
export function differences(
  found: ReadonlyMap<string, HostArray>,
  expected: ReadonlyMap<string, HostArray>,
): string[] {
  return [...found.keys()].filter((name) => {
    const [array, right] = [found.get(name)!, expected.get(name)!];
    const largest = Math.max(...right.map(Math.abs));
    return !array.every((number, place) => Math.abs(number - right[place]!) <= 1e-4 * largest);
  });
}

/**
 * Compares what a provider computes with what the processor does.
 *
 * @returns what comes out wrong, for people; empty where all is right.
 * @throws what onnxruntime says where the provider cannot be used.
 */
export function findWrongResults(settings: CompilerSettings, host: CompilerSettings): string[] {
  return [convolutionProbe, trainingProbe].flatMap((make) =>
    differences(probe(settings, make), probe(host, make)),
  );
}

const PRODUCTS = 8;
const SIDE = 1024;

/** How many milliseconds some large products of matrices take. */
export function timeProducts(settings: CompilerSettings): number {
  const multiply = (): void => {
    probe(settings, (graph, leaf) => {
      const matrix = leaf('matrix', [SIDE, SIDE]);
      const attributes = { transposeA: false, transposeB: false };
      let product = matrix;
      // Scaled, so that the numbers stay in range.
      for (let count = 0; count < PRODUCTS; count += 1) {
        const scaled = graph.binary('Mul', product, graph.scalar(1 / SIDE, 2));
        product = graph.make('MatMul', [scaled, matrix], attributes);
      }
      return { total: graph.sum(product, [0, 1], product.shape) };
    });
  };
  // The first run compiles.
  multiply();
  const times = [1, 2, 3].map(() => {
    const start = performance.now();
    multiply();
    return performance.now() - start;
  });
  return Math.min(...times);
}

/** Whether numbers come back from the device as they were sent there. */
export function keepsNumbers(device: DeviceMemory): boolean {
  const data = Float32Array.from({ length: 1000 }, (_, index) => Math.sin(index));
  const sent = device.upload(makeTensor('float32', data, [10, 100]), 'float32');
  const back = device.download(sent);
  sent.dispose();
  return back.every((number, index) => number === data[index]);
}
