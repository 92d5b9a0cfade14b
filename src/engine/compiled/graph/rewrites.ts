import type { Graph } from './graph';
import { broadcastShape, sameShape, scalarOf, sizeOf, type BinaryOp, type Value } from './value';

/**
 * Algebra that a step gains from. All rules keep the value up to rounding; what they are after is fewer passes over
 * big tensors: factors that differ per channel only are moved out of sums and gathered on the small side, which turns
 * the gradient of batch normalisation as tfjs writes it (a dozen passes) into two sums and two affine passes.
 */
export function rewriteBinary(graph: Graph, op: BinaryOp, a: Value, b: Value): Value | null {
  return rewrites[op]?.(graph, a, b) ?? null;
}

type Rule = (graph: Graph, a: Value, b: Value) => Value | null;

const rewrites: Partial<Record<BinaryOp, Rule>> = {
  Add: (graph, a, b) => rewriteCommuting(graph, 'Add', a, b),
  Div: rewriteQuotient,
  Mul: (graph, a, b) => rewriteCommuting(graph, 'Mul', a, b),
  Pow: (graph, a, b) => (scalarOf(b) === 2 ? graph.binary('Mul', a, a) : null),
  Sub: (_, a, b) => (scalarOf(b) === 0 && keepsShape(a, b) ? a : null),
};

/** x / s → x · (1/s) where the divisor is smaller than the whole: one pass of divisions becomes one of products. */
function rewriteQuotient(graph: Graph, a: Value, b: Value): Value | null {
  const divisor = scalarOf(b);
  if (divisor !== undefined) return graph.binary('Mul', a, graph.scalar(1 / divisor, b.shape.length));
  return b.size < a.size ? graph.binary('Mul', a, graph.unary('Reciprocal', b)) : null;
}

function rewriteCommuting(graph: Graph, op: 'Add' | 'Mul', a: Value, b: Value): Value | null {
  const [big, small] = inOrder(a, b);
  const rules = op === 'Add' ? sumRules : productRules;
  for (const rule of rules) {
    const result = rule(graph, big, small);
    if (result) return result;
  }
  return big === a ? null : graph.make(op, [big, small], {});
}

/** The one order that equal sums and products are written in: the bigger first, numbers last, else the older first. */
function inOrder(a: Value, b: Value): [Value, Value] {
  if (a.size !== b.size) return a.size > b.size ? [a, b] : [b, a];
  const aIsNumber = scalarOf(a) !== undefined;
  const bIsNumber = scalarOf(b) !== undefined;
  if (aIsNumber !== bIsNumber) return aIsNumber ? [b, a] : [a, b];
  return a.id <= b.id ? [a, b] : [b, a];
}

const addNothing: Rule = (_, big, small) => (scalarOf(small) === 0 && keepsShape(big, small) ? big : null);

const multiplyByOne: Rule = (_, big, small) => (scalarOf(small) === 1 && keepsShape(big, small) ? big : null);

/**
 * relu′(y) · unpool(dy) → unpool(relu′(pooled y) · dy): the mask moves to the pooled tensor, a quarter of the size.
 * The maximum of a window is positive exactly where the gradient passes.
 */
const maskBeforeUnpooling: Rule = (graph, big, small) => {
  for (const [gradient, mask] of [
    [big, small],
    [small, big],
  ] as const) {
    if (gradient.op !== 'MaxPoolGradient' || mask.op !== 'Step' || mask.attributes.alpha !== 0) continue;
    const [dy, x, pooled] = gradient.inputs as [Value, Value, Value];
    const activated = mask.inputs[0]!;
    if (x !== activated && !(x.op === 'Relu' && x.inputs[0] === activated)) continue;
    const masked = graph.binary('Mul', dy, graph.step(pooled, 0));
    return graph.make('MaxPoolGradient', [masked, x, pooled], gradient.attributes);
  }
  return null;
};

/** (x · s) · t → x · (s · t) where s and t are smaller than x: small factors meet on the small side. */
const gatherFactors: Rule = (graph, big, small) => {
  if (small.size >= big.size && scalarOf(small) === undefined) return null;
  const factors = factorsOf(big);
  if (!factors || !staySmall(factors[1], small, big.size)) return null;
  return graph.binary('Mul', factors[0], graph.binary('Mul', factors[1], small));
};

/** (x · s) · (y · t) → (x · y) · (s · t): small factors leave a product of big ones. */
const pullFactorsOut: Rule = (graph, big, small) => {
  if (small.size < big.size || big === small) return null;
  const left = factorsOf(big);
  const right = factorsOf(small);
  if (!left && !right) return null;
  const [x, s] = left ?? [big, null];
  const [y, t] = right ?? [small, null];
  const size = sizeOf(broadcastShape(big.shape, small.shape));
  if (x.size !== size && y.size !== size) return null;
  if (s && t && !staySmall(s, t, size)) return null;
  const factor = s && t ? graph.binary('Mul', s, t) : (s ?? t)!;
  return graph.binary('Mul', graph.binary('Mul', x, y), factor);
};

/** Whether a product of factors is a small one too: those per pixel and those per channel are not when they meet. */
function staySmall(a: Value, b: Value, size: number): boolean {
  const areNumbers = scalarOf(a) !== undefined && scalarOf(b) !== undefined;
  return areNumbers || sizeOf(broadcastShape(a.shape, b.shape)) < size;
}

const sumRules: readonly Rule[] = [addNothing];
const productRules: readonly Rule[] = [maskBeforeUnpooling, multiplyByOne, gatherFactors, pullFactorsOut];

/** `[x, s]` where the value is x · s with s smaller than x, or a number. */
function factorsOf(value: Value): [Value, Value] | null {
  if (value.op !== 'Mul') return null;
  const [x, s] = value.inputs as [Value, Value];
  return s.size < x.size || scalarOf(s) !== undefined ? [x, s] : null;
}

function keepsShape(a: Value, b: Value): boolean {
  return sameShape(a.shape, broadcastShape(a.shape, b.shape));
}

/**
 * Sums over real axes: Σ x · s → (Σ x) · s where s does not change along them, and Σ (x − mean x) → 0.
 *
 * @returns null where no rule applies.
 */
export function rewriteSum(graph: Graph, x: Value, axes: readonly number[]): Value | null {
  if (x.dtype !== 'float32') return null;
  const [first, second] = x.inputs;
  if (x.op === 'Mul' && axes.every((axis) => second!.shape[axis] === 1)) {
    return graph.binary('Mul', graph.sum(first!, axes, first!.shape), second!);
  }
  if (x.op === 'Sub' && isMeanOf(second!, first!, axes)) return graph.scalar(0, x.shape.length);
  return null;
}

/** Whether `mean` was made as Σ x / n over these axes. */
function isMeanOf(mean: Value, x: Value, axes: readonly number[]): boolean {
  const product = withoutReshapes(mean);
  if (product.op !== 'Mul') return false;
  const sum = withoutReshapes(product.inputs[0]!);
  const factor = scalarOf(product.inputs[1]!);
  if (factor === undefined || sum.op !== 'Sum' || sum.inputs[0] !== x) return false;
  // The means of rows, laid along the columns, are not those of the columns.
  if (!sameShape(mean.shape, sum.shape)) return false;
  const count = axes.reduce((product_, axis) => product_ * x.shape[axis]!, 1);
  const sameAxes = sameShape([...sum.attributes.axes].sort(), [...axes].sort());
  return sameAxes && Math.abs(factor * count - 1) < 1e-6;
}

function withoutReshapes(value: Value): Value {
  return value.op === 'Reshape' ? withoutReshapes(value.inputs[0]!) : value;
}
