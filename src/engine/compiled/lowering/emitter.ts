import { permuteNumbers } from '../graph/folding';
import type { DataType, HostArray } from '../graph/value';
import type { TensorProto } from '../../../onnx/onnx_pb';
import { makeTensor, type OnnxAttribute, type OnnxNode } from './onnxModel';

/** onnxruntime's own ops beside the standard ones. */
export const MICROSOFT = 'com.microsoft';
/**
 * onnxruntime's ops on blocked images, `[batch, channels / block, height, width, block]`. They are internal to it: its
 * version is pinned, the block size probed, and the gradients tested before a run relies on them.
 */
export const BLOCKED = 'com.microsoft.nchwc';

type Attributes = Readonly<Record<string, OnnxAttribute>>;

/** Collects the nodes and constants of an ONNX graph. Tensors are known by their names. */
export class Emitter {
  readonly nodes: OnnxNode[] = [];
  private readonly constants = new Map<string, string>();
  /** The numbers of constants by their names. */
  private readonly numbers = new Map<
    string,
    { shape: readonly number[]; data: HostArray | BigInt64Array; dtype: DataType | 'int64' }
  >();
  private serial = 0;
  /** Tensors that are another one in another shape, where that other one may stand for them as a result. */
  readonly views = new Map<string, { of: string; shape: readonly number[] }>();
  /** What is being lowered, for the names of nodes in profiles and errors. */
  origin = '';

  /** Adds a node with one output and gives its name. */
  emit(type: string, inputs: readonly string[], attributes: Attributes = {}, domain = ''): string {
    return this.emitSeveral(type, inputs, attributes, 1, domain)[0]!;
  }

  emitSeveral(
    type: string,
    inputs: readonly string[],
    attributes: Attributes,
    count: number,
    domain = '',
  ): string[] {
    const outputs = Array.from({ length: count }, () => `t${this.serial++}`);
    const name = `${type} ${this.serial} of ${this.origin}`;
    this.nodes.push({ type, inputs, outputs, attributes, name, domain });
    return outputs;
  }

  /** A constant by a key that names its content; made once. */
  constant(
    key: string,
    shape: readonly number[],
    dtype: DataType | 'int64',
    make: () => HostArray | BigInt64Array,
  ): string {
    const found = this.constants.get(key);
    if (found !== undefined) return found;
    const name = `c${this.constants.size}`;
    this.constants.set(key, name);
    this.numbers.set(name, { shape, data: make(), dtype });
    return name;
  }

  /** The constants that nodes use, and those that are results themselves. */
  initializers(results: readonly string[]): TensorProto[] {
    const used = new Set([...this.nodes.flatMap(({ inputs }) => inputs), ...results]);
    return [...this.numbers]
      .filter(([name]) => used.has(name))
      .map(([name, { shape, data, dtype }]) => makeTensor(name, shape, data, dtype));
  }

  /** A list of 64-bit integers: shapes, axes, pads. */
  integers(list: readonly number[]): string {
    return this.constant(`integers ${list.join()}`, [list.length], 'int64', () =>
      BigInt64Array.from(list, BigInt),
    );
  }

  /** A float32 scalar. */
  number(value: number): string {
    const key = `number ${Object.is(value, -0) ? '-0' : value}`;
    return this.constant(key, [], 'float32', () => Float32Array.of(value));
  }

  integer(value: number): string {
    return this.constant(`integer ${value}`, [], 'int32', () => Int32Array.of(value));
  }

  /** The same number `length` times. */
  filled(value: number, length: number): string {
    const key = `filled ${value} × ${length}`;
    return this.constant(key, [length], 'float32', () => new Float32Array(length).fill(value));
  }

  reshape(tensor: string, shape: readonly number[]): string {
    const known = this.numbers.get(tensor);
    if (known) return this.constant(`${tensor} as ${shape.join('×')}`, shape, known.dtype, () => known.data);
    return this.emit('Reshape', [tensor, this.integers(shape)]);
  }

  transpose(tensor: string, permutation: readonly number[]): string {
    const known = this.numbers.get(tensor);
    if (known && !(known.data instanceof BigInt64Array)) {
      const { data, shape, dtype } = known;
      const moved = permutation.map((axis) => shape[axis]!);
      const key = `${tensor} with axes ${permutation.join()}`;
      return this.constant(key, moved, dtype, () => permuteNumbers({ data, shape }, permutation));
    }
    return this.emit('Transpose', [tensor], { perm: permutation });
  }

  sum(tensor: string, axes: readonly number[], keep = false): string {
    return this.emit('ReduceSum', [tensor, this.integers(axes)], { keepdims: Number(keep) });
  }

  pad(tensor: string, before: readonly number[], after: readonly number[], value = 0): string {
    if ([...before, ...after].every((length) => length === 0)) return tensor;
    return this.emit('Pad', [tensor, this.integers([...before, ...after]), this.number(value)]);
  }

  slice(
    tensor: string,
    axes: readonly number[],
    begin: readonly number[],
    end: readonly number[],
    steps?: readonly number[],
  ): string {
    const lists = [begin, end, axes, ...(steps ? [steps] : [])].map((list) => this.integers(list));
    return this.emit('Slice', [tensor, ...lists]);
  }
}
