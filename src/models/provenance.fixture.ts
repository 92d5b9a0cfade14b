/**
 * A model in several files that makes layers in every way people do. At the end of a line that makes layers stand their
 * names, `// expect: NAME`.
 *
 * @param ending of the files: `js` strips the types.
 */
export function projectFiles(ending: 'ts' | 'js'): Record<string, string> {
  const texts = { net, 'lib/blocks': blocks, 'lib/head': head, 'lib/shared': shared, 'lib/old': old };
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) =>
      name === 'lib/old'
        ? [`${name}.cjs`, text]
        : [`${name}.${ending}`, ending === 'ts' ? text : withoutTypes(text)],
    ),
  );
}

/** Takes out the types that the texts below use. */
function withoutTypes(text: string): string {
  return text
    .replace(/^(?:interface [^}]*\}|type .*;)\n/gm, '')
    .replace(/: (?:tf\.\w+|Tensor|Context|string|number)(?=[,)= {;])/g, '')
    .replaceAll(' as Tensor', '');
}

const net = `import * as tf from '@tensorflow/tfjs';
import { block, Swish } from './lib/blocks';
import { Head } from './lib/head';
import { shared } from './lib/shared';
import { oldStyle } from './lib/old.cjs';

interface Context {
  inputShape: [number, number, number];
}
type Tensor = tf.SymbolicTensor;

// Ümläuts and 🧪 before the layers: columns count characters.
export function student({ inputShape }: Context): tf.LayersModel {
  const image = tf.input({ shape: inputShape });
  let map = tf.layers.conv2d({ name: 'first', filters: 4, kernelSize: 3, padding: 'same' }).apply(image) as Tensor; // expect: first
  for (const stage of [1, 2]) {
    [0, 1].forEach((index) => {
      map = block(map, \`stage\${stage}/\${index}\`, 4);
    });
  }
  map = new Swish({ name: 'swish' }).apply(map) as Tensor; // expect: swish
  map = (new Swish({ name: 'swish2' }) // expect: swish2
    .apply(map)) as Tensor;
  map = tf.layers
    .activation({ name: 'later', activation: 'relu' }) // expect: later
    .apply(map) as Tensor;
  map = oldStyle('old').apply(map) as Tensor;
  const a = tf.layers.activation({ name: 'a', activation: 'relu' }), b = tf.layers.activation({ name: 'b', activation: 'tanh' }); // expect: a b
  map = tf.layers.add({ name: 'sum' }).apply([a.apply(map) as Tensor, b.apply(map) as Tensor]) as Tensor; // expect: sum
  const inner = tf.sequential({
    name: 'inner',
    layers: [
      tf.layers.conv2d({ name: 'conv', inputShape: [16, 16, 4], filters: 4, kernelSize: 1 }), // expect: inner/conv
      tf.layers.batchNormalization({ name: 'bn' }), // expect: inner/bn
      /* 🧪 */ tf.layers.activation({ activation: 'relu' }), // expect: inner/activation_Activation1
    ],
  });
  map = inner.apply(map) as Tensor;
  const tower = tf.sequential();
  tower.add(tf.layers.conv2d({ name: 'one', inputShape: [16, 16, 4], filters: 4, kernelSize: 1 })); // expect: sequential_1/one
  for (let index = 0; index < 2; index += 1)
    tower.add(
      tf.layers.activation({ name: \`act\${index}\`, activation: 'relu' }), // expect: sequential_1/act0 sequential_1/act1
    );
  map = tower.apply(map) as Tensor;
  map = shared.apply(map) as Tensor;
  const head = new Head('head', 10);
  return tf.model({ inputs: image, outputs: head.finish(map) });
}
`;

const blocks = `import * as tf from '@tensorflow/tfjs';
import { layers } from '@tensorflow/tfjs';

type Tensor = tf.SymbolicTensor;

export class Swish extends tf.layers.Layer {
  static className = 'Swish';

  constructor(options: tf.LayerOptions) {
    const given = { ...options };
    super(given);
  }

  call(inputs: Tensor) {
    return tf.tidy(() => {
      const [x] = [inputs].flat();
      return tf.mul(x, tf.sigmoid(x));
    });
  }
}

/** A class of a class, without a constructor of its own. */
class Gate extends Swish {
  static className = 'Gate';
}

const convolve = (map: Tensor, name: string, filters: number) =>
  layers.conv2d({ name, filters, kernelSize: 3, padding: 'same', useBias: false }).apply(map); // expect: ${ofBlocks('conv')}

export function block(map: Tensor, name: string, filters: number): Tensor {
  let out = convolve(map, \`\${name}/conv\`, filters) as Tensor;
  out = layers
    .batchNormalization({ // expect: ${ofBlocks('bn')}
      name: \`\${name}/bn\`,
    })
    .apply(out) as Tensor;
  out = layers.add({ name: \`\${name}/add\` }).apply([map, out]) as Tensor; // expect: ${ofBlocks('add')}
  return new Gate({ name: \`\${name}/gate\` }).apply(out) as Tensor; // expect: ${ofBlocks('gate')}
}
`;

function ofBlocks(layer: string): string {
  return ['stage1/0', 'stage1/1', 'stage2/0', 'stage2/1'].map((name) => `${name}/${layer}`).join(' ');
}

const head = `import { layers } from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs';

type Tensor = tf.SymbolicTensor;

export class Head {
  name;
  units;
  scale;

  constructor(name: string, units: number) {
    this.name = name;
    this.units = units;
    this.scale = layers.activation({ name: \`\${name}/scale\`, activation: 'linear' }); // expect: head/scale
  }

  finish(map: Tensor): Tensor {
    const flat = this.flatten().apply(this.scale.apply(map));
    return layers.dense({ name: \`\${this.name}/logits\`, units: this.units }).apply(flat) as Tensor; // expect: head/logits
  }

  flatten() {
    return layers.flatten({ name: \`\${this.name}/flat\` }); // expect: head/flat
  }
}
`;

const shared = `import { layers } from '@tensorflow/tfjs';

/** Made once, when the file is loaded. */
export const shared = layers.activation({ name: 'shared', activation: 'relu' }); // expect: shared
`;

const old = `const tf = require('@tensorflow/tfjs-node');

exports.oldStyle = function (name) {
  return tf.layers.activation({ name, activation: 'relu' }); // expect: old
};
`;
