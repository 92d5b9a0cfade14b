import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { InferenceError, type InferenceResult, type InferenceSession } from '../../engine/inference';
import type { LayerTable } from '../../layers/table';
import { unknownLayer } from '../graph';
import { ModelError } from '../model';
import type { OpenedModel, OpenOptions } from '../opened';
import { onlyOutputs } from './edit';
import { collectResult, feedImages, type Normalization } from './images';
import { imageInput, layoutsOf, withoutBatch } from './layout';
import { nameNodes } from './names';
import { readOnnx } from './readModel';
import { imageSize, inferShapes, openModel } from './shapes';
import { onnxTable, type KnownModel } from './table';
import { topologyOf } from './topology';

/** Each open session has a copy of the weights. */
const MOST_SESSIONS = 3;

/**
 * Opens an ONNX model, which can answer and so teach. docs/onnx.md says what is supported, and how layers are called.
 *
 * @param file path of an `.onnx` file, as it was asked for; relative to `options.baseDirectory`.
 * @throws ModelError `missing-file`; `bad-model` for what is no ONNX model or none that can be run on images;
 *   `bad-weights` for weights that are damaged, or a file of weights besides.
 * @throws EngineError where onnxruntime is not there.
 */
export async function openOnnx(file: string, options: OpenOptions): Promise<OpenedModel> {
  if (options.weights !== null) {
    throw new ModelError(
      'bad-weights',
      `${file} is an ONNX model and has its own weights; ${options.weights} cannot be loaded into it. Leave the weights out.`,
    );
  }
  const onnx = await readOnnx(path.resolve(options.baseDirectory, file));
  const topology = topologyOf(onnx);
  const input = imageInput(onnx.path, topology.image, options.context);
  const normalize = normalizationFor(onnx.path, input.type, input.shape?.[2] ?? -1, options.normalize);
  const rows = nameNodes(topology.nodes);
  const size = imageSize(input, options.context);
  const tensors = rows.map(({ tensor }) => tensor);
  const layouts = layoutsOf(topology, input.layout);
  const shapes = inferShapes(onnx, topology, input, size, tensors);
  return new OnnxModel({ label: file, file: onnx, topology, input, size, rows, layouts, shapes }, normalize);
}

/** @throws ModelError where it does not fit the model. */
function normalizationFor(
  file: string,
  type: KnownModel['input']['type'],
  channels: number,
  normalize: OpenOptions['normalize'],
): Normalization | null {
  if (normalize === undefined) return null;
  if (type === 'uint8') {
    throw new ModelError(
      'bad-model',
      `${file} takes the bytes of images and normalizes them itself; leave \`normalize\` out.`,
    );
  }
  const { mean, std } = normalize;
  if (mean.length !== std.length || (channels > 0 && mean.length !== channels)) {
    throw new ModelError(
      'bad-model',
      `${file} takes images of ${channels > 0 ? channels : 'any number of'} channels; \`normalize\` has ${mean.length} means and ${std.length} deviations. Give one of each for every channel.`,
    );
  }
  return normalize;
}

class OnnxModel implements OpenedModel {
  readonly table: LayerTable;
  readonly layersModel = null;
  readonly #known: KnownModel;
  readonly #normalize: Normalization | null;
  /** By the tensors that they give; the one that was used last is the last one. */
  readonly #sessions = new Map<string, InferenceSession>();
  /** Tensors by the names of their layers, and by their own. */
  readonly #tensors: ReadonlyMap<string, string>;

  constructor(known: KnownModel, normalize: Normalization | null) {
    this.#known = known;
    this.#normalize = normalize;
    this.table = onnxTable(known);
    const { topology, rows } = known;
    const own = topology.nodes
      .filter(({ computes }) => computes)
      .flatMap(({ outputs }) => outputs.map((tensor): [string, string] => [tensor, tensor]));
    this.#tensors = new Map([...own, ...rows.map(({ name, tensor }): [string, string] => [name, tensor])]);
  }

  outputs(images: tf.Tensor4D, wanted: readonly (string | null)[]): tf.Tensor[] {
    const { file, rows } = this.#known;
    const targets = wanted.map((name) => {
      const tensor = name === null ? file.graph.output[0]!.name : this.#tensors.get(name);
      if (tensor !== undefined) return tensor;
      throw unknownLayer(
        name!,
        rows.map((row) => row.name),
      );
    });
    this.#checkSize(images.shape);
    const distinct = [...new Set(targets)];
    const results = this.#run(images, distinct);
    const tensors = distinct.map((_, index) => tf.tensor(results[index]!.data, results[index]!.shape));
    // A tensor that was asked for under two names is given twice, so that each can be disposed of.
    return targets.map((target, index) => {
      const tensor = tensors[distinct.indexOf(target)]!;
      return targets.indexOf(target) === index ? tensor : tensor.clone();
    });
  }

  dispose(): void {
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
  }

  #checkSize([, ...given]: tf.Tensor4D['shape']): void {
    const { file, input } = this.#known;
    const { shape } = input;
    if (shape === null) {
      const dims = input.dims.map((length) => (length > 0 ? length : '?')).join(', ');
      throw new ModelError(
        'bad-model',
        `${file.path} takes [${dims}], which are no images, so it cannot be run on them.`,
      );
    }
    if (shape.every((length, axis) => length <= 0 || length === given[axis])) return;
    const taken = shape.map((length) => (length > 0 ? length : 'any')).join('×');
    throw new ModelError(
      'bad-model',
      `${file.path} takes images of ${taken} (height × width × channels) and was given ${given.join('×')}. Resize the images, or export the model for their size.`,
    );
  }

  #run(images: tf.Tensor4D, tensors: readonly string[]): { data: Float32Array; shape: number[] }[] {
    const { input, layouts } = this.#known;
    const [count, height, width, channels] = images.shape;
    const pixels = images.dataSync<'float32'>();
    const atOnce = input.batch > 0 ? input.batch : Math.max(count, 1);
    const map: [number, number, number] =
      input.layout === 'channels first' ? [channels, height, width] : [height, width, channels];
    const session = this.#session(tensors);
    const collected = new Map<string, { data: Float32Array; shape: number[] }>();
    for (let first = 0; first < Math.max(count, 1); first += atOnce) {
      const taken = Math.min(atOnce, count - first);
      const feed = feedImages(input, pixels, [first, taken], [atOnce, ...map], this.#normalize);
      const results = this.#runSession(session, feed, tensors);
      for (const [index, tensor] of tensors.entries()) {
        const result = results[index]!;
        this.#checkBatch(tensor, result, atOnce);
        const layout = layouts.get(tensor) ?? input.layout;
        const shape = withoutBatch(result.dims, layout);
        const perImage = shape.reduce((product, length) => product * length, 1);
        let all = collected.get(tensor);
        if (all === undefined) {
          all = { data: new Float32Array(count * perImage), shape: [count, ...shape] };
          collected.set(tensor, all);
        }
        if (shape.join() !== all.shape.slice(1).join())
          throw this.#notPerImage(tensor, 'as many numbers as it likes');
        collectResult(result, layout, taken, all.data, first * perImage);
      }
    }
    return tensors.map((tensor) => collected.get(tensor)!);
  }

  #runSession(
    session: InferenceSession,
    feed: Parameters<InferenceSession['run']>[0],
    tensors: readonly string[],
  ): InferenceResult[] {
    try {
      return session.run(feed, tensors);
    } catch (error) {
      if (!(error instanceof InferenceError)) throw error;
      const { path: file } = this.#known.file;
      throw new ModelError(
        'bad-model',
        `${file} cannot be run on [${feed.dims.join(', ')}]: ${error.message}`,
        null,
        null,
        { cause: error },
      );
    }
  }

  #checkBatch(tensor: string, { dims }: InferenceResult, images: number): void {
    if (dims.length > 0 && dims[0] === images) return;
    throw this.#notPerImage(
      tensor,
      `[${dims.join(', ')}] for ${images === 1 ? 'one image' : `${images} images`}`,
    );
  }

  #notPerImage(tensor: string, given: string): ModelError {
    const { file, rows } = this.#known;
    const name = rows.find((row) => row.tensor === tensor)?.name ?? tensor;
    return new ModelError(
      'bad-model',
      `The layer \`${name}\` of ${file.path} gives ${given}, and not one result for each image, so it cannot be tapped. Choose another layer.`,
    );
  }

  /** The session that gives these tensors; opened when they are first asked for. */
  #session(tensors: readonly string[]): InferenceSession {
    const key = JSON.stringify([...tensors].sort());
    const known = this.#sessions.get(key);
    const { file, topology } = this.#known;
    const session =
      known ?? openModel(file, onlyOutputs(file.bytes, file.graph, topology, tensors), { optimize: true });
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MOST_SESSIONS && oldest !== undefined) {
      this.#sessions.get(oldest)?.dispose();
      this.#sessions.delete(oldest);
    }
    return session;
  }
}
