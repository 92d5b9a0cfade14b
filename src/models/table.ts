import * as tf from '@tensorflow/tfjs';
import { multiplyAddsOf, parametersOf } from './cost';
import { modelGraph, onlyUse, unknownLayer, type LayerUse, type ModelGraph, type Port } from './graph';
import type { LayerRow } from './layers';

/**
 * The layers of a model in the order in which they run; those of a nested model are called `outer/inner`. Input layers
 * have no row. Parameters are learnt weights, frozen or not, without the running statistics of batch normalizations;
 * a weight that several layers share is counted once. `multiplyAdds` says in `cost.ts` what it counts; a layer that is
 * used several times computes several times. A size that depends on the batch is −1 in `shape`.
 */
export function layerTable(model: tf.LayersModel): LayerRow[] {
  const rows = new Map<string, LayerRow>();
  const counted = new Set<tf.LayerVariable>();
  for (const use of modelGraph(model).uses) {
    const row = rows.get(use.name);
    if (row !== undefined) {
      row.multiplyAdds += multiplyAddsOf(use);
      continue;
    }
    let parameters = 0;
    for (const weight of parametersOf(use.layer)) {
      if (!counted.has(weight)) parameters += weight.shape.reduce<number>((size, axis) => size * axis!, 1);
      counted.add(weight);
    }
    rows.set(use.name, {
      name: use.name,
      kind: use.layer.getClassName(),
      shape: use.outputTensors[0]!.shape.slice(1).map((size) => size ?? -1),
      parameters,
      multiplyAdds: multiplyAddsOf(use),
    });
  }
  return [...rows.values()];
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
export function findLayer(model: tf.LayersModel, name: string): LayerRow {
  const rows = layerTable(model);
  const row = rows.find((candidate) => candidate.name === name);
  if (row !== undefined) return row;
  throw unknownLayer(
    name,
    rows.map((candidate) => candidate.name),
  );
}

/**
 * A model that shares the layers of `model` and gives `[logits, ...taps]`, one tap for each name in order; layers of
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
  const taps = layerNames.map((name): Port => ({ use: onlyUse(graph, name), index: 0 }));
  const ports = logits ? [...graph.outputs, ...taps] : taps;
  const tensors = taps.some(({ use }) => use?.nested === true)
    ? rebuild(model, graph, ports)
    : ports.map(({ use, index }) => (use === null ? model.inputs[index]! : use.outputTensors[index]!));
  // A tfjs model must not give the same tensor twice.
  const outputs = tensors.map((tensor, index) =>
    tensors.indexOf(tensor) === index ? tensor : copyOf(tensor, `distillery/tap${index}`),
  );
  return tf.model({ inputs: model.inputs, outputs });
}

/** Applies the layers that `ports` need once more, nested models taken apart; gives the new tensors of the ports. */
function rebuild(model: tf.LayersModel, { uses }: ModelGraph, ports: readonly Port[]): tf.SymbolicTensor[] {
  const made = new Map<LayerUse, tf.SymbolicTensor[]>();
  const tensorOf = ({ use, index }: Port): tf.SymbolicTensor =>
    use === null ? model.inputs[index]! : made.get(use)![index]!;
  for (const use of uses) {
    const inputs = use.inputs.map(tensorOf);
    made.set(use, asSymbolic(use.layer.apply(inputs.length === 1 ? inputs[0]! : inputs, use.callArgs)));
  }
  return ports.map(tensorOf);
}

function copyOf(tensor: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return asSymbolic(tf.layers.activation({ activation: 'linear', name }).apply(tensor))[0]!;
}

function asSymbolic(output: ReturnType<tf.layers.Layer['apply']>): tf.SymbolicTensor[] {
  return (Array.isArray(output) ? output : [output]).map((tensor) => {
    if (tensor instanceof tf.SymbolicTensor) return tensor;
    throw new TypeError('A layer gave a value for a symbolic input.');
  });
}
