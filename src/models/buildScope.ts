import * as tf from '@tensorflow/tfjs';

/**
 * Runs code that builds a model so that the result depends on that code alone.
 *
 * tfjs numbers layers without a name through the whole process (`conv2d_Conv2D7`), so the same model would have other
 * names when it is built after another one; here the numbers start at 1 again, as in a fresh process. Initial weights
 * come from `Math.random`, which is `random` meanwhile.
 *
 * @param build - must be synchronous: the scope ends when it returns.
 * @param onLayer - is told of each layer, and each model, while its constructor runs.
 */
export function inBuildScope<Result>(
  random: () => number,
  build: () => Result,
  onLayer: (layer: tf.layers.Layer) => void = () => undefined,
): Result {
  const finishNames = numberNamesAfresh(onLayer);
  const mathRandom = Math.random;
  const { stackTraceLimit } = Error;
  Math.random = random;
  // tfjs calls itself deeply; an error should still show which line of the model led there.
  Error.stackTraceLimit = 100;
  try {
    return build();
  } finally {
    Math.random = mathRandom;
    Error.stackTraceLimit = stackTraceLimit;
    finishNames();
  }
}

/**
 * Catches every assignment of a layer's name through an accessor on the prototype of all layers, and gives names that
 * tfjs made up the next number of this scope. The counters of tfjs itself cannot be reached.
 *
 * @returns ends the catching and makes the names plain properties.
 */
function numberNamesAfresh(onLayer: (layer: tf.layers.Layer) => void): () => void {
  const prototype: object = tf.layers.Layer.prototype;
  const names = new Map<tf.layers.Layer, unknown>();
  const counts = new Map<string, number>();
  Object.defineProperty(prototype, 'name', {
    configurable: true,
    get(this: tf.layers.Layer) {
      return names.get(this);
    },
    set(this: tf.layers.Layer, name: unknown) {
      if (!names.has(this)) onLayer(this);
      const prefix = typeof name === 'string' ? madeUpPrefix(this, name) : null;
      if (prefix === null) {
        names.set(this, name);
        return;
      }
      const count = (counts.get(prefix) ?? 0) + 1;
      counts.set(prefix, count);
      names.set(this, `${prefix}${count}`);
    },
  });
  return () => {
    Reflect.deleteProperty(prototype, 'name');
    for (const [layer, value] of names) {
      if (Object.hasOwn(layer, 'name')) continue;
      Object.defineProperty(layer, 'name', { value, configurable: true, enumerable: true, writable: true });
    }
  };
}

/** What stands before the number in a name that tfjs made up for this layer; null when people chose the name. */
function madeUpPrefix(layer: tf.layers.Layer, name: string): string | null {
  const kind = layer.getClassName();
  const prefixes = [`[a-z0-9_]+_${kind.replaceAll('$', '\\$')}`];
  if (kind === 'InputLayer') prefixes.push('input');
  if (layer instanceof tf.LayersModel) prefixes.push(kind.toLowerCase(), 'sequential_');
  return new RegExp(`^(?:${prefixes.join('|')})(?=\\d+$)`).exec(name)?.[0] ?? null;
}
