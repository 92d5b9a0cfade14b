import * as tf from '@tensorflow/tfjs';

const applied: string[] = [];

/** The innermost layer of tf.layers that is being applied while {@link trackLayers} runs. */
export const layerInTrace: { readonly current: string | null } = {
  get current() {
    return applied.at(-1) ?? null;
  },
};

/** Runs a function and knows meanwhile which layer is being applied, so that an error can name it. */
export function trackLayers<Result>(body: () => Result): Result {
  const prototype = tf.layers.Layer.prototype;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const { apply } = prototype;
  prototype.apply = function (this: tf.layers.Layer, ...given: Parameters<typeof apply>) {
    applied.push(this.name);
    const result = apply.call(this, ...given);
    applied.pop();
    return result;
  };
  applied.length = 0;
  try {
    return body();
  } finally {
    prototype.apply = apply;
    applied.length = 0;
  }
}
