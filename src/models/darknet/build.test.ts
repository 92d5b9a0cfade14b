import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { StartedEngine } from '../../engine/engine';
import {
  distance,
  distinctValues,
  numericGradients,
  stepGradients,
  tapeGradients,
  type GradientCase,
} from '../../engine/contract/gradientCase';
import { selectEngine } from '../../engine/select';
import { listTensors } from '../outputs';
import { modelWeights } from '../weights';
import { buildNetwork } from './build';
import { runNaively } from './naive.fixture';
import { floatsFor, networkOf } from './network.fixture';
import { Mish, PaddedMaxPool, Route, Swish, YoloActivation, GroupedConvolution } from './tensorLayers';
import { assignWeights } from './weights';

/** Each ends in the layer that is looked at; all layers are compared. */
const cases: [name: string, sections: string[], net?: string][] = [
  ['a convolution', ['convolutional filters=4 size=3 pad=1 activation=linear']],
  ['strides and odd padding', ['convolutional filters=4 size=3 stride=2 pad=1 activation=leaky']],
  [
    'a stride of each axis',
    ['convolutional filters=2 size=3 stride_x=1 stride_y=2 padding=2 activation=relu'],
  ],
  ['an even kernel', ['convolutional filters=2 size=2 pad=1 activation=linear']],
  ['normalization', ['convolutional filters=5 size=3 pad=1 batch_normalize=1 activation=mish']],
  [
    'a normalization without an activation',
    ['convolutional filters=5 size=1 batch_normalize=1 activation=linear'],
  ],
  [
    'one filter for each channel',
    ['convolutional filters=3 groups=3 size=3 stride=2 pad=1 activation=swish'],
  ],
  ['two filters for each channel', ['convolutional filters=6 groups=3 size=5 pad=1 activation=relu6']],
  [
    'groups',
    [
      'convolutional filters=4 size=1 activation=linear',
      'convolutional filters=6 groups=2 size=3 stride=2 pad=1 batch_normalize=1 activation=leaky',
      'convolutional filters=4 groups=2 size=1 activation=tanh',
    ],
  ],
  ['dilation', ['convolutional filters=3 size=3 dilation=2 pad=1 activation=linear']],
  [
    'dilated groups',
    ['convolutional filters=4 size=1', 'convolutional filters=4 groups=2 size=3 dilation=2 pad=1'],
  ],
  ['the default activation', ['convolutional filters=2']],
  ['halving', ['maxpool size=2 stride=2']],
  ['halving an odd map', ['maxpool size=2 stride=2'], 'width=7 height=5 channels=3'],
  ['pooling without a stride', ['maxpool size=2 stride=1']],
  ['pooling whose windows begin outside', ['maxpool size=3 stride=2']],
  [
    'pooling whose windows begin outside an odd map',
    ['maxpool size=3 stride=2'],
    'width=7 height=5 channels=3',
  ],
  ['pooling without padding', ['maxpool size=3 stride=2 padding=0']],
  ['wide pooling', ['maxpool size=5 stride=1']],
  ['pooling with strides of its own', ['maxpool size=4 stride_x=1 stride_y=3']],
  [
    'a shortcut',
    [
      'convolutional filters=3 size=1',
      'convolutional filters=3 size=3 pad=1',
      'shortcut from=-2 activation=leaky',
    ],
  ],
  [
    'a shortcut of three',
    [
      'convolutional filters=2 size=1',
      'convolutional filters=2',
      'convolutional filters=2',
      'shortcut from=-2,0 activation=linear',
    ],
  ],
  [
    'routes',
    [
      'convolutional filters=4',
      'convolutional filters=2',
      'route layers=-1,-2',
      'route layers=0 groups=2 group_id=1',
      'route layers=0,1 groups=2 group_id=0',
    ],
  ],
  ['scaling up', ['convolutional filters=2 size=2 stride=2', 'upsample stride=2']],
  [
    'attention',
    [
      'convolutional filters=4',
      'avgpool',
      'convolutional filters=4 activation=logistic',
      'scale_channels from=0',
      'sam from=0',
    ],
  ],
  ['a classifier', ['convolutional filters=4', 'dropout probability=.5', 'avgpool', 'softmax', 'cost']],
  [
    'a detector',
    [
      'convolutional filters=14 activation=linear',
      'yolo classes=2 num=3 mask=0,2 anchors=1,2,3,4,5,6 scale_x_y=1.2',
    ],
  ],
  [
    'a detector with other coordinates',
    [
      'convolutional filters=14 activation=logistic',
      'yolo classes=2 num=2 anchors=1,2,3,4 scale_x_y=2 new_coords=1',
    ],
  ],
];

describe.each(['cpu', 'compiled', 'wasm'] as const)('networks on %s', (engine) => {
  beforeAll(() => selectEngine(engine, process.cwd()));

  it.each(cases)('gives what Darknet gives: %s', (_, sections, net) => {
    const network = networkOf(sections, net);
    const floats = floatsFor(network);
    const built = buildNetwork(network);
    assignWeights(built, floats);
    const image = distinctValues([...network.input], 'image');
    const expected = runNaively(network, image, floats);
    const all = tf.model({ inputs: built.model.inputs, outputs: [...built.outputs] });
    const outputs = listTensors(all.apply(tf.tensor(image, [1, ...network.input]), { training: false }));
    for (const [index, output] of outputs.entries()) {
      const { shape, operation } = network.layers[index]!;
      const isFlat = network.layers.slice(0, index + 1).some((layer) => layer.operation.kind === 'softmax');
      if (!isFlat) expect(output.shape).toEqual([1, ...shape]);
      const differences = Array.from(output.dataSync(), (value, at) =>
        Math.abs(value - expected[index]![at]!),
      );
      expect(differences, operation.kind).toHaveLength(expected[index]!.length);
      expect(Math.max(...differences), `${index} ${operation.kind}`).toBeLessThan(2e-5);
    }
  });
});

const yolo = { anchors: 2, classes: 1 };
const grouped = { filters: 4, size: 3, padding: 1, dilation: 1, groups: 2, useBias: false };
const gradientCases: GradientCase[] = [
  ['mish', [[2, 3, 3, 2]], (x) => applied(new Mish({ name: 'mish' }), tf.mul(x, 6))],
  ['swish', [[2, 3, 3, 2]], (x) => applied(new Swish({ name: 'swish' }), tf.mul(x, 6))],
  ['route', [[2, 2, 3, 4], [2, 2, 3, 8]], (...xs) => applied(new Route({ name: 'r', groups: 2, groupId: 1 }), xs)], // prettier-ignore
  [
    'maxpool',
    [[2, 5, 6, 2]],
    (x) => applied(new PaddedMaxPool({ name: 'p', size: 3, strides: [2, 2], margins: [1, 1, 1, 0] }), x),
  ],
  [
    'yolo',
    [[2, 2, 3, 12]],
    (x) => applied(new YoloActivation({ name: 'y', ...yolo, scaleXY: 1.2, newCoordinates: false }), x),
  ],
];

function applied(layer: tf.layers.Layer, input: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return layer.apply(input) as tf.Tensor;
}

describe('gradients of the layers that tfjs lacks', () => {
  describe.each(['cpu', 'compiled', 'wasm'] as const)('on %s', (name) => {
    let engine: StartedEngine;
    beforeAll(async () => {
      engine = await selectEngine(name, process.cwd());
    });

    it.each(gradientCases)('%s', async (...given) => {
      const backend = tf.getBackend();
      await tf.setBackend('cpu');
      const numeric = numericGradients(given);
      await tf.setBackend(backend);
      const { gradients } = name === 'compiled' ? await stepGradients(given, engine) : tapeGradients(given);
      for (const [index, gradient] of gradients.entries()) {
        expect(distance(gradient, numeric[index]!)).toBeLessThan(5e-3);
      }
    });

    it('learns the kernel of a convolution in groups', () => {
      const layer = new GroupedConvolution({ name: 'g', ...grouped, strides: [2, 2] });
      const image = tf.tensor(distinctValues([2, 5, 4, 4], 'image'), [2, 5, 4, 4]);
      const inputs = tf.input({ shape: [5, 4, 4] });
      const outputs = layer.apply(inputs) as tf.SymbolicTensor;
      layer.setWeights([tf.tensor(distinctValues([3, 3, 2, 4], 'kernel'), [3, 3, 2, 4])]);
      const kernel = modelWeights(tf.model({ inputs, outputs })).values().next().value!;
      const loss = (): tf.Scalar => tf.sum(tf.square(applied(layer, image)));
      const { grads } = tf.variableGrads(loss, [kernel]);
      const gradient = Object.values(grads)[0]!.dataSync();
      const values = kernel.dataSync().slice();
      for (const at of [0, 13, 40, 71]) {
        const lossAt = (step: number): number => {
          const moved = values.map((value, index) => value + (index === at ? step : 0));
          layer.setWeights([tf.tensor(moved, [3, 3, 2, 4])]);
          return loss().dataSync()[0]!;
        };
        const slope = (lossAt(0.01) - lossAt(-0.01)) / 0.02;
        expect(Math.abs(gradient[at]! - slope)).toBeLessThan(2e-2 * Math.max(1, Math.abs(slope)));
      }
    });
  });
});

it('computes what one can work out by hand', async () => {
  await tf.setBackend('cpu');
  const mish = applied(new Mish({ name: 'mish' }), tf.tensor1d([0, 1, -1, 40])).dataSync();
  // 1·tanh(ln(1 + e)) = ((1 + e)² − 1) / ((1 + e)² + 1)
  [0, 0.865098, -0.303401, 40].forEach((value, at) => {
    expect(mish[at]).toBeCloseTo(value, 5);
  });
  const network = networkOf(['maxpool size=3 stride=2'], 'width=4 height=4 channels=1');
  const { model } = buildNetwork(network);
  const image = tf.tensor4d([...Array(16).keys()], [1, 4, 4, 1]);
  // Padded by one above and on the left: the first window sees rows and columns 0 and 1 only.
  expect([...(model.apply(image) as tf.Tensor).dataSync()]).toEqual([5, 7, 13, 15]);
});

it('names what leads to the output of a layer after it', () => {
  const network = networkOf([
    'convolutional filters=2 size=3 stride=2 pad=1 batch_normalize=1 activation=leaky',
    'convolutional filters=2 size=1 activation=linear',
    'shortcut from=-2 activation=relu',
  ]);
  const { model } = buildNetwork(network, { mean: [0, 0, 0], std: [1, 1, 1] });
  expect(model.layers.map(({ name }) => name)).toEqual([
    'image',
    'image/normalized',
    '0/conv/padding',
    '0/conv/convolution',
    '0/conv/normalization',
    '0/conv',
    '1/conv',
    '2/shortcut/combined',
    '2/shortcut',
  ]);
});
