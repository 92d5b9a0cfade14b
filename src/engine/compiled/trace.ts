import * as tf from '@tensorflow/tfjs';
import { Graph } from './graph/graph';
import { sameShape, type DataType, type HostArray, type Value } from './graph/value';

/** Fills an array with fresh random numbers before a run. */
export type Filler = (array: Float32Array) => void;

/** A step cannot become one program. The message says why, in which layer. */
export class TraceError extends Error {
  override name = 'TraceError';
  constructor(
    /** Continues "The step cannot be compiled: …". */
    readonly why: string,
    /** The layer that was being applied. */
    readonly layer: string | null,
  ) {
    super(`The step cannot be compiled: ${why}${layer === null ? '' : ` (layer ${layer})`}.`);
  }
}

/** A tensor from outside that a step reads. */
export interface OutsideTensor {
  name: string;
  dataId: tf.DataId;
  /** The variable it belongs to, whose data change between runs; null for any other tensor. */
  variable: tf.Variable | null;
  shape: readonly number[];
  dtype: DataType;
}

export interface RandomInput {
  name: string;
  shape: readonly number[];
  fill: Filler;
}

/** Ops of tfjs-core that draw random numbers in JavaScript; in a program they would be drawn once and for all. */
const RANDOM_OPS =
  /^(?:rand|randomGamma|randomNormal|randomStandardNormal|randomUniform|randomUniformInt|truncatedNormal|dropout)_?(?:__op)?$/;

/** What is recorded while the body of a step runs. */
export class Trace {
  readonly graph: Graph;
  readonly outsides = new Map<tf.DataId, OutsideTensor>();
  readonly randoms: RandomInput[] = [];
  private readonly values = new Map<tf.DataId, Value>();
  private readonly variables: ReadonlyMap<tf.DataId, tf.Variable>;

  constructor(
    variables: readonly tf.Variable[],
    /** Gives the numbers of tensors that never change; undefined for all others. */
    private readonly frozen: (dataId: tf.DataId) => HostArray | undefined,
    private readonly layers: { readonly current: string | null },
    rewrite = true,
  ) {
    this.graph = new Graph(layers, rewrite);
    this.variables = new Map(variables.map((variable) => [variable.dataId, variable]));
  }

  /** The value of a tensor that was there before the trace: an input of the program, or a constant if it is frozen. */
  outside(tensor: tf.TensorInfo): Value {
    const found = this.values.get(tensor.dataId);
    const value = found ?? this.bring(tensor);
    this.values.set(tensor.dataId, value);
    return sameShape(value.shape, tensor.shape) ? value : this.graph.reshape(value, tensor.shape);
  }

  /** An array that the body makes. Nothing random may be among them. */
  constant(data: HostArray, shape: readonly number[], dtype: DataType): Value {
    const scopes = tf.engine().state.scopeStack.map(({ name }) => name);
    const random = scopes.find((name) => RANDOM_OPS.test(name));
    if (random !== undefined) {
      const op = random.replace(/_(?:_op)?$/, '');
      throw this.error(
        `tf.${op} would draw its numbers once, when the step is compiled; use the random ops of the tfjs that a model file imports, or a layer such as tf.layers.dropout`,
      );
    }
    return this.graph.constant(data, shape, dtype);
  }

  /** An input that is filled anew before each run. */
  random(shape: readonly number[], fill: Filler): Value {
    const name = `random ${this.randoms.length}`;
    this.randoms.push({ name, shape, fill });
    return this.graph.input(name, shape, 'float32');
  }

  error(cause: string): TraceError {
    return new TraceError(cause, this.layers.current);
  }

  private bring(tensor: tf.TensorInfo): Value {
    const dtype = tensor.dtype as DataType;
    const numbers = this.frozen(tensor.dataId);
    if (numbers) {
      const constant = this.graph.constant(numbers, tensor.shape, dtype);
      return this.graph.expand(constant, tensor.shape);
    }
    const name = `outside ${this.outsides.size}`;
    const { dataId, shape } = tensor;
    const variable = this.variables.get(dataId) ?? null;
    this.outsides.set(dataId, { name, dataId, variable, shape: [...shape], dtype });
    return this.graph.input(name, shape, dtype);
  }
}
