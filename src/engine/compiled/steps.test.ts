import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { buildAdapter } from '../../distill/adapters';
import { crossEntropy } from '../../distill/hardTargets';
import { hintLoss } from '../../distill/hints';
import { softTargetLoss } from '../../distill/softTargets';
import { inBuildScope } from '../../models/buildScope';
import { tapModel } from '../../models/table';
import { modelWeights, trainableWeights, weightsOf } from '../../models/weights';
import { keyedRandom } from '../../random/keyed';
import { createOptimizer } from '../../trainer/optimizers';
import type { Engine, EngineName, StepFunction, StepInput } from '../engine';
import { selectEngine } from '../select';

const CLASSES = 10;
const BATCH = 16;
const STEPS = 20;

interface Network {
  build: () => tf.LayersModel;
  shape: [number, number, number];
  hint: { layer: string; channels: number; size: number } | null;
}

function normalized(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  const y = tf.layers.batchNormalization({ name: `${name}_bn` }).apply(x);
  return tf.layers.reLU({ name: `${name}_relu` }).apply(y) as tf.SymbolicTensor;
}

function convolved(x: tf.SymbolicTensor, filters: number, name: string, strides = 1): tf.SymbolicTensor {
  const options = { filters, kernelSize: 3, strides, padding: 'same', useBias: false, name } as const;
  return normalized(tf.layers.conv2d(options).apply(x) as tf.SymbolicTensor, name);
}

function withHead(inputs: tf.SymbolicTensor, features: tf.SymbolicTensor): tf.LayersModel {
  const pooled = tf.layers.globalAveragePooling2d({}).apply(features);
  const outputs = tf.layers.dense({ units: CLASSES, name: 'logits' }).apply(pooled) as tf.SymbolicTensor;
  return tf.model({ inputs, outputs });
}

const networks: Record<string, Network> = {
  mlp: {
    build: () =>
      tf.sequential({
        layers: [
          tf.layers.flatten({ inputShape: [8, 8, 1] }),
          tf.layers.dense({ units: 96, activation: 'relu' }),
          tf.layers.dense({ units: 96, activation: 'relu' }),
          tf.layers.dense({ units: CLASSES }),
        ],
      }),
    shape: [8, 8, 1],
    hint: null,
  },
  'convolutions, batch normalisation, pooling, a hint': {
    build: () => {
      const inputs = tf.input({ shape: [12, 12, 3] });
      const first = tf.layers.maxPooling2d({ poolSize: 2 }).apply(convolved(inputs, 16, 'one'));
      const second = convolved(first as tf.SymbolicTensor, 32, 'two');
      const third = tf.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }).apply(second);
      return withHead(inputs, convolved(third as tf.SymbolicTensor, 16, 'three'));
    },
    shape: [12, 12, 3],
    hint: { layer: 'two_relu', channels: 48, size: 6 },
  },
  'a residual network': {
    build: () => {
      const inputs = tf.input({ shape: [8, 8, 3] });
      const stem = convolved(inputs, 16, 'stem');
      const inner = convolved(convolved(stem, 32, 'inner', 2), 32, 'outer');
      const projected = tf.layers
        .conv2d({ filters: 32, kernelSize: 1, strides: 2, padding: 'same', name: 'projection' })
        .apply(stem) as tf.SymbolicTensor;
      const sum = tf.layers.add({ name: 'sum' }).apply([inner, projected]) as tf.SymbolicTensor;
      return withHead(inputs, convolved(sum, 32, 'last'));
    },
    shape: [8, 8, 3],
    hint: { layer: 'sum', channels: 16, size: 4 },
  },
  'depthwise separable convolutions': {
    build: () => {
      const inputs = tf.input({ shape: [8, 8, 3] });
      const stem = convolved(inputs, 16, 'stem');
      const options = {
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        useBias: false,
        name: 'depthwise',
      } as const;
      const depthwise = tf.layers.depthwiseConv2d(options).apply(stem) as tf.SymbolicTensor;
      const pointwise = tf.layers.conv2d({ filters: 32, kernelSize: 1, useBias: false, name: 'pointwise' });
      return withHead(
        inputs,
        normalized(pointwise.apply(normalized(depthwise, 'depthwise')) as tf.SymbolicTensor, 'pointwise'),
      );
    },
    shape: [8, 8, 3],
    hint: null,
  },
};

const optimizers = {
  sgd: { name: 'sgd', lr: 0.01, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
  adam: { name: 'adam', lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
} as const;

function numbers(key: string, shape: readonly number[]): Float32Array {
  const random = keyedRandom('steps', key);
  return Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => 2 * random() - 1);
}

function batches({ shape, hint }: Network): Record<string, StepInput>[] {
  const feed = (key: string, dimensions: number[]) => ({ data: numbers(key, dimensions), shape: dimensions });
  return [0, 1, 2].map((index) => ({
    images: feed(`images ${index}`, [BATCH, ...shape]),
    labels: {
      data: Int32Array.from({ length: BATCH }, (_, image) => (image * 7 + index) % CLASSES),
      shape: [BATCH],
    },
    logits: feed(`logits ${index}`, [BATCH, CLASSES]),
    ...(hint && { hint: feed(`hint ${index}`, [BATCH, hint.size, hint.size, hint.channels]) }),
  }));
}

interface Outcome {
  losses: number[];
  weights: Map<string, Float32Array>;
}

/** Trains a network for some steps, with soft targets, labels and (where it has one) a hint. */
async function train(engine: Engine, network: Network, optimizer: keyof typeof optimizers): Promise<Outcome> {
  const model = inBuildScope(keyedRandom('model'), network.build);
  const { hint } = network;
  const student = tapModel(model, hint ? [hint.layer] : []);
  const guided = hint && (model.getLayer(hint.layer).outputShape as number[]).slice(1);
  const adapter =
    hint &&
    inBuildScope(keyedRandom('adapter'), () =>
      buildAdapter(
        { kind: 'conv1x1', from: guided!, to: [hint.size, hint.size, hint.channels], reason: '' },
        'adapter',
      ),
    );
  const variables = new Map([
    ...trainableWeights(model),
    ...[...(adapter ? trainableWeights(adapter) : [])].map(
      ([name, each]) => [`adapter/${name}`, each] as const,
    ),
  ]);
  const rule = createOptimizer(optimizers[optimizer], variables);
  const body: StepFunction = ({ images, labels, logits, hint: target }) => {
    const { value, grads } = tf.variableGrads(() => {
      const [answer, tapped] = [student.apply(images!, { training: true })].flat() as [
        tf.Tensor2D,
        tf.Tensor,
      ];
      const soft = { divergence: 'kl', ensemble: 'probabilities' } as const;
      const terms = [
        crossEntropy(answer, labels!.as1D()),
        softTargetLoss(answer, [logits as tf.Tensor2D], tf.scalar(4), soft),
      ];
      if (adapter) terms.push(hintLoss(adapter.apply(tapped) as tf.Tensor, target!, 'l2'));
      return tf.addN(terms).asScalar();
    }, [...variables.values()]);
    rule.apply(
      new Map([...variables].map(([name, variable]) => [name, grads[variable.name]!])),
      tf.scalar(optimizers[optimizer].lr),
    );
    return { loss: value };
  };
  const step = engine.prepare(body, {
    onRefused: (reason) => {
      throw new Error(reason);
    },
  });
  const feeds = batches(network);
  const losses: number[] = [];
  for (let index = 0; index < STEPS; index += 1) {
    losses.push((await step.run(feeds[index % feeds.length]!))['loss']![0]!);
  }
  const weights = new Map(
    [...modelWeights(model)].map(([name, variable]) => [name, Float32Array.from(variable.dataSync())]),
  );
  step.dispose();
  for (const variable of [...weightsOf([model]), ...rule.state.values()]) variable.dispose();
  return { losses, weights };
}

function worst(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...Array.from(values, (value, index) => Math.abs(value - expected[index]!))) / scale;
}

async function outcome(
  engine: EngineName,
  network: Network,
  optimizer: keyof typeof optimizers,
): Promise<Outcome> {
  return train(await selectEngine(engine, process.cwd()), network, optimizer);
}

describe.each(Object.entries(networks))(
  'whole steps of %s, compiled, against an eager engine',
  (_, network) => {
    test(`SGD: all weights after ${STEPS} steps`, async () => {
      const eager = await outcome('wasm', network, 'sgd');
      const compiled = await outcome('compiled', network, 'sgd');
      expect(worst(compiled.losses, eager.losses)).toBeLessThan(1e-5);
      for (const [name, weights] of eager.weights) {
        expect(worst(compiled.weights.get(name)!, weights), name).toBeLessThan(1e-5);
      }
    });

    test(`Adam: the losses of ${STEPS} steps`, async () => {
      const eager = await outcome('wasm', network, 'adam');
      const compiled = await outcome('compiled', network, 'adam');
      expect(worst(compiled.losses, eager.losses)).toBeLessThan(1e-5);
    });

    test('the same bits when it is done again', async () => {
      const [first, again] = [
        await outcome('compiled', network, 'sgd'),
        await outcome('compiled', network, 'sgd'),
      ];
      expect(again).toEqual(first);
    });
  },
);
