import { broadcastShape, type BinaryOp, type OpName, type UnaryOp } from '../../graph/value';
import type { OpCase, OpCases } from './cases';
import { at, build, type Given, type Numbers } from './tensors';

/** Shapes that fill blocks, that do not, and one that is no image. */
const SHAPES = [
  [2, 3, 2, 16],
  [2, 3, 2, 5],
  [3, 7],
] as const;

function apply(f: (x: number) => number) {
  return ([x]: readonly Numbers[]) => build(x!.shape, (index) => f(at(x!, index)));
}

function unary<Name extends UnaryOp>(
  f: (x: number) => number,
  given: Omit<Given, 'shape'> = {},
): OpCase<Name>[] {
  return SHAPES.map((shape) => ({
    inputs: [{ shape, ...given }],
    attributes: {},
    expected: apply(f),
  }));
}

function special<Name extends 'IsInf' | 'IsNaN'>(f: (x: number) => boolean): OpCase<Name>[] {
  const inputs = [{ shape: [2, 3], data: [1, NaN, Infinity, -Infinity, 0, -2] }];
  return [{ inputs, attributes: {}, expected: apply((x) => Number(f(x))) }];
}

const POSITIVE = { range: [0.1, 3] } as const;
const INSIDE = { range: [-0.9, 0.9] } as const;
const WIDE = { range: [-4, 4] } as const;

/** 2/√π ∫₀ˣ exp(−t²) dt as a power series. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 80; n += 1) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** To the nearest, halves to the even one. */
function round(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

const unaryCases: OpCases<UnaryOp> = {
  Abs: unary(Math.abs),
  Acos: unary(Math.acos, INSIDE),
  Acosh: unary(Math.acosh, { range: [1.1, 4] }),
  Asin: unary(Math.asin, INSIDE),
  Asinh: unary(Math.asinh, WIDE),
  Atan: unary(Math.atan, WIDE),
  Atanh: unary(Math.atanh, INSIDE),
  Ceil: unary(Math.ceil, WIDE),
  Cos: unary(Math.cos, WIDE),
  Cosh: unary(Math.cosh),
  Elu: unary((x) => (x > 0 ? x : Math.expm1(x)), WIDE),
  Erf: unary(erf, { range: [-2, 2] }),
  Exp: unary(Math.exp, WIDE),
  Floor: unary(Math.floor, WIDE),
  IsInf: special((x) => Math.abs(x) === Infinity),
  IsNaN: special(Number.isNaN),
  Log: unary(Math.log, POSITIVE),
  Neg: [...unary<'Neg'>((x) => -x), ...unary<'Neg'>((x) => -x, { dtype: 'int32', range: [-9, 9] })],
  Not: unary((x) => 1 - x, { dtype: 'bool' }),
  Reciprocal: unary((x) => 1 / x, POSITIVE),
  Relu: unary((x) => Math.max(x, 0)),
  Round: [
    ...unary<'Round'>(round, WIDE),
    { inputs: [{ shape: [5], data: [0.5, 1.5, 2.5, -0.5, -1.5] }], attributes: {}, expected: apply(round) },
  ],
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x)), WIDE),
  Sign: unary(Math.sign),
  Sin: unary(Math.sin, WIDE),
  Sinh: unary(Math.sinh),
  Softplus: unary((x) => Math.log1p(Math.exp(x)), WIDE),
  Sqrt: unary(Math.sqrt, POSITIVE),
  Tan: unary(Math.tan),
  Tanh: unary(Math.tanh, WIDE),
};

/** Pairs of shapes: equal, per channel, per image, per pixel, one number, both broadcast. */
const PAIRS: readonly (readonly [number[], number[]])[] = [
  [
    [2, 3, 2, 16],
    [2, 3, 2, 16],
  ],
  [
    [2, 3, 2, 16],
    [1, 1, 1, 16],
  ],
  [
    [2, 1, 1, 16],
    [2, 3, 2, 16],
  ],
  [
    [2, 3, 2, 16],
    [2, 3, 2, 1],
  ],
  [
    [2, 3, 2, 16],
    [1, 1, 1, 1],
  ],
  [
    [1, 3, 1, 16],
    [2, 1, 2, 1],
  ],
  [
    [2, 3, 2, 5],
    [1, 1, 1, 5],
  ],
  [
    [3, 1],
    [1, 4],
  ],
];

function combine(f: (a: number, b: number) => number) {
  return ([a, b]: readonly Numbers[]) =>
    build(broadcastShape(a!.shape, b!.shape), (index) => f(at(a!, index), at(b!, index)));
}

function binary<Name extends BinaryOp>(
  f: (a: number, b: number) => number,
  given: Omit<Given, 'shape'> = {},
): OpCase<Name>[] {
  return PAIRS.map(([a, b]) => ({
    inputs: [
      { shape: a, ...given },
      { shape: b, ...given },
    ],
    attributes: {},
    expected: combine(f),
  }));
}

function comparison<Name extends BinaryOp>(f: (a: number, b: number) => boolean): OpCase<Name>[] {
  const flag = (a: number, b: number) => Number(f(a, b));
  // Few different numbers, so that some are equal.
  const whole = binary<Name>(flag, { dtype: 'int32', range: [-2, 2] });
  return [...whole, ...binary<Name>(flag)];
}

function logical<Name extends BinaryOp>(f: (a: number, b: number) => number): OpCase<Name>[] {
  return binary<Name>(f, { dtype: 'bool' });
}

const remainder = (a: number, b: number) => a - b * Math.floor(a / b);

const binaryCases: OpCases<BinaryOp> = {
  Add: [
    ...binary<'Add'>((a, b) => a + b),
    ...binary<'Add'>((a, b) => a + b, { dtype: 'int32', range: [-9, 9] }),
  ],
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b) => a / b, POSITIVE),
  Pow: binary((a, b) => a ** b, POSITIVE),
  Max: binary(Math.max),
  Min: binary(Math.min),
  Mod: [
    ...binary<'Mod'>(remainder, { range: [0.5, 3] }),
    {
      inputs: [
        { shape: [4], data: [5.5, -5.5, 5.5, -5.5] },
        { shape: [4], data: [3, 3, -3, -3] },
      ],
      attributes: {},
      expected: combine(remainder),
    },
    {
      inputs: [
        { shape: [4], data: [7, -7, 7, -7], dtype: 'int32' },
        { shape: [4], data: [3, 3, -3, -3], dtype: 'int32' },
      ],
      attributes: {},
      expected: combine(remainder),
    },
  ],
  Equal: comparison((a, b) => a === b),
  NotEqual: comparison((a, b) => a !== b),
  Greater: comparison((a, b) => a > b),
  GreaterOrEqual: comparison((a, b) => a >= b),
  Less: comparison((a, b) => a < b),
  LessOrEqual: comparison((a, b) => a <= b),
  And: logical((a, b) => a * b),
  Or: logical((a, b) => Math.max(a, b)),
};

function withAttributes<Name extends OpName>(
  attributes: OpCase<Name>['attributes'],
  f: (x: number) => number,
  given: Omit<Given, 'shape'> = {},
): OpCase<Name>[] {
  return SHAPES.map((shape) => ({ inputs: [{ shape, ...given }], attributes, expected: apply(f) }));
}

function where(shapes: readonly (readonly number[])[]): OpCase<'Where'> {
  const [condition, then, otherwise] = shapes;
  return {
    inputs: [{ shape: condition!, dtype: 'bool' }, { shape: then! }, { shape: otherwise! }],
    attributes: {},
    expected: ([flags, a, b]) =>
      build(broadcastShape(broadcastShape(flags!.shape, a!.shape), b!.shape), (index) =>
        at(flags!, index) ? at(a!, index) : at(b!, index),
      ),
  };
}

/** Ops that act on each element. */
export const elementwiseCases: OpCases<
  UnaryOp | BinaryOp | 'Cast' | 'Clip' | 'LeakyRelu' | 'Step' | 'Where'
> = {
  ...unaryCases,
  ...binaryCases,
  Cast: [
    ...withAttributes<'Cast'>({ to: 'int32' }, Math.trunc, WIDE),
    ...withAttributes<'Cast'>({ to: 'float32' }, (x) => x, { dtype: 'bool' }),
    ...withAttributes<'Cast'>({ to: 'bool' }, (x) => Number(x !== 0), { dtype: 'int32', range: [-2, 2] }),
  ],
  Clip: withAttributes({ low: -0.5, high: 0.25 }, (x) => Math.min(Math.max(x, -0.5), 0.25)),
  LeakyRelu: withAttributes({ alpha: 0.2 }, (x) => (x >= 0 ? x : 0.2 * x)),
  Step: [
    ...withAttributes<'Step'>({ alpha: 0 }, (x) => Number(x > 0)),
    ...withAttributes<'Step'>({ alpha: 0.3 }, (x) => (x > 0 ? 1 : 0.3)),
  ],
  Where: [
    where([
      [2, 3, 2, 16],
      [2, 3, 2, 16],
      [2, 3, 2, 16],
    ]),
    where([
      [1, 1, 1, 16],
      [2, 3, 2, 16],
      [2, 1, 1, 16],
    ]),
    where([
      [2, 3, 2, 1],
      [1, 1, 1, 1],
      [2, 3, 2, 16],
    ]),
    where([
      [3, 4],
      [1, 4],
      [3, 1],
    ]),
  ],
};
