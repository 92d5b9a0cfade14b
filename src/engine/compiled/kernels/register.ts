import * as tf from '@tensorflow/tfjs';
import { BACKEND, GraphBackend } from '../backend';
import type { DeviceMemory } from '../deviceMemory';
import type { CompilerSettings } from '../settings';
import { isEmpty, KernelCall, type Kernel, type Kernels } from './call';
import { convolutionKernels } from './convolution';
import { einsumKernels } from './einsum';
import { elementwiseKernels } from './elementwise';
import { indexingKernels } from './indexing';
import { rearrangingKernels } from './rearranging';
import { reductionKernels } from './reductions';
import { shapingKernels } from './shaping';

const recorded: Kernels = {
  ...elementwiseKernels,
  ...reductionKernels,
  ...shapingKernels,
  ...indexingKernels,
  ...rearrangingKernels,
  ...einsumKernels,
  ...convolutionKernels,
};

/** Makes the backend known to tfjs, with a kernel for every one that the plain JavaScript backend has. */
export function registerGraphBackend(
  settings: CompilerSettings,
  hostSettings: CompilerSettings,
  memory: DeviceMemory | null,
): void {
  if (BACKEND in tf.engine().registryFactory) tf.removeBackend(BACKEND);
  tf.registerBackend(BACKEND, () => new GraphBackend(settings, hostSettings, memory), 0);
  for (const { kernelName } of tf.getKernelsForBackend(BACKEND)) tf.unregisterKernel(kernelName, BACKEND);
  const delegated = tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName);
  for (const kernelName of new Set([...Object.keys(recorded), ...delegated])) {
    const kernel = recorded[kernelName];
    tf.registerKernel({ kernelName, backendName: BACKEND, kernelFunc: kernelFunction(kernelName, kernel) });
  }
}

function kernelFunction(name: string, kernel: Kernel | undefined): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    if (!(backend instanceof GraphBackend)) throw new TypeError('The kernel was called for another backend.');
    const attributes = attrs ?? {};
    const recorded =
      kernel && isRecordable(inputs, attributes) ? kernel(new KernelCall(inputs, attributes, backend)) : null;
    return recorded ?? backend.delegate(name, inputs, attributes);
  };
}

/** Whether a call deals only in what graphs know: numbers and truth values, channels last, no empty tensors. */
function isRecordable(inputs: tf.NamedTensorInfoMap, attributes: Readonly<Record<string, unknown>>): boolean {
  // Optional inputs are there as null or undefined.
  const tensors = Object.values<tf.TensorInfo | null | undefined>(inputs).filter((tensor) => tensor != null);
  const plain = (dtype: unknown) => dtype !== 'string' && dtype !== 'complex64';
  return (
    tensors.every(({ shape, dtype }) => plain(dtype) && !isEmpty(shape)) &&
    plain(attributes['dtype']) &&
    attributes['dataFormat'] !== 'NCHW' &&
    !(Array.isArray(attributes['shape']) && isEmpty(attributes['shape'] as number[]))
  );
}
