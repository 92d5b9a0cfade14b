import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { StepCase } from '../../bench/cases/case';
import { prepareLesson } from '../../bench/cases/lesson';
import { residualNet, separableNet } from '../../bench/cases/models';
import { CompiledEngine } from '../../src/engine/compiled/engine';
import { startCompiled } from '../../src/engine/compiled/start';
import { selectEngine } from '../../src/engine/select';
import type { OptimizerConfig } from '../../src/experiment/schema';
import { modelWeights } from '../../src/models/weights';
import { zooModel } from '../../src/models/zoo/zoo';

const STEPS = 5;
const BATCH = 4;
const photo = { inputShape: [8, 8, 3] as [number, number, number], classes: 10, options: {} };
const alone = { summary: '', teacher: null, hint: null };

/** Nine channels are those that WebGPU computes wrongly in channels last. */
const cases: readonly StepCase[] = [
  {
    ...alone,
    name: 'mlp',
    student: () => zooModel('mlp').build({ ...photo, options: { hidden: [24, 16] } }),
  },
  {
    ...alone,
    name: 'conv-BN with a hint from a ResNet',
    student: () => zooModel('conv-thin').build({ ...photo, options: { width: 6 } }),
    teacher: () =>
      residualNet(photo, [
        { channels: 8, blocks: 1 },
        { channels: 9, blocks: 1 },
      ]),
    hint: { student: 'block2/relu', teacher: 'stage2/block1/relu', shape: [4, 4, 9] },
  },
  {
    ...alone,
    name: 'resnet',
    student: () =>
      residualNet(photo, [
        { channels: 9, blocks: 1 },
        { channels: 16, blocks: 1 },
      ]),
  },
  {
    ...alone,
    name: 'depthwise',
    student: () =>
      separableNet(photo, 8, [
        { channels: 9, strides: 1 },
        { channels: 16, strides: 2 },
      ]),
  },
];

const optimizers: readonly OptimizerConfig[] = [
  { name: 'sgd', lr: 0.001, momentum: 0.9, nesterov: false, weightDecay: 1e-4 },
  { name: 'adam', lr: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
];

interface Outcome {
  losses: number[];
  weights: Map<string, Float32Array>;
}

/** What each case comes to with each optimizer. */
async function trainAll(provider: 'cpu' | 'webgpu'): Promise<Map<string, Outcome>> {
  const engine = await selectEngine('compiled', process.cwd(), provider);
  const outcomes = new Map<string, Outcome>();
  for (const stepCase of cases) {
    for (const optimizer of optimizers) {
      const { body, frozen, batches, models } = prepareLesson(stepCase, BATCH, optimizer);
      const step = engine.prepare(body, {
        frozen,
        onRefused: (reason) => {
          throw new Error(reason);
        },
      });
      const losses: number[] = [];
      for (let index = 0; index < STEPS; index += 1) {
        losses.push((await step.run(batches[index % batches.length]!))['loss']![0]!);
      }
      step.dispose();
      const weights = new Map(
        [...modelWeights(models.student!)].map(([name, variable]) => [
          name,
          Float32Array.from(variable.dataSync()),
        ]),
      );
      outcomes.set(`${stepCase.name} ${optimizer.name}`, { losses, weights });
      tf.disposeVariables();
    }
  }
  return outcomes;
}

interface ProfiledNode {
  cat: string;
  name: string;
  args?: { provider?: string };
}

/** The nodes that a provider other than WebGPU did in the programs whose profiles lie in a folder. */
async function nodesElsewhere(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const file of await readdir(folder)) {
    const text = await readFile(join(folder, file), 'utf8');
    // Those of programs that are still open are not complete; those that the processor did are no steps.
    if (!text.trimEnd().endsWith(']') || !text.includes('WebGpu')) continue;
    const nodes = (JSON.parse(text) as ProfiledNode[]).filter(({ cat }) => cat === 'Node');
    found.push(
      ...nodes.flatMap(({ name, args }) =>
        args?.provider === undefined || args.provider === 'WebGpuExecutionProvider' ? [] : [name],
      ),
    );
    expect(nodes.length).toBeGreaterThan(100);
  }
  return found;
}

function worst(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Math.max(...Array.from(expected, Math.abs), 1e-6);
  return Math.max(...Array.from(values, (value, index) => Math.abs(value - expected[index]!))) / scale;
}

describe('whole steps on WebGPU, against the processor', () => {
  let [found, expected] = [new Map<string, Outcome>(), new Map<string, Outcome>()];
  beforeAll(async () => {
    expected = await trainAll('cpu');
    found = await trainAll('webgpu');
  });

  test.each(cases.map(({ name }) => name))('SGD on %s: all weights after five steps', (name) => {
    const [ours, theirs] = [found.get(`${name} sgd`)!, expected.get(`${name} sgd`)!];
    expect(worst(ours.losses, theirs.losses)).toBeLessThan(1e-4);
    for (const [weight, values] of theirs.weights) {
      expect(worst(ours.weights.get(weight)!, values), weight).toBeLessThan(1e-4);
    }
  });

  test('no node of a step leaves the device', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'distillery-webgpu-'));
    const { backend, device, reason } = await startCompiled({
      provider: 'webgpu',
      profile: join(folder, 'profile'),
    });
    const engine = new CompiledEngine(backend, device, reason);
    for (const stepCase of cases.slice(1, 2)) {
      const { body, frozen, batches } = prepareLesson(stepCase, BATCH);
      const step = engine.prepare(body, { frozen });
      await step.run(batches[0]!);
      step.dispose();
      tf.disposeVariables();
    }
    expect(await nodesElsewhere(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });

  test.each(cases.map(({ name }) => name))('Adam on %s: the losses of five steps', (name) => {
    const [ours, theirs] = [found.get(`${name} adam`)!, expected.get(`${name} adam`)!];
    expect(worst(ours.losses, theirs.losses)).toBeLessThan(1e-4);
  });
});
