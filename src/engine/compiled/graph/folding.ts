import { broadcastShape, sizeOf, type BinaryOp, type DataType, type HostArray, type UnaryOp } from './value';

const unary: Partial<Record<UnaryOp, (x: number) => number>> = {
  Abs: Math.abs,
  Exp: Math.exp,
  Log: Math.log,
  Neg: (x) => -x,
  Reciprocal: (x) => 1 / x,
  Sign: Math.sign,
  Sqrt: Math.sqrt,
};

const binary: Partial<Record<BinaryOp, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Max: Math.max,
  Min: Math.min,
  Pow: (a, b) => a ** b,
};

/** The op on a number that is known when the graph is made; undefined where it must be left to the run. */
export function foldUnary(op: UnaryOp, x: number, dtype: DataType): number | undefined {
  const fold = unary[op];
  return fold && dtype === 'float32' ? Math.fround(fold(x)) : undefined;
}

/** The same for two numbers, rounded to float32. */
export function foldBinary(op: BinaryOp, a: number, b: number): number | undefined {
  const fold = binary[op];
  return fold && Math.fround(fold(a, b));
}

/** Numbers that are known when the graph is made, with their shape. */
export interface KnownNumbers {
  data: HostArray;
  shape: readonly number[];
}

/** An op on each number of a constant; undefined where it must be left to the run. */
export function foldUnaryNumbers(op: UnaryOp, data: HostArray): Float32Array | undefined {
  const fold = unary[op];
  return fold && Float32Array.from(data, fold);
}

/** An op on two constants of one rank, with broadcasting. */
export function foldBinaryNumbers(op: BinaryOp, a: KnownNumbers, b: KnownNumbers): Float32Array | undefined {
  const fold = binary[op];
  if (!fold) return undefined;
  const shape = broadcastShape(a.shape, b.shape);
  const result = new Float32Array(sizeOf(shape));
  const [strideA, strideB] = [stridesOf(a.shape), stridesOf(b.shape)];
  const position = shape.map(() => 0);
  let [atA, atB] = [0, 0];
  for (let index = 0; index < result.length; index += 1) {
    result[index] = fold(a.data[atA]!, b.data[atB]!);
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      position[axis]! += 1;
      atA += strideA[axis]!;
      atB += strideB[axis]!;
      if (position[axis]! < shape[axis]!) break;
      atA -= strideA[axis]! * shape[axis]!;
      atB -= strideB[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return result;
}

/** How far apart neighbours along each axis lie, in row-major order; 0 along axes of length 1, which are repeated. */
function stridesOf(shape: readonly number[]): number[] {
  return shape.map((length, axis) => (length === 1 ? 0 : sizeOf(shape.slice(axis + 1))));
}

/** The numbers of a tensor with its axes in another order. */
export function permuteNumbers({ data, shape }: KnownNumbers, permutation: readonly number[]): HostArray {
  const moved = permutation.map((axis) => shape[axis]!);
  const strides = permutation.map((axis) => sizeOf(shape.slice(axis + 1)));
  const result = data.slice();
  const position = moved.map(() => 0);
  let source = 0;
  for (let index = 0; index < result.length; index += 1) {
    result[index] = data[source]!;
    for (let axis = moved.length - 1; axis >= 0; axis -= 1) {
      position[axis]! += 1;
      source += strides[axis]!;
      if (position[axis]! < moved[axis]!) break;
      source -= strides[axis]! * moved[axis]!;
      position[axis] = 0;
    }
  }
  return result;
}
