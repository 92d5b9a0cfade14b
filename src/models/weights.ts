import * as tf from '@tensorflow/tfjs';
import { nearestWord } from '../experiment/nearest';
import { modelGraph, onlyUse, type LayerUse } from './graph';
import { ModelError } from './model';
import { readSafetensors, type StoredTensor } from './safetensors';

/** What stands before the weights of the student in a checkpoint of a run. */
const studentPrefix = 'student/';
/** So many names of a kind are listed in an error. */
const listedNames = 5;

/**
 * All weights of a model by name, trainable or not: `conv1/kernel`, `bn1/moving_mean`, `outer/inner/bias`. The names
 * come from the layers and are the same whatever was built before; a weight that layers share has the name of the first.
 */
export function modelWeights(model: tf.LayersModel): Map<string, tf.Variable> {
  const named = new Map<string, tf.Variable>();
  const seen = new Set<tf.Variable>();
  for (const { name, layer } of modelGraph(model).uses) {
    for (const weight of layer.weights) {
      const variable = variableOf(weight);
      if (seen.has(variable)) continue;
      seen.add(variable);
      const scope = `${layer.name}/`;
      const { originalName } = weight;
      const own = originalName.startsWith(scope) ? originalName.slice(scope.length) : originalName;
      const full = `${name}/${own}`;
      let unique = full;
      for (let copy = 2; named.has(unique); copy += 1) unique = `${full}_${copy}`;
      named.set(unique, variable);
    }
  }
  return named;
}

/** All weights of some models, without their names. */
export function weightsOf(models: readonly tf.LayersModel[]): tf.Variable[] {
  return models.flatMap((model) => [...modelWeights(model).values()]);
}

/** The weights of a model that training may move, by the names of {@link modelWeights}. */
export function trainableWeights(model: tf.LayersModel): Map<string, tf.Variable> {
  const trainable = new Set(model.trainableWeights.map(variableOf));
  return new Map([...modelWeights(model)].filter(([, variable]) => trainable.has(variable)));
}

/**
 * The trainable weights that the outputs of the named layers depend on, by the names of {@link modelWeights}.
 *
 * @throws ModelError as `tapModel` does.
 */
export function upstreamWeights(
  model: tf.LayersModel,
  layerNames: readonly string[],
): Map<string, tf.Variable> {
  const graph = modelGraph(model);
  const upstream = new Set<LayerUse>();
  const pending = layerNames.map((name) => onlyUse(graph, name));
  for (let use = pending.pop(); use !== undefined; use = pending.pop()) {
    if (upstream.has(use)) continue;
    upstream.add(use);
    for (const input of use.inputs) if (input.use !== null) pending.push(input.use);
  }
  const weights = new Set([...upstream].flatMap(({ layer }) => layer.weights.map(variableOf)));
  return new Map([...trainableWeights(model)].filter(([, variable]) => weights.has(variable)));
}

/**
 * Projects every trainable weight that has a constraint (`kernelConstraint`, …) onto it. tfjs looks at constraints only
 * when a weight is written through its layer, which optimizers don't do: call this after each step.
 */
export function applyConstraints(model: tf.LayersModel): void {
  tf.tidy(() => {
    for (const weight of model.trainableWeights) {
      // Typed as always there, but null without one.
      const constraint: unknown = weight.constraint;
      if (constraint === null) continue;
      const variable = variableOf(weight);
      variable.assign(weight.constraint.apply(variable));
    }
  });
}

function variableOf(weight: tf.LayerVariable): tf.Variable {
  const variable = weight.read();
  if (isVariable(variable)) return variable;
  throw new TypeError(`The weight ${weight.originalName} is held by no tf.Variable.`);
}

function isVariable(tensor: tf.Tensor): tensor is tf.Variable {
  return tensor instanceof tf.Variable;
}

/** Reads tensors off the device, ready to be written as safetensors. */
export async function storeTensors(
  tensors: ReadonlyMap<string, tf.Tensor>,
): Promise<Map<string, StoredTensor>> {
  const stored = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    const data = await tensor.data();
    const shape = [...tensor.shape];
    if (data instanceof Float32Array) stored.set(name, { dtype: 'F32', shape, data });
    else if (data instanceof Int32Array) stored.set(name, { dtype: 'I32', shape, data });
    else stored.set(name, { dtype: 'BOOL', shape, data });
  }
  return stored;
}

/**
 * Loads the weights of a model from a safetensors file: one that holds just these weights, or a checkpoint of a run,
 * whose `student/…` tensors are taken. Nothing is changed unless everything fits.
 *
 * @throws ModelError `missing-file`, or `bad-weights` with all misfits at once.
 */
export async function loadWeightsInto(model: tf.LayersModel, file: string): Promise<void> {
  const weights = modelWeights(model);
  const { tensors } = await readSafetensors(file);
  const stored = weightsIn(tensors, weights);
  const misfits = compare(weights, stored);
  if (misfits !== null) {
    throw new ModelError('bad-weights', `The weights in ${file} do not fit the model. ${misfits}`);
  }
  tf.tidy(() => {
    for (const [name, variable] of weights) variable.assign(tensorOf(stored.get(name)!));
  });
}

/** The student's weights of a checkpoint without their prefix; other files as they are. */
function weightsIn(
  tensors: ReadonlyMap<string, StoredTensor>,
  weights: ReadonlyMap<string, tf.Variable>,
): ReadonlyMap<string, StoredTensor> {
  const students = [...tensors].filter(([name]) => name.startsWith(studentPrefix));
  const plain = [...weights.keys()].every((name) => tensors.has(name));
  if (plain || students.length === 0) return tensors;
  return new Map(students.map(([name, tensor]) => [name.slice(studentPrefix.length), tensor]));
}

/** What does not fit, in sentences; null when everything does. */
function compare(
  weights: ReadonlyMap<string, tf.Variable>,
  stored: ReadonlyMap<string, StoredTensor>,
): string | null {
  const missing: string[] = [];
  const different: string[] = [];
  for (const [name, variable] of weights) {
    const tensor = stored.get(name);
    if (tensor === undefined) {
      missing.push(name);
    } else if (!tf.util.arraysEqual([...tensor.shape], variable.shape)) {
      different.push(
        `\`${name}\` is ${show(tensor.shape)} in the file and ${show(variable.shape)} in the model`,
      );
    } else if (tensor.dtype !== storedDtype[variable.dtype]) {
      different.push(`\`${name}\` is ${tensor.dtype} in the file and ${variable.dtype} in the model`);
    }
  }
  const unknown = [...stored.keys()].filter((name) => !weights.has(name));
  if (missing.length + different.length + unknown.length === 0) return null;
  const fitting = weights.size - missing.length - different.length;
  return [
    ...(fitting < weights.size / 2
      ? ['They belong to another architecture, or to the same one with other options.']
      : []),
    `${fitting} of the ${weights.size} weights of the model fit.`,
    ...list('Different', different),
    ...list(
      'Missing in the file',
      missing.map((name) => `\`${name}\` ${show(weights.get(name)!.shape)}${nearestOf(name, unknown)}`),
    ),
    ...list(
      'Unknown to the model',
      unknown.map((name) => `\`${name}\` ${show(stored.get(name)!.shape)}`),
    ),
  ].join(' ');
}

function nearestOf(name: string, unknown: readonly string[]): string {
  const near = nearestWord(name, unknown);
  return near === undefined ? '' : ` (the file has \`${near}\`)`;
}

function list(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const more = items.length > listedNames ? [`and ${items.length - listedNames} more`] : [];
  return [`${title}: ${[...items.slice(0, listedNames), ...more].join('; ')}.`];
}

function show(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

const storedDtype: Readonly<Record<tf.DataType, StoredTensor['dtype'] | null>> = {
  float32: 'F32',
  int32: 'I32',
  bool: 'BOOL',
  complex64: null,
  string: null,
};

/** The data is copied: some backends keep the array they are given, and with it the whole file. */
function tensorOf({ dtype, shape, data }: StoredTensor): tf.Tensor {
  if (dtype === 'F32') return tf.tensor(data.slice(), [...shape], 'float32');
  if (dtype === 'I32') return tf.tensor(data.slice(), [...shape], 'int32');
  if (dtype === 'BOOL') return tf.tensor(data.slice(), [...shape], 'bool');
  throw new TypeError(`tfjs has no tensors of ${dtype}.`);
}
