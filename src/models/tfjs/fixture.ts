import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';

/**
 * Writes a model of layers as `model.save` does, its weights in files of at most `shardBytes`.
 *
 * @returns the path of its `model.json`.
 */
export async function saveLayersModel(
  model: tf.LayersModel,
  folder: string,
  { shardBytes = 4_194_304, indent = 0 }: { shardBytes?: number; indent?: number } = {},
): Promise<string> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save({
    save(given) {
      artifacts = given;
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } });
    },
  });
  const { weightData, weightSpecs, ...fields } = artifacts!;
  if (!(weightData instanceof ArrayBuffer)) throw new TypeError('The weights are in several buffers.');
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (let start = 0; start < weightData.byteLength; start += shardBytes) {
    paths.push(`group1-shard${paths.length + 1}.bin`);
    await writeFile(join(folder, paths.at(-1)!), Buffer.from(weightData.slice(start, start + shardBytes)));
  }
  const manifest = paths.length === 0 ? [] : [{ paths, weights: weightSpecs }];
  const file = join(folder, 'model.json');
  await writeFile(file, JSON.stringify({ ...fields, weightsManifest: manifest }, null, indent));
  return file;
}

type Node = Record<string, unknown> & { name: string; op: string };

const ints = (...values: number[]) => ({ list: { i: values.map(String) } });
const float = { type: 'DT_FLOAT' };
const padding = { s: Buffer.from('SAME').toString('base64') };
const layout = { s: Buffer.from('NHWC').toString('base64') };

/** The weights of the graph below: name, shape and values. */
const constants: [string, number[], number[] | 'int32'][] = [
  ['conv/kernel', [3, 3, 2, 3], Array.from({ length: 54 }, (_, index) => Math.sin(index))],
  ['conv/bias', [3], [0.5, -0.25, 0]],
  ['flat/shape', [2], 'int32'],
  ['logits/kernel', [12, 4], Array.from({ length: 48 }, (_, index) => Math.cos(index))],
];

/**
 * A graph as tensorflowjs_converter writes it: a convolution with stride 2 on images of 4×4×2, bias, ReLU, and a dense
 * layer of 4 units.
 */
export const graphNodes: readonly Node[] = [
  {
    name: 'images',
    op: 'Placeholder',
    attr: { dtype: float, shape: { shape: { dim: [-1, 4, 4, 2].map((size) => ({ size: String(size) })) } } },
  },
  ...constants.map(([name, , values]) => ({
    name,
    op: 'Const',
    attr: { dtype: values === 'int32' ? { type: 'DT_INT32' } : float },
  })),
  { name: 'conv/read', op: 'Identity', input: ['conv/kernel'], attr: { T: float } },
  {
    name: 'conv/map',
    op: 'Conv2D',
    input: ['images', 'conv/read'],
    attr: { T: float, strides: ints(1, 2, 2, 1), dilations: ints(1, 1, 1, 1), padding, data_format: layout },
  },
  {
    name: 'conv/biased',
    op: 'BiasAdd',
    input: ['conv/map', 'conv/bias'],
    attr: { T: float, data_format: layout },
  },
  { name: 'conv/relu', op: 'Relu', input: ['conv/biased'], attr: { T: float } },
  { name: 'flat', op: 'Reshape', input: ['conv/relu', 'flat/shape'], attr: { T: float } },
  {
    name: 'logits',
    op: 'MatMul',
    input: ['flat', 'logits/kernel'],
    attr: { T: float, transpose_a: { b: false }, transpose_b: { b: false } },
  },
];

/**
 * Writes that graph, one node a line from line 2 on.
 *
 * @param nodes instead of {@link graphNodes}.
 * @returns the path of its `model.json`.
 */
export async function writeGraphModel(folder: string, nodes: readonly Node[] = graphNodes): Promise<string> {
  await mkdir(folder, { recursive: true });
  const data = constants.map(([, , values]) =>
    Buffer.from(values === 'int32' ? Int32Array.of(-1, 12).buffer : Float32Array.from(values).buffer),
  );
  await writeFile(join(folder, 'weights.bin'), Buffer.concat(data));
  const weights = constants.map(([name, shape, values]) => ({
    name,
    shape,
    dtype: values === 'int32' ? 'int32' : 'float32',
  }));
  const lines = nodes.map((node) => JSON.stringify(node)).join(',\n');
  const file = join(folder, 'model.json');
  const rest = {
    format: 'graph-model',
    generatedBy: '2.11.0',
    convertedBy: 'TensorFlow.js Converter v4.22.0',
    weightsManifest: [{ paths: ['weights.bin'], weights }],
  };
  await writeFile(
    file,
    `{"modelTopology": {"node": [\n${lines}\n], "versions": {"producer": 1087}}, ${JSON.stringify(rest).slice(1)}`,
  );
  return file;
}

/** What the graph computes, by ops of its own. */
export function graphByHand(images: tf.Tensor4D): { relu: tf.Tensor4D; logits: tf.Tensor2D } {
  const tensor = (name: string) => {
    const [, shape, values] = constants.find(([other]) => other === name)!;
    return tf.tensor(values === 'int32' ? [] : values, shape);
  };
  const map = tf.conv2d(images, tensor('conv/kernel') as tf.Tensor4D, 2, 'same');
  const relu: tf.Tensor4D = tf.relu(tf.add(map, tensor('conv/bias')));
  return { relu, logits: tf.matMul(tf.reshape(relu, [-1, 12]), tensor('logits/kernel')) };
}
