import * as tf from '@tensorflow/tfjs';
import type { LayerRow } from '../layers/table';
import { multiplyAddsOf, parametersOf } from './cost';
import { modelGraph, onlyUse, unknownLayer } from './graph';
import { fieldsOf } from './layerField';
import { sourceOf } from './provenance';
import { shownField, type Axes } from './receptiveField';

/** A row of a model in memory, which knows its shapes. */
export interface ShapedRow extends LayerRow {
  shape: number[];
}

/**
 * The layers of a model in the order in which they run; those of a nested model are called `outer/inner`. Input layers
 * have no row. Parameters are learnt weights, frozen or not, without the running statistics of batch normalizations;
 * a weight that several layers share is counted once. `multiplyAdds` says in `cost.ts` what it counts; a layer that is
 * used several times computes several times, and its receptive field is that of the last time.
 */
export function layerTable(model: tf.LayersModel): ShapedRow[] {
  const graph = modelGraph(model);
  const fields = fieldsOf(graph);
  const image = imageOf(model);
  const rows = new Map<string, ShapedRow>();
  const counted = new Set<tf.LayerVariable>();
  for (const use of graph.uses) {
    const { name, layer } = use;
    const inputs = use.inputs.flatMap((port) => (port.use === null ? [] : [port.use.name]));
    const shape = use.outputTensors[0]!.shape.slice(1).map((size) => size ?? -1);
    const receptiveField = shownField(fields.get(use)!, shape, image);
    const row = rows.get(name);
    if (row !== undefined) {
      row.uses += 1;
      row.multiplyAdds += multiplyAddsOf(use);
      row.inputs = [...new Set([...row.inputs, ...inputs])];
      row.receptiveField = receptiveField;
      continue;
    }
    let parameters = 0;
    for (const weight of parametersOf(layer)) {
      if (!counted.has(weight)) parameters += weight.shape.reduce<number>((size, axis) => size * axis!, 1);
      counted.add(weight);
    }
    rows.set(name, {
      name,
      kind: layer.getClassName(),
      shape,
      parameters,
      multiplyAdds: multiplyAddsOf(use),
      receptiveField,
      inputs: [...new Set(inputs)],
      uses: 1,
      source: sourceOf(layer),
    });
  }
  return [...rows.values()];
}

/** `[height, width, channels]` of the images that a model takes, −1 where any size will do; null for other inputs. */
export function imageShapeOf({ inputs }: tf.LayersModel): number[] | null {
  const [input] = inputs;
  if (inputs.length !== 1 || input?.rank !== 4) return null;
  return input.shape.slice(1).map((size) => size ?? -1);
}

/** `[height, width]` of the images where that is known. */
function imageOf(model: tf.LayersModel): Axes | null {
  const [height = -1, width = -1] = imageShapeOf(model) ?? [];
  return height > 0 && width > 0 ? [height, width] : null;
}

/** Names of the layers that give the outputs of a model, in order. */
export function outputNames(model: tf.LayersModel): string[] {
  return modelGraph(model).outputs.flatMap(({ use }) => (use === null ? [] : [use.name]));
}

/** Learnt weights of a model, as its layer table counts them. */
export function countParameters(model: tf.LayersModel): number {
  return layerTable(model).reduce((sum, { parameters }) => sum + parameters, 0);
}

/** Multiply-adds of a model for one image, as its layer table counts them. */
export function countMultiplyAdds(model: tf.LayersModel): number {
  return layerTable(model).reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
}

/** @throws ModelError `unknown-layer` with the nearest names. */
export function findLayer(model: tf.LayersModel, name: string): ShapedRow {
  const rows = layerTable(model);
  const row = rows.find((candidate) => candidate.name === name);
  if (row !== undefined) return row;
  throw unknownLayer(
    name,
    rows.map((candidate) => candidate.name),
  );
}

/**
 * A model that shares the layers of `model` and gives its outputs, then the taps, one tap for each name in order; layers of
 * nested models too. With `logits: false` it gives the taps alone, and `apply` runs no layer that they don't need.
 *
 * Do not dispose of it: its layers are those of `model`.
 *
 * @throws ModelError `unknown-layer`; `bad-model` for a layer that is used several times, whose output is ambiguous.
 */
export function tapModel(
  model: tf.LayersModel,
  layerNames: readonly string[],
  { logits = true }: { logits?: boolean } = {},
): tf.LayersModel {
  const graph = modelGraph(model);
  for (const name of layerNames) onlyUse(graph, name);
  const tapped = withTaps(model, '', new Set(layerNames));
  const taps = layerNames.map((name) => tapped.taps.get(name)!);
  return tf.model({ inputs: model.inputs, outputs: distinct(logits ? [...tapped.outputs, ...taps] : taps) });
}

/**
 * The outputs of a model and of some of its layers as symbolic tensors of one graph. The layers of a nested model are
 * out of reach of the graph around it: a nested model with wanted layers is replaced by one that gives them too, and
 * what comes after it is applied once more.
 */
function withTaps(
  model: tf.LayersModel,
  prefix: string,
  wanted: ReadonlySet<string>,
): { outputs: tf.SymbolicTensor[]; taps: Map<string, tf.SymbolicTensor> } {
  const taps = new Map<string, tf.SymbolicTensor>();
  /** By the id of the tensor that each replaces; most replace themselves. */
  const current = new Map(model.inputs.map((input) => [input.id, input]));
  const visit = (tensor: tf.SymbolicTensor): tf.SymbolicTensor => {
    const known = current.get(tensor.id);
    if (known !== undefined) return known;
    const { sourceLayer: layer } = tensor;
    const { inputTensors, outputTensors, callArgs } = layer.inboundNodes[tensor.nodeIndex]!;
    const inputs = inputTensors.map(visit);
    const given = inputs.length === 1 ? inputs[0]! : inputs;
    const name = `${prefix}${layer.name}`;
    let outputs = outputTensors;
    if (layer instanceof tf.LayersModel && [...wanted].some((other) => other.startsWith(`${name}/`))) {
      const inner = withTaps(layer, `${name}/`, wanted);
      const innerOutputs = distinct([...inner.outputs, ...inner.taps.values()]);
      const replacement = tf.model({ inputs: layer.inputs, outputs: innerOutputs, name: layer.name });
      outputs = asSymbolic(replacement.apply(given, callArgs));
      [...inner.taps.keys()].forEach((tap, index) => taps.set(tap, outputs[inner.outputs.length + index]!));
    } else if (inputs.some((input, index) => input !== inputTensors[index])) {
      outputs = asSymbolic(layer.apply(given, callArgs));
    }
    if (wanted.has(name)) taps.set(name, outputs[0]!);
    outputTensors.forEach(({ id }, index) => current.set(id, outputs[index]!));
    return current.get(tensor.id)!;
  };
  return { outputs: model.outputs.map(visit), taps };
}

/** Copies what is there already: a tfjs model must not give the same tensor twice. */
function distinct(tensors: readonly tf.SymbolicTensor[]): tf.SymbolicTensor[] {
  return tensors.map((tensor, index) => {
    if (tensors.indexOf(tensor) === index) return tensor;
    const copy = tf.layers.activation({ activation: 'linear', name: `distillery/tap${index}` });
    return asSymbolic(copy.apply(tensor))[0]!;
  });
}

function asSymbolic(output: ReturnType<tf.layers.Layer['apply']>): tf.SymbolicTensor[] {
  return (Array.isArray(output) ? output : [output]).map((tensor) => {
    if (tensor instanceof tf.SymbolicTensor) return tensor;
    throw new TypeError('A layer gave a value for a symbolic input.');
  });
}
