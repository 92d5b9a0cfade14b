import * as tf from '@tensorflow/tfjs';
import { EngineError } from '../engine';
import { BACKEND, GraphBackend } from './backend';
import { Graph } from './graph/graph';
import { allocate, type HostArray } from './graph/value';
import { evaluate, type KnownValues } from './lazy';
import { registerGraphBackend } from './kernels/register';
import { loadRuntime } from './runtime';
import { threadsFromEnvironment, type CompilerSettings } from './settings';

/** Sizes of blocks that onnxruntime uses on processors with AVX-512, and on those with AVX only. */
const BLOCK_SIZES = [16, 8] as const;

const PORTABLE: Omit<CompilerSettings, 'threads'> = {
  provider: 'cpu',
  block: 0,
  extensions: true,
  fuse: true,
};

/**
 * Starts the compiling backend and makes it the active one.
 *
 * @param wanted settings to use as they are; otherwise what this machine is best at.
 * @throws EngineError where onnxruntime does not run, or computes a gradient wrongly.
 */
export async function startCompiled(wanted: Partial<CompilerSettings> = {}): Promise<GraphBackend> {
  loadRuntime();
  const threads = wanted.threads ?? threadsFromEnvironment();
  const portable = { ...PORTABLE, threads };
  const block = wanted.block ?? findBlockSize(portable);
  registerGraphBackend({ ...portable, ...wanted, block });
  if (!(await tf.setBackend(BACKEND))) throw new EngineError('The compiling backend did not start.');
  const backend: unknown = tf.backend();
  if (!(backend instanceof GraphBackend))
    throw new EngineError('Another backend took the place of the compiling one.');
  return backend;
}

/**
 * The block size of onnxruntime's blocked ops here: the one with which the gradients of a convolution come out as
 * without blocks. The ops are internal to onnxruntime, so nothing else is taken for granted.
 *
 * @returns 0 where none does.
 */
function findBlockSize(portable: CompilerSettings): number {
  const expected = probe(portable);
  return (
    BLOCK_SIZES.find((block) => {
      try {
        return agree(probe({ ...portable, block }), expected);
      } catch {
        // No such ops in this build or on this processor: the answer is no.
        return false;
      }
    }) ?? 0
  );
}

/** A convolution, a ReLU and the gradients of both, on numbers without any pattern. */
function probe(settings: CompilerSettings): HostArray[] {
  const graph = new Graph();
  const known: KnownValues = new WeakMap();
  const leaf = (name: string, shape: readonly number[]) => {
    const value = graph.input(name, shape, 'float32');
    known.set(
      value,
      allocate('float32', value.size).map((_, index) => Math.sin(index * 1.7 + name.length)),
    );
    return value;
  };
  const window = { kernel: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] } as const;
  const image = leaf('image', [16, 4, 5, 32]);
  const filter = leaf('filter', [3, 3, 32, 16]);
  const inner = graph.make('Conv', [image, filter], window);
  const active = graph.unary('Relu', inner);
  const dy = graph.binary('Mul', leaf('gradient', active.shape), graph.step(inner, 0));
  return evaluate(
    graph,
    [
      active,
      graph.make('ConvInputGradient', [dy, filter], { ...window, shape: image.shape }),
      graph.make('ConvFilterGradient', [image, dy], { ...window, shape: filter.shape }),
    ],
    known,
    settings,
  );
}

function agree(arrays: readonly HostArray[], expected: readonly HostArray[]): boolean {
  return arrays.every((array, index) => {
    const other = expected[index]!;
    const largest = Math.max(...Array.from(other, Math.abs));
    return array.every((number, place) => Math.abs(number - other[place]!) <= 1e-4 * largest);
  });
}
