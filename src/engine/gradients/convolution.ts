import * as tf from '@tensorflow/tfjs';
import { BACKEND } from '../compiled/backend';
import { EngineError } from '../engine';
import { onlyGradient, replaceGradient } from './replace';

type Pair = [number, number];

/** What stands beside the inputs of a convolution. */
interface ConvolutionAttributes {
  strides: number | Pair;
  dilations: number | Pair | null;
  pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  dataFormat?: 'NHWC' | 'NCHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** The kernels of a convolution, and what the kernels of its gradients are called. */
interface Family {
  kernel: 'Conv2D' | 'DepthwiseConv2dNative';
  input: string;
  filter: string;
}

const FAMILIES: readonly Family[] = [
  { kernel: 'Conv2D', input: 'Conv2DBackpropInput', filter: 'Conv2DBackpropFilter' },
  {
    kernel: 'DepthwiseConv2dNative',
    input: 'DepthwiseConv2dNativeBackpropInput',
    filter: 'DepthwiseConv2dNativeBackpropFilter',
  },
];

/**
 * The gradients of convolutions, dilated ones too: tfjs-core refuses those, since its kernels leave dilations out of
 * account. Those of the compiling backend do not, so it alone is asked.
 */
export function registerConvolutionGradients(): void {
  for (const { kernel, input, filter } of FAMILIES) {
    replaceGradient({
      kernelName: kernel,
      inputsToSave: ['x', 'filter'],
      gradFunc: (dyOrList, saved, given) => {
        const dy = onlyGradient(dyOrList);
        const [x, weights] = saved as [tf.Tensor, tf.Tensor];
        const attributes = given as unknown as ConvolutionAttributes;
        const dilations = pairOf(attributes.dilations ?? 1);
        refuseDilations(kernel, dilations, attributes);
        const { strides, pad, dataFormat = 'NHWC', dimRoundingMode } = attributes;
        const shared = { strides, pad, dataFormat, dimRoundingMode, dilations };
        const run = (name: string, inputs: tf.NamedTensorMap, own: object): tf.Tensor =>
          tf.engine().runKernel(name, inputs, { ...shared, ...own } as unknown as tf.NamedAttrMap);
        return {
          x: () => run(input, { dy, filter: weights }, { inputShape: x.shape }),
          filter: () => run(filter, { x, dy }, { filterShape: weights.shape }),
        };
      },
    });
  }
}

function pairOf(value: number | Pair): Pair {
  return typeof value === 'number' ? [value, value] : value;
}

function refuseDilations(kernel: string, dilations: Pair, { dataFormat }: ConvolutionAttributes): void {
  if (dilations.every((dilation) => dilation === 1)) return;
  const backend = tf.getBackend();
  if (backend !== BACKEND || dataFormat === 'NCHW') {
    throw new EngineError(
      `The gradient of ${kernel} with dilations ${dilations.join('×')} exists only on the engine "compiled", in the format NHWC; this is the backend ${backend}.`,
    );
  }
}
