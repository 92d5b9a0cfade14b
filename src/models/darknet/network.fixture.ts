import { floatsOf, type Network } from './layers';
import { readNetwork } from './network';

/** A network out of sections such as `convolutional filters=4 size=3 pad=1`, on images of 8×6×3. */
export function networkOf(sections: readonly string[], net = 'width=6 height=8 channels=3'): Network {
  return readNetwork(cfgOf(sections, net), '/nets/test.cfg', null);
}

/** The text of such a cfg. */
export function cfgOf(sections: readonly string[], net = 'width=6 height=8 channels=3'): string {
  return [`net ${net}`, ...sections]
    .map((section) => {
      const [title, ...keys] = section.split(' ');
      return [`[${title!}]`, ...keys].join('\n');
    })
    .join('\n\n');
}

/** Floats of a `.weights` file for a network, from −0.5 to 0.5; variances and scales are positive. */
export function floatsFor(network: Network): Float32Array {
  const floats: number[] = [];
  for (const layer of network.layers) {
    const { operation } = layer;
    const filters = operation.kind === 'convolutional' ? operation.filters : 0;
    for (let index = 0; index < floatsOf(layer); index += 1) {
      const part = Math.floor(index / filters);
      const isNormalized = operation.kind === 'convolutional' && operation.normalized;
      const isPositive = isNormalized && (part === 1 || part === 3);
      floats.push(spread(floats.length) + (isPositive ? 0.3 : -0.5));
    }
  }
  return Float32Array.from(floats);
}

/** Numbers from 0 to 1 that fall evenly and in no order one sees (multiples of the golden ratio). */
function spread(index: number): number {
  return (index * 0.618033988749895) % 1;
}

/** The bytes of a `.weights` file. @param wide whether it counts images in 64 bits, as Darknet does since 0.2. */
export function weightsFile(floats: Float32Array, wide = true): Uint8Array {
  const head = new DataView(new ArrayBuffer(wide ? 20 : 16));
  head.setInt32(4, wide ? 2 : 1, true);
  head.setInt32(8, 5, true);
  head.setUint32(12, 64_000, true);
  return Uint8Array.from([...new Uint8Array(head.buffer), ...new Uint8Array(floats.slice().buffer)]);
}
