import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { BACKEND } from '../compiled/backend';
import { startCompiled } from '../compiled/start';
import type { Engine } from '../engine';
import { selectEngine } from '../select';
import { findTfjsNode } from '../tfjsNode';
import { EXCLUSIONS } from './exclusions';
import {
  distance,
  furthest,
  inputsOf,
  numericGradients,
  stepGradients,
  tapeGradients,
  type GradientCase,
  type NumericGradient,
} from './gradientCase';
import { IMAGE_CASES } from './imageCases';
import { TENSOR_CASES } from './tensorCases';

/** A folder with a working tfjs-node, where there is one: the same contract is held to it. */
const nativeWorkspace = process.env['DISTILLERY_TFJS_NODE'] ?? process.cwd();

/** An engine, as it is chosen or in one of the ways in which it may write graphs. */
interface Contender {
  name: string;
  engine: 'compiled' | 'cpu' | 'wasm' | 'tfjs-node';
  backend: string;
  start: () => Promise<unknown>;
  /** Whether each case becomes one compiled step, and not op by op. */
  inSteps?: boolean;
}

function contender(engine: Contender['engine'], backend: string): Contender {
  return { name: engine, engine, backend, start: () => selectEngine(engine, nativeWorkspace) };
}

function lowering(name: string, settings: Parameters<typeof startCompiled>[0]): Contender {
  return {
    name: `compiled, ${name}`,
    engine: 'compiled',
    backend: BACKEND,
    start: () => startCompiled(settings),
  };
}

const contenders: Contender[] = [
  contender('compiled', BACKEND),
  { ...contender('compiled', BACKEND), name: 'compiled, in a step', inSteps: true },
  lowering('channels first', { block: 0 }),
  lowering('portable', { block: 0, extensions: false }),
  lowering('nothing joined', { fuse: false }),
  contender('cpu', 'cpu'),
  contender('wasm', 'wasm'),
  ...(findTfjsNode('tfjs-node', nativeWorkspace) ? [contender('tfjs-node', 'tensorflow')] : []),
];

const CASES: readonly GradientCase[] = [...IMAGE_CASES, ...TENSOR_CASES];

/** What finite differences say, the same for all engines. */
const expected = new Map<string, { gradients: NumericGradient[]; output: Float32Array }>();

function expectedOf(
  given: GradientCase,
  backend: string,
): { gradients: NumericGradient[]; output: Float32Array } {
  const [name, shapes, f] = given;
  const found = expected.get(name);
  if (found) return found;
  void tf.setBackend('cpu');
  const gradients = numericGradients(given);
  const output = tf.tidy(() => Float32Array.from(f(...inputsOf(shapes)).dataSync()));
  void tf.setBackend(backend);
  const result = { gradients, output };
  expected.set(name, result);
  return result;
}

describe.each(contenders)('gradients on $name', ({ name, engine, backend, start, inSteps = false }) => {
  let chosen: Engine;

  beforeAll(async () => {
    const started = await start();
    if (inSteps) chosen = started as Engine;
  });

  test.each(CASES)('%s', async (...given) => {
    const check = async () => {
      const { gradients, output } = expectedOf(given, backend);
      const actual = inSteps ? await stepGradients(given, chosen) : tapeGradients(given);
      expect(furthest(actual.output, output), 'what f gives').toBeLessThan(1e-4);
      actual.gradients.forEach((gradient, which) => {
        expect(distance(gradient, gradients[which]!), `input ${which}`).toBeLessThan(5e-3);
      });
    };
    const exclusion = EXCLUSIONS.find(
      ({ engines, cases }) => (engines.includes(engine) || engines.includes(name)) && cases.test(given[0]),
    );
    if (exclusion) {
      await expect(check(), `no longer true: ${exclusion.reason}`).rejects.toThrow(exclusion.refusal);
    } else await check();
  });
});
