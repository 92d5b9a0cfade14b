import type * as tf from '@tensorflow/tfjs';

export const ENGINE_NAMES = ['compiled', 'wasm', 'cpu', 'tfjs-node', 'tfjs-node-gpu'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** A host array that is fed to a step: learning rates and weights of terms too, so that a compiled step may change them. */
export interface StepInput {
  data: Float32Array | Int32Array;
  /** Row-major; `[]` for a scalar. */
  shape: readonly number[];
}

/**
 * The body of a step: an ordinary function over tfjs tensors. It may read and assign the tf.Variables it closes over;
 * it must not depend on values (no dataSync, no JavaScript branches on numbers), so that an engine may compile it.
 */
export type StepFunction = (inputs: Readonly<Record<string, tf.Tensor>>) => Record<string, tf.Tensor>;

/** A step that is ready to run. */
export interface Step {
  /** Runs once. The returned arrays belong to the caller. */
  run(inputs: Readonly<Record<string, StepInput>>): Promise<Record<string, Float32Array>>;
  /** Frees what the step holds besides its variables; it must not be run again. */
  dispose(): void;
}

/** How long it took to compile a step, in milliseconds. */
export interface CompileTimes {
  trace: number;
  lower: number;
  load: number;
}

export interface StepOptions {
  /** Variables that never change while the step is used, such as a teacher's: a compiled step may contain their numbers. */
  frozen?: readonly tf.Variable[];
  /** Told each time the step was compiled, once for each set of input shapes. */
  onCompiled?: (times: CompileTimes) => void;
  /** Told, with a sentence for people, when the step could not be compiled and runs op by op instead. */
  onRefused?: (reason: string) => void;
}

/** Executes steps; knows nothing of models and losses. */
export interface Engine {
  readonly name: EngineName;
  /** For people: `CPU (WebAssembly SIMD)`, `CPU (TensorFlow)`, … */
  readonly device: string;
  /** Why this engine was chosen, one sentence. */
  readonly reason: string;
  prepare(body: StepFunction, options?: StepOptions): Step;
}

/** What an engine was found to compute with when it started. */
export interface EngineFacts {
  /** What executes: `cpu` or `webgpu` of onnxruntime, `wasm`, `javascript`, `tensorflow`. */
  provider: string;
  /** Of the numbers that are computed with. */
  precision: 'f32';
  /** Null where the engine decides for itself. */
  threads: number | null;
  /** Channels in a block of the blocked ops that are used; null without such ops. */
  block: number | null;
}

/** An engine that runs and has passed its self-test. */
export interface StartedEngine extends Engine {
  readonly facts: EngineFacts;
}

/** What the run folder tells of the engine that trains it. */
export function describeStarted({ name, device, reason, facts }: StartedEngine): EngineFacts & {
  name: string;
  device: string;
  reason: string;
} {
  return { name, device, reason, ...facts };
}

/** An engine that was asked for cannot be used here. The message says why and what to do. */
export class EngineError extends Error {
  override name = 'EngineError';
}
