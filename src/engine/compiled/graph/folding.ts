import type { BinaryOp, DataType, UnaryOp } from './value';

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
