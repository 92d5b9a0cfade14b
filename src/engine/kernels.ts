import * as tf from '@tensorflow/tfjs';

/** Inputs of a kernel by their names; undefined where an optional one is absent. */
export type KernelInputs = Readonly<Record<string, tf.Tensor | undefined>>;
export type KernelAttributes = Readonly<Record<string, unknown>>;
/** A kernel written as tfjs ops; it runs in a tidy, outside any gradient tape. */
export type ComposedKernel = (inputs: KernelInputs, attributes: KernelAttributes) => tf.Tensor;

/**
 * Registers a kernel composed of other ops, in place of the one that stands there. Inside a kernel the tape is off, so
 * the ops it calls record no gradients of their own; the gradient of the op that owns the kernel stays in force.
 */
export function registerComposedKernel(
  backendName: string,
  kernelName: string,
  compose: ComposedKernel,
): void {
  replaceKernel(backendName, kernelName, ({ inputs, attrs }) =>
    tf.tidy(() => compose(asTensors(inputs), attrs ?? {})),
  );
}

/** Registers a kernel, in place of the one that stands there; that one keeps its set-up and may still be called. */
export function replaceKernel(backendName: string, kernelName: string, kernelFunc: tf.KernelFunc): void {
  const standing = findKernel(backendName, kernelName);
  if (standing) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ ...standing, kernelName, backendName, kernelFunc });
}

/** The kernel that stands there. @throws when there is none, as in a tfjs of another version. */
export function requireKernel(backendName: string, kernelName: string): tf.KernelFunc {
  const kernel = findKernel(backendName, kernelName);
  if (!kernel) throw new Error(`tfjs has no kernel ${kernelName} for its backend ${backendName}.`);
  return kernel.kernelFunc;
}

function findKernel(backendName: string, kernelName: string): tf.KernelConfig | undefined {
  return tf.getKernelsForBackend(backendName).find((config) => config.kernelName === kernelName);
}

/** An input that the op guarantees. @throws when it is absent: the op changed its signature. */
export function requireInput(inputs: KernelInputs, name: string): tf.Tensor {
  const tensor = inputs[name];
  if (!tensor) throw new Error(`The kernel got no input ${name}.`);
  return tensor;
}

/** The same for a tensor of rank 4, `[batch, height, width, channels]`. */
export function requireImageInput(inputs: KernelInputs, name: string): tf.Tensor4D {
  return requireInput(inputs, name).as4D(...dimensions4(requireInput(inputs, name).shape));
}

/** A shape of rank 4 as a tuple. @throws RangeError for another rank. */
export function dimensions4(shape: readonly number[]): [number, number, number, number] {
  const [first, second, third, fourth] = shape;
  if (first === undefined || second === undefined || third === undefined || fourth === undefined) {
    throw new RangeError(`A shape of rank 4 was expected, not [${shape.join(', ')}].`);
  }
  return [first, second, third, fourth];
}

function asTensors(inputs: tf.NamedTensorInfoMap): KernelInputs {
  return Object.fromEntries(
    Object.entries(inputs as Record<string, tf.TensorInfo | undefined>).map(([name, info]) => [
      name,
      info && asTensor(info),
    ]),
  );
}

function asTensor(info: tf.TensorInfo): tf.Tensor {
  if (isTensor(info)) return info;
  // A kernel called by another kernel gets bare infos: the tensor made here dies with our tidy, the data stays its owner's.
  tf.engine().backend.incRef(info.dataId);
  return tf.engine().makeTensorFromTensorInfo(info);
}

function isTensor(info: tf.TensorInfo): info is tf.Tensor {
  return info instanceof tf.Tensor;
}
