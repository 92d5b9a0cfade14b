import { inferShape, inferType } from '../ops/table';
import { foldBinary, foldBinaryNumbers, foldUnary, foldUnaryNumbers, type KnownNumbers } from './folding';
import { rewriteBinary, rewriteSum } from './rewrites';
import {
  broadcastShape,
  sameShape,
  scalarOf,
  sizeOf,
  textOf,
  type BinaryOp,
  type DataType,
  type HostArray,
  type OpAttributes,
  type OpName,
  type UnaryOp,
  type Value,
  type ValueOf,
} from './value';

let nextId = 0;
let nextConstant = 0;

/**
 * Makes the nodes of one program. Equal nodes are made once (hash-consing), constants are folded, and the rules of
 * `rewrites.ts` apply as nodes are made, so a graph is in its simplest known form at every moment.
 */
export class Graph {
  private readonly known = new Map<string, Value>();

  /** @param layers tells which layer of a model is being recorded, for errors and profiles. */
  constructor(
    private readonly layers: { readonly current: string | null } = { current: null },
    /** Whether the algebra of `rewrites.ts` applies; off only to measure what it brings. */
    private readonly rewrites = true,
  ) {}

  /** Makes a node, or gives the equal one that is there already. */
  make<Name extends OpName>(op: Name, inputs: readonly Value[], attributes: OpAttributes[Name]): Value {
    const key = `${op}|${inputs.map(({ id }) => id).join()}|${textOf(attributes)}`;
    const found = this.known.get(key);
    if (found) return found;
    const shape = inferShape(op, inputs, attributes);
    const value = this.add(key, op, inputs, attributes, shape, inferType(op, inputs, attributes), null);
    return value as unknown as Value;
  }

  /** A value that comes from outside at each run. Names are unique in a graph. */
  input(name: string, shape: readonly number[], dtype: DataType): ValueOf<'Input'> {
    return this.add(`Input|${name}`, 'Input', [], { name }, [...shape], dtype, null);
  }

  /** One number in any shape of the given rank. */
  scalar(value: number, rank: number, dtype: DataType = 'float32'): ValueOf<'Scalar'> {
    const written = Number.isFinite(value) ? value : (String(value) as 'NaN' | 'Infinity' | '-Infinity');
    // JSON has no −0, which 1/x tells from 0.
    const key = `Scalar|${Object.is(value, -0) ? '-0' : written}|${rank}|${dtype}`;
    const found = this.known.get(key);
    if (found) return found as ValueOf<'Scalar'>;
    const shape = Array.from({ length: rank }, () => 1);
    return this.add(key, 'Scalar', [], { value: written }, shape, dtype, null);
  }

  /** Numbers that never change; the array is copied. All equal, they become a Scalar. */
  constant(data: HostArray, shape: readonly number[], dtype: DataType): Value {
    const only = onlyNumber(data);
    if (only !== undefined) return this.scalar(only, shape.length, dtype);
    const serial = nextConstant++;
    return this.add(`Constant|${serial}`, 'Constant', [], { serial }, [...shape], dtype, data.slice());
  }

  unary(op: UnaryOp, x: Value): Value {
    const number = scalarOf(x);
    const folded = number === undefined ? undefined : foldUnary(op, number, x.dtype);
    if (folded !== undefined) return this.scalar(folded, x.shape.length, x.dtype);
    const numbers = x.op === 'Constant' && x.dtype === 'float32' ? foldUnaryNumbers(op, x.data!) : undefined;
    if (numbers) return this.constant(numbers, x.shape, x.dtype);
    if (op === 'Neg' && x.dtype === 'float32') return this.binary('Mul', x, this.scalar(-1, x.shape.length));
    return this.make(op, [x], {});
  }

  /** An elementwise op with broadcasting. */
  binary(op: BinaryOp, left: Value, right: Value): Value {
    const rank = Math.max(left.shape.length, right.shape.length);
    const a = this.toRank(left, rank);
    const b = this.toRank(right, rank);
    const numbers = [scalarOf(a), scalarOf(b)] as const;
    if (numbers[0] !== undefined && numbers[1] !== undefined && a.dtype === 'float32') {
      const folded = foldBinary(op, numbers[0], numbers[1]);
      if (folded !== undefined) return this.scalar(folded, rank);
    }
    const known = [numbersOf(a), numbersOf(b)] as const;
    const folded = known[0] && known[1] ? foldBinaryNumbers(op, known[0], known[1]) : undefined;
    if (folded) return this.constant(folded, broadcastShape(a.shape, b.shape), 'float32');
    const rewritten = this.rewrites && a.dtype === 'float32' ? rewriteBinary(this, op, a, b) : null;
    return rewritten ?? this.make(op, [a, b], {});
  }

  /** Where `condition` holds the first, else the second. */
  select(condition: Value, then: Value, otherwise: Value): Value {
    const rank = Math.max(condition.shape.length, then.shape.length, otherwise.shape.length);
    return this.make(
      'Where',
      [condition, then, otherwise].map((value) => this.toRank(value, rank)),
      {},
    );
  }

  cast(x: Value, to: DataType): Value {
    if (x.dtype === to) return x;
    const number = scalarOf(x);
    if (number === undefined) return this.make('Cast', [x], { to });
    const converted = to === 'int32' ? Math.trunc(number) : to === 'bool' ? Number(number !== 0) : number;
    return this.scalar(converted, x.shape.length, to);
  }

  /**
   * Σ over axes, which stay with length 1.
   *
   * @param lengths of the whole tensor: a compact axis is a sum of equal numbers.
   */
  sum(x: Value, axes: readonly number[], lengths: readonly number[]): Value {
    const real = axes.filter((axis) => x.shape[axis] !== 1);
    const repeated = axes.reduce((times, axis) => times * (x.shape[axis] === 1 ? lengths[axis]! : 1), 1);
    const summed =
      real.length === 0
        ? x
        : ((this.rewrites ? rewriteSum(this, x, real) : null) ?? this.make('Sum', [x], { axes: real }));
    return repeated === 1
      ? summed
      : this.binary('Mul', summed, this.scalar(repeated, x.shape.length, x.dtype));
  }

  reshape(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    const number = scalarOf(x);
    if (number !== undefined && sizeOf(shape) === 1) return this.scalar(number, shape.length, x.dtype);
    if (x.op === 'Reshape') return this.reshape(x.inputs[0]!, shape);
    if (x.op === 'Constant') return this.constant(x.data!, shape, x.dtype);
    return this.make('Reshape', [x], { shape: [...shape] });
  }

  /** Puts axes of length 1 in front. */
  toRank(x: Value, rank: number): Value {
    const missing = rank - x.shape.length;
    return missing === 0 ? x : this.reshape(x, [...Array.from({ length: missing }, () => 1), ...x.shape]);
  }

  /** The slope of ReLU and its kin: 1 where x > 0, else alpha. Read off the ReLU where that is made anyway. */
  step(x: Value, alpha: number): Value {
    const relu = this.known.get(`Relu|${x.id}|{}`);
    return this.make('Step', [alpha === 0 && relu ? relu : x], { alpha });
  }

  /** x as a value times one number, where it is that: a linear op can take the number at its smaller side. */
  withoutNumber(x: Value): { value: Value; factor: Value | null } {
    const [value, factor] = x.inputs;
    const splits = this.rewrites && x.op === 'Mul' && factor!.size === 1 && value!.size === x.size;
    return splits ? { value: value!, factor: factor! } : { value: x, factor: null };
  }

  /** Writes out what a compact shape leaves implied. */
  expand(x: Value, shape: readonly number[]): Value {
    return sameShape(x.shape, shape) ? x : this.make('Expand', [x], { shape: [...shape] });
  }

  /** The shape that an elementwise op of these gives. */
  broadcast(a: Value, b: Value): number[] {
    return broadcastShape(a.shape, b.shape);
  }

  private add<Name extends OpName>(
    key: string,
    op: Name,
    inputs: readonly Value[],
    attributes: OpAttributes[Name],
    shape: readonly number[],
    dtype: DataType,
    data: HostArray | null,
  ): ValueOf<Name> {
    const value: ValueOf<Name> = {
      id: nextId++,
      op,
      inputs,
      attributes,
      shape,
      size: sizeOf(shape),
      dtype,
      data,
      layer: this.layers.current,
    };
    this.known.set(key, value as unknown as Value);
    return value;
  }
}

/** What is known of a value before the run: of a Constant or a Scalar of floats. */
function numbersOf(value: Value): KnownNumbers | null {
  if (value.dtype !== 'float32') return null;
  if (value.op === 'Constant') return { data: value.data!, shape: value.shape };
  const number = scalarOf(value);
  return number === undefined ? null : { data: Float32Array.of(number), shape: value.shape };
}

/** The number that all elements are; undefined where they differ. */
function onlyNumber(data: HostArray): number | undefined {
  const first = data[0];
  for (const element of data) if (element !== first) return undefined;
  return first;
}
