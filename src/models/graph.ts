import * as tf from '@tensorflow/tfjs';
import { didYouMean, nearestWords } from '../experiment/nearest';
import { ModelError } from './model';

/** One application of a layer within a model, nested models taken apart. */
export interface LayerUse {
  /** Name of the layer; of a layer in a nested model `outer/inner`. */
  name: string;
  layer: tf.layers.Layer;
  inputs: readonly Port[];
  /** What the layer was given when its model was built, and what it gave. */
  inputTensors: readonly tf.SymbolicTensor[];
  outputTensors: readonly tf.SymbolicTensor[];
}

/** An output of a layer; `use` is null for the input of the model itself. */
export interface Port {
  use: LayerUse | null;
  index: number;
}

export interface ModelGraph {
  /** In an order in which they can run. Input layers, which do nothing, are left out. */
  uses: readonly LayerUse[];
  outputs: readonly Port[];
}

/** The layers of a model and how they hang together, with the layers of nested models in place of these. */
export function modelGraph(model: tf.LayersModel): ModelGraph {
  const uses: LayerUse[] = [];
  const inputs = new Map(model.inputs.map(({ id }, index): [number, Port] => [id, { use: null, index }]));
  return { uses, outputs: walk(model, '', inputs, uses) };
}

/**
 * Adds the layer uses of a model to `uses`.
 *
 * @param known - where the inputs of the model come from, by the id of their symbolic tensors.
 * @returns where the outputs of the model come from.
 */
function walk(model: tf.LayersModel, prefix: string, known: Map<number, Port>, uses: LayerUse[]): Port[] {
  const portOf = (tensor: tf.SymbolicTensor): Port => {
    const port = known.get(tensor.id);
    if (port !== undefined) return port;
    const { sourceLayer: layer } = tensor;
    const { inputTensors, outputTensors } = layer.inboundNodes[tensor.nodeIndex]!;
    const inputs = inputTensors.map(portOf);
    const name = `${prefix}${layer.name}`;
    let ports: Port[];
    if (layer instanceof tf.LayersModel) {
      const inner = new Map(layer.inputs.map(({ id }, index): [number, Port] => [id, inputs[index]!]));
      ports = walk(layer, `${name}/`, inner, uses);
    } else {
      const use = { name, layer, inputs, inputTensors, outputTensors };
      uses.push(use);
      ports = outputTensors.map((_, index) => ({ use, index }));
    }
    outputTensors.forEach(({ id }, index) => known.set(id, ports[index]!));
    return ports[tensor.tensorIndex]!;
  };
  return model.outputs.map(portOf);
}

/**
 * The one use of a layer.
 *
 * @throws ModelError `unknown-layer`; `bad-model` for a layer that is used several times, whose output is ambiguous.
 */
export function onlyUse({ uses }: ModelGraph, name: string): LayerUse {
  const found = uses.filter((use) => use.name === name);
  const [use] = found;
  if (use === undefined) throw unknownLayer(name, [...new Set(uses.map((other) => other.name))]);
  if (found.length === 1) return use;
  throw ambiguousLayer(name, found.length);
}

/** The error for a layer that a model applies several times. */
export function ambiguousLayer(name: string, uses: number): ModelError {
  return new ModelError(
    'bad-model',
    `The layer \`${name}\` is used ${uses} times in the model, so its output is ambiguous. Choose another layer.`,
  );
}

/** The error for a layer name that none of `names` is. */
export function unknownLayer(name: string, names: readonly string[]): ModelError {
  const near = nearestWords(name, names);
  const listed =
    names.length > 20 ? `${names.slice(0, 20).join(', ')}, … (${names.length})` : names.join(', ');
  const hint = near.length > 0 ? didYouMean(near) : ` The model has ${listed}.`;
  return new ModelError('unknown-layer', `There is no layer \`${name}\`.${hint}`, near[0] ?? null);
}
