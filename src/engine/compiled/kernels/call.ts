import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph/graph';
import { sizeOf, type DataType, type HostArray, type Value } from '../graph/value';

/** What records kernels: gives the values of tensors and makes tensors of values. */
export interface Recorder {
  readonly graph: Graph;
  valueFor(tensor: tf.TensorInfo): Value;
  makeTensor(value: Value, shape: readonly number[]): tf.TensorInfo;
  /** The tensor once more; both share their data. */
  share(tensor: tf.TensorInfo, shape: readonly number[]): tf.TensorInfo;
  /** The numbers of a tensor where they are known already, so that a wrong one can be told at once; else null. */
  numbers(tensor: tf.TensorInfo): HostArray | null;
}

/** A call of a tfjs kernel that is recorded. */
export class KernelCall {
  constructor(
    private readonly inputs: Readonly<Record<string, tf.TensorInfo | undefined>>,
    private readonly attributes: Readonly<Record<string, unknown>>,
    readonly recorder: Recorder,
  ) {}

  get graph(): Graph {
    return this.recorder.graph;
  }

  /** An input that the op guarantees. */
  tensor(name: string): tf.TensorInfo {
    const tensor = this.inputs[name];
    if (!tensor) throw new Error(`The kernel got no input "${name}".`);
    return tensor;
  }

  has(name: string): boolean {
    return Boolean(this.inputs[name]);
  }

  shape(name: string): number[] {
    return this.tensor(name).shape;
  }

  /** Inputs of an op that takes a list. */
  list(): tf.TensorInfo[] {
    return Object.values(this.inputs).filter((tensor) => tensor !== undefined);
  }

  /** The value of an input; its shape may be compact. */
  value(name: string): Value {
    return this.recorder.valueFor(this.tensor(name));
  }

  /** The value of an input with its shape written out. */
  whole(name: string): Value {
    return this.wholeOf(this.tensor(name));
  }

  wholeOf(tensor: tf.TensorInfo): Value {
    return this.graph.expand(this.recorder.valueFor(tensor), tensor.shape);
  }

  /** An attribute; tfjs-core has checked it. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows what the op passes
  attribute<Type>(name: string): Type {
    return this.attributes[name] as Type;
  }

  /**
   * The axes that an attribute names, counted from the front; all where it names none.
   *
   * @throws for axes that the shape does not have.
   */
  axes(name: string, shape: readonly number[]): number[] {
    const given = this.attribute<number | number[] | null | undefined>(name);
    return tf.util.parseAxisParam(given!, [...shape]);
  }

  axis(name: string, shape: readonly number[]): number {
    return this.axes(name, shape)[0]!;
  }

  number(value: number, rank: number, dtype: DataType = 'float32'): Value {
    return this.graph.scalar(value, rank, dtype);
  }

  result(value: Value, shape: readonly number[]): tf.TensorInfo {
    if (value.shape.length !== shape.length) {
      throw new Error(`${value.op} gave rank ${value.shape.length} for the shape [${shape.join(', ')}].`);
    }
    return this.recorder.makeTensor(value, shape);
  }
}

/** Records a call; null where it cannot, and the plain JavaScript backend must do it. */
export type Kernel = (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[] | null;
export type Kernels = Readonly<Record<string, Kernel>>;

export function isEmpty(shape: readonly number[]): boolean {
  return sizeOf(shape) === 0;
}
