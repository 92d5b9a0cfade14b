import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph/graph';
import { scalarOf, type BinaryOp, type UnaryOp, type Value } from '../graph/value';
import type { Kernel, KernelCall, Kernels } from './call';

/** Kernels that are one op, by its name in the graph. */
const UNARY: Readonly<Record<string, UnaryOp>> = {
  Abs: 'Abs',
  Acos: 'Acos',
  Acosh: 'Acosh',
  Asin: 'Asin',
  Asinh: 'Asinh',
  Atan: 'Atan',
  Atanh: 'Atanh',
  Ceil: 'Ceil',
  Cos: 'Cos',
  Cosh: 'Cosh',
  Elu: 'Elu',
  Erf: 'Erf',
  Exp: 'Exp',
  Floor: 'Floor',
  IsInf: 'IsInf',
  IsNan: 'IsNaN',
  Log: 'Log',
  LogicalNot: 'Not',
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
  Round: 'Round',
  Sigmoid: 'Sigmoid',
  Sign: 'Sign',
  Sin: 'Sin',
  Sinh: 'Sinh',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tan: 'Tan',
  Tanh: 'Tanh',
};

const BINARY: Readonly<Record<string, BinaryOp>> = {
  Add: 'Add',
  Sub: 'Sub',
  Multiply: 'Mul',
  RealDiv: 'Div',
  Pow: 'Pow',
  Maximum: 'Max',
  Minimum: 'Min',
  Mod: 'Mod',
  Equal: 'Equal',
  NotEqual: 'NotEqual',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
};

/** Ops that integers have too; all others turn integers into floating-point numbers first. */
const OF_INTEGERS: ReadonlySet<UnaryOp> = new Set(['Abs', 'Neg', 'Not', 'Relu', 'Sign']);
const ROUNDING: ReadonlySet<UnaryOp> = new Set(['Ceil', 'Floor', 'Round']);

function applyUnary(graph: Graph, op: UnaryOp, x: Value): Value {
  if (op === 'Not') return graph.unary(op, graph.cast(x, 'bool'));
  const number = x.dtype === 'bool' ? graph.cast(x, 'int32') : x;
  if (number.dtype === 'int32' && ROUNDING.has(op)) return number;
  return graph.unary(op, OF_INTEGERS.has(op) ? number : graph.cast(number, 'float32'));
}

const LOGICAL: ReadonlySet<BinaryOp> = new Set(['And', 'Or']);

/** Defines a kernel of one input `x` that keeps the shape. */
function onX(make: (graph: Graph, x: Value, call: KernelCall) => Value): Kernel {
  return (call) => call.result(make(call.graph, call.value('x'), call), call.shape('x'));
}

function onPair(make: (graph: Graph, a: Value, b: Value) => Value): Kernel {
  return (call) => {
    const shape = tf.backend_util.assertAndGetBroadcastShape(call.shape('a'), call.shape('b'));
    return call.result(make(call.graph, call.value('a'), call.value('b')), shape);
  };
}

/** Arithmetic has no booleans in ONNX. */
function arithmetic(graph: Graph, op: BinaryOp, a: Value, b: Value): Value {
  const numbers = [a, b].map((value) =>
    value.dtype === 'bool' && !LOGICAL.has(op) ? graph.cast(value, 'int32') : value,
  ) as [Value, Value];
  return graph.binary(op, ...numbers);
}

/** Clips to [low, high]. */
export function clip(graph: Graph, x: Value, low: number, high: number): Value {
  if (x.dtype === 'float32' && scalarOf(x) === undefined) return graph.make('Clip', [x], { low, high });
  const bound = (value: number) => graph.scalar(value, x.shape.length, x.dtype);
  return graph.binary('Min', graph.binary('Max', x, bound(low)), bound(high));
}

/** The activation that a fused op ends with. */
export function activate(call: KernelCall, x: Value): Value {
  const activation = call.attribute<string | null | undefined>('activation') ?? 'linear';
  const { graph } = call;
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return graph.unary('Relu', x);
    case 'relu6':
      return clip(graph, x, 0, 6);
    case 'sigmoid':
      return graph.unary('Sigmoid', x);
    case 'elu':
      return graph.unary('Elu', x);
    case 'leakyrelu':
      return graph.make('LeakyRelu', [x], { alpha: call.attribute<number>('leakyreluAlpha') });
    case 'prelu':
      return prelu(graph, x, call.value('preluActivationWeights'));
    default:
      throw new Error(`There is no fused activation "${activation}".`);
  }
}

function prelu(graph: Graph, x: Value, alpha: Value): Value {
  const negative = graph.binary('Min', x, graph.scalar(0, x.shape.length));
  return graph.binary('Add', graph.unary('Relu', x), graph.binary('Mul', negative, alpha));
}

/** log(1 + x) without losing small x in the 1: 2 artanh(x / (2 + x)), and the plain logarithm of large x. */
function logOnePlus(graph: Graph, x: Value): Value {
  const rank = x.shape.length;
  const ratio = graph.binary('Div', x, graph.binary('Add', x, graph.scalar(2, rank)));
  const small = graph.binary('Mul', graph.unary('Atanh', ratio), graph.scalar(2, rank));
  const large = graph.unary('Log', graph.binary('Add', x, graph.scalar(1, rank)));
  return graph.select(graph.binary('Less', x, graph.scalar(1, rank)), small, large);
}

/** exp(x) − 1 without losing small x: tanh(x / 2) · (exp(x) + 1). */
function expMinusOne(graph: Graph, x: Value): Value {
  const rank = x.shape.length;
  const half = graph.unary('Tanh', graph.binary('Mul', x, graph.scalar(0.5, rank)));
  return graph.binary('Mul', half, graph.binary('Add', graph.unary('Exp', x), graph.scalar(1, rank)));
}

const SELU_ALPHA = 1.7580993408473768;
const SELU_SCALE = 1.0507009873554805;

/** scale · x for x ≥ 0, else scaled alpha · (exp(x) − 1) (Klambauer et al. 2017). */
function selu(graph: Graph, x: Value): Value {
  const rank = x.shape.length;
  const negative = graph.binary('Min', graph.unary('Elu', x), graph.scalar(0, rank));
  const positive = graph.unary('Relu', x);
  return graph.binary(
    'Add',
    graph.binary('Mul', positive, graph.scalar(SELU_SCALE, rank)),
    graph.binary('Mul', negative, graph.scalar(SELU_ALPHA, rank)),
  );
}

/** ⌊a / b⌋, for integers too. */
function floorQuotient(graph: Graph, a: Value, b: Value): Value {
  const [x, y] = [graph.cast(a, 'float32'), graph.cast(b, 'float32')];
  return graph.cast(graph.unary('Floor', graph.make('Div', equalRanks(graph, x, y), {})), a.dtype);
}

function equalRanks(graph: Graph, a: Value, b: Value): Value[] {
  const rank = Math.max(a.shape.length, b.shape.length);
  return [graph.toRank(a, rank), graph.toRank(b, rank)];
}

/** The angle of the point (b, a). */
function angle(graph: Graph, a: Value, b: Value): Value {
  const rank = Math.max(a.shape.length, b.shape.length);
  const [y, x] = [a, b].map((value) => graph.cast(graph.toRank(value, rank), 'float32')) as [Value, Value];
  const number = (value: number) => graph.scalar(value, rank);
  const principal = graph.unary('Atan', graph.make('Div', [y, x], {}));
  const half = graph.select(graph.binary('Less', y, number(0)), number(-Math.PI), number(Math.PI));
  const left = graph.binary('Add', principal, half);
  // Zero, or not a number, which the sum keeps.
  const upright = graph.binary('Add', graph.binary('Mul', graph.unary('Sign', y), number(Math.PI / 2)), x);
  const behind = graph.select(graph.binary('Less', x, number(0)), left, upright);
  return graph.select(graph.binary('Greater', x, number(0)), principal, behind);
}

function squaredDifference(graph: Graph, a: Value, b: Value): Value {
  const difference = graph.binary('Sub', a, b);
  return graph.binary('Mul', difference, difference);
}

function select(call: KernelCall): tf.TensorInfo {
  const { graph } = call;
  let condition = call.value('condition');
  const rank = call.shape('t').length;
  if (condition.shape.length === 1 && rank > 1) {
    condition = graph.reshape(condition, [...condition.shape, ...Array.from({ length: rank - 1 }, () => 1)]);
  }
  const [then, otherwise] = [call.value('t'), call.value('e')];
  // onnxruntime selects no booleans.
  const flags = then.dtype === 'bool';
  const [a, b] = [then, otherwise].map((value) => (flags ? graph.cast(value, 'int32') : value));
  const selected = graph.select(graph.cast(condition, 'bool'), a!, b!);
  return call.result(flags ? graph.cast(selected, 'bool') : selected, call.shape('t'));
}

function cast(call: KernelCall): tf.TensorInfo {
  const dtype = call.attribute<'float32' | 'int32' | 'bool'>('dtype');
  const x = call.tensor('x');
  if (x.dtype === dtype) return call.recorder.share(x, x.shape);
  return call.result(call.graph.cast(call.value('x'), dtype), x.shape);
}

const named: Kernels = {
  ...Object.fromEntries(
    Object.entries(UNARY).map(([kernel, op]) => [kernel, onX((graph, x) => applyUnary(graph, op, x))]),
  ),
  ...Object.fromEntries(
    Object.entries(BINARY).map(([kernel, op]) => [
      kernel,
      onPair((graph, a, b) => arithmetic(graph, op, a, b)),
    ]),
  ),
};

/** Kernels that act on each element. */
export const elementwiseKernels: Kernels = {
  ...named,
  AddN: (call) => {
    const values = call.list().map((tensor) => call.recorder.valueFor(tensor));
    const total = values.reduce((sum, value) => call.graph.binary('Add', sum, value));
    return call.result(total, call.list()[0]!.shape);
  },
  Atan2: onPair(angle),
  Cast: cast,
  ClipByValue: onX((graph, x, call) =>
    clip(graph, x, call.attribute<number>('clipValueMin'), call.attribute<number>('clipValueMax')),
  ),
  EluGrad: (call) => {
    const { graph } = call;
    const [dy, y] = [call.value('dy'), call.value('y')];
    const rank = y.shape.length;
    const slope = graph.binary('Add', graph.binary('Min', y, graph.scalar(0, rank)), graph.scalar(1, rank));
    return call.result(graph.binary('Mul', dy, slope), call.shape('y'));
  },
  Expm1: onX((graph, x) => expMinusOne(graph, graph.cast(x, 'float32'))),
  FloorDiv: onPair(floorQuotient),
  Identity: (call) => call.recorder.share(call.tensor('x'), call.shape('x')),
  IsFinite: onX((graph, x) =>
    graph.unary('Not', graph.binary('Or', applyUnary(graph, 'IsNaN', x), applyUnary(graph, 'IsInf', x))),
  ),
  LeakyRelu: onX((graph, x, call) =>
    graph.make('LeakyRelu', [graph.cast(x, 'float32')], { alpha: call.attribute<number>('alpha') }),
  ),
  Log1p: onX((graph, x) => logOnePlus(graph, graph.cast(x, 'float32'))),
  Prelu: (call) => {
    const [x, alpha] = ['x', 'alpha'].map((name) => call.graph.cast(call.value(name), 'float32'));
    return call.result(prelu(call.graph, x!, alpha!), call.shape('x'));
  },
  Relu6: onX((graph, x) => clip(graph, x, 0, 6)),
  Rsqrt: onX((graph, x) => graph.unary('Reciprocal', applyUnary(graph, 'Sqrt', x))),
  Select: select,
  Selu: onX((graph, x) => selu(graph, graph.cast(x, 'float32'))),
  Square: onX((graph, x) => graph.binary('Mul', x, x)),
  SquaredDifference: onPair(squaredDifference),
  Step: onX((graph, x, call) =>
    graph.cast(
      graph.step(graph.cast(x, 'float32'), call.attribute<number | undefined>('alpha') ?? 0),
      x.dtype,
    ),
  ),
};
