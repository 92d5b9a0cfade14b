import * as tf from '@tensorflow/tfjs';
import { dropout, randomNormal, randomUniform } from './random';

/** What a noisy layer does to its input while it trains. */
type Noise<Fields> = (x: tf.Tensor, layer: Fields) => tf.Tensor;

interface CallOptions {
  training?: boolean;
}

/**
 * Has the layers that draw random numbers draw them through our random ops. tfjs's own draw them in JavaScript at each
 * call, which a compiled step, recorded once, would never see again.
 */
export function correctRandomLayers(): void {
  const { layers } = tf;
  replaceCall<{ rate: number; noiseShape: (number | null)[] | null }>(
    layers.dropout({ rate: 0.5 }),
    (x, layer) =>
      dropout(x, layer.rate, layer.noiseShape?.map((length, axis) => length ?? x.shape[axis]!) ?? x.shape),
  );
  replaceCall<{ rate: number }>(layers.spatialDropout1d({ rate: 0.5 }), (x, { rate }) =>
    dropout(x, rate, [x.shape[0], 1, x.shape[2]!]),
  );
  replaceCall<{ stddev: number }>(layers.gaussianNoise({ stddev: 1 }), (x, { stddev }) =>
    tf.add(x, randomNormal(x.shape, 0, stddev)),
  );
  replaceCall<{ rate: number }>(layers.gaussianDropout({ rate: 0.5 }), (x, { rate }) =>
    tf.mul(x, randomNormal(x.shape, 1, Math.sqrt(rate / (1 - rate)))),
  );
  replaceCall<{ rate: number }>(layers.alphaDropout({ rate: 0.5 }), alphaDropout);
}

/** Keeps mean and variance of SELU's activations (Klambauer et al. 2017, appendix). */
function alphaDropout(x: tf.Tensor, { rate }: { rate: number }): tf.Tensor {
  const low = -1.6732632423543772 * 1.0507009873554805;
  const kept = tf.floor(tf.add(randomUniform(x.shape), 1 - rate));
  const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * low ** 2));
  const shift = -scale * low * rate;
  const dropped = tf.add(tf.mul(x, kept), tf.mul(tf.sub(1, kept), low));
  return tf.add(tf.mul(dropped, scale), shift);
}

function replaceCall<Fields>(example: tf.layers.Layer, noise: Noise<Fields & { rate?: number }>): void {
  const prototype = Object.getPrototypeOf(example) as tf.layers.Layer;
  prototype.call = function (this: tf.layers.Layer & Fields & { rate?: number }, inputs, options) {
    const [x] = [inputs].flat() as [tf.Tensor];
    const { training } = options as CallOptions;
    const idle = this.rate !== undefined && (this.rate <= 0 || this.rate >= 1);
    return training === true && !idle ? tf.tidy(() => noise(x, this)) : x;
  };
}
