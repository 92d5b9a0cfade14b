import * as tf from '@tensorflow/tfjs';
import { modelGraph } from './graph';
import type { SourcePosition } from '../layers/table';
import { ModelError, type ModelContext } from './model';
import { describeTwins, type Twins } from './twins';

/**
 * Holds what a model function returned against what a classifier must be.
 *
 * @param context - null where any model will do.
 * @param label - what to call the model in errors.
 * @param source - where the function is, for errors.
 * @throws ModelError `bad-model` when it is not a tf.LayersModel whose layers have names of their own; with a context,
 *   also when it does not lead from `[null, height, width, channels]` float images to `[null, classes]`, with weights.
 */
export function checkModel(
  built: unknown,
  context: ModelContext | null,
  label: string,
  source: SourcePosition | null = null,
): tf.LayersModel {
  const fail = (reason: string): never => {
    throw new ModelError('bad-model', `${label} ${reason}`, null, source);
  };
  if (!(built instanceof tf.LayersModel)) return fail(`must return a tf.LayersModel, but ${describe(built)}`);
  if (built.outputs.length === 0) return fail('has no layers.');
  const twins = findTwins(built);
  if (twins !== null) {
    throw new ModelError('bad-model', `${label}: ${twins.message}`, null, twins.source ?? source);
  }
  if (built instanceof tf.Sequential) built.build();
  if (context !== null) checkClassifier(built, context, fail);
  return built;
}

function checkClassifier(
  built: tf.LayersModel,
  context: ModelContext,
  fail: (reason: string) => never,
): void {
  const expected = `[${['null', ...context.inputShape].join(', ')}]`;
  if (built.inputs.length !== 1) {
    const count = built.inputs.length;
    return fail(`has ${count} inputs, but must have one: the images, ${expected}.`);
  }
  const [input] = built.inputs;
  if (!sameShape(input!.shape, context.inputShape)) {
    return fail(
      `takes ${showShape(input!.shape)}, but the images of the data are ${expected}. ` +
        'Use `context.inputShape` for its input' +
        (input!.shape.length === 2 ? ', then `tf.layers.flatten()`.' : '.'),
    );
  }
  if (input!.dtype !== 'float32') return fail(`takes ${input!.dtype} input, but images are float32.`);
  if (built.outputs.length !== 1) {
    return fail(
      `has ${built.outputs.length} outputs, but must have one: the logits. Hint layers are named in the experiment ` +
        'and need no output.',
    );
  }
  const [output] = built.outputs;
  if (!sameShape(output!.shape, [context.classes])) {
    return fail(
      `gives ${showShape(output!.shape)}, but the data has ${context.classes} classes: its output must be ` +
        `[null, ${context.classes}], one logit for each class. Use \`context.classes\` for the units of its last layer.`,
    );
  }
  if (built.countParams() === 0) fail('has no weights: there is nothing to train.');
}

/** Layers that share a name: tfjs checks names only within each nested model, and of a tf.sequential late. */
function findTwins(model: tf.LayersModel): Twins | null {
  const named = new Map<string, tf.layers.Layer>();
  for (const { name, layer } of modelGraph(model).uses) {
    const other = named.get(name) ?? layer;
    if (other !== layer) return describeTwins(name, [other, layer]);
    named.set(name, layer);
  }
  return null;
}

function sameShape(shape: tf.Shape, withoutBatch: readonly number[]): boolean {
  return (
    shape.length === withoutBatch.length + 1 &&
    shape[0] === null &&
    withoutBatch.every((size, axis) => shape[axis + 1] === size)
  );
}

/** `[null, 16, 16, 1]`, as tfjs prints it. */
function showShape(shape: tf.Shape): string {
  return `[${shape.map(String).join(', ')}]`;
}

/** What a model function returned instead of a model, and what to do about it. */
function describe(value: unknown): string {
  if (value === undefined) return 'returned nothing. Is a `return` missing?';
  if (value instanceof Promise) {
    // It is told below that there must be no promise at all; what it is rejected with does not matter any more.
    value.catch(() => undefined);
    return 'returned a Promise. A model function must not be `async`: it builds the model at once.';
  }
  if (value instanceof tf.SymbolicTensor) {
    return 'returned a tensor. Return `tf.model({ inputs, outputs })`, made of the input and this tensor.';
  }
  if (value instanceof tf.GraphModel) return 'returned a tf.GraphModel, which cannot be trained.';
  if (value instanceof tf.layers.Layer) return `returned a layer of kind ${value.getClassName()}.`;
  if (value === null) return 'returned null.';
  return typeof value === 'object' ? 'returned another object.' : `returned a ${typeof value}.`;
}
