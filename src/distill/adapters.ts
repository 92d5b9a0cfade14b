import * as tf from '@tensorflow/tfjs';
import { adapterKernel, channelsOf, type AdapterKernel, type AdapterPlan } from '../layers/adapters';

/** Makes the trainable adapter of a plan, linear and with a bias; null for `none`. */
export function buildAdapter(plan: AdapterPlan, name: string): tf.LayersModel | null {
  const kernel = adapterKernel(plan);
  if (kernel === null) return null;
  const input = tf.input({ shape: [...plan.from], name: `${name}/input` });
  const filters = channelsOf(plan.to);
  const layerName = `${name}/${plan.kind}`;
  const layer =
    plan.from.length === 1
      ? tf.layers.dense({ units: filters, name: layerName })
      : convolution(kernel, filters, layerName);
  return tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
}

function convolution(kernel: AdapterKernel, filters: number, name: string): tf.layers.Layer {
  const { size: kernelSize, strides, padding, transposed } = kernel;
  const make = transposed ? tf.layers.conv2dTranspose : tf.layers.conv2d;
  return make({ filters, kernelSize, strides, padding, name });
}
