import {
  broadcastShape,
  sameShape,
  type BinaryOp,
  type UnaryOp,
  type Value,
  type ValueOf,
} from '../graph/value';
import type { Emitter } from '../lowering/emitter';
import { elementwiseLayout, elementwiseOperands, type Lowering } from '../lowering/lowering';
import { ONNX_TYPES } from '../lowering/onnxModel';
import { sameAsFirst, type OpDefinition, type OpDefinitions } from './definition';

/** A slope so steep that clipping it to [0, 1] makes a step of it: 1 for x > 0, 0 for x ≤ 0. */
const STEEP = { alpha: { float: 1e30 }, beta: { float: 0 } };

/** Lowers an op that acts on each element, in whatever layout its input is. */
function lowerEach(lowering: Lowering, value: Value, write: (x: string) => string): void {
  const [x] = value.inputs as [Value];
  const layout = x.shape.length === 4 ? lowering.layoutOf(x) : 'last';
  lowering.set(value, layout, write(lowering.get(x, layout)));
}

/** An op that ONNX has under a name of its own or ours. */
function unary<Name extends UnaryOp>(type: string): OpDefinition<Name> {
  return {
    shape: sameAsFirst,
    lower(lowering, value) {
      lowerEach(lowering, value as unknown as Value, (x) => lowering.emitter.emit(type, [x]));
    },
  };
}

/** An op that GPU providers lack. @param write says it with others, for float32. */
function portable<Name extends UnaryOp>(
  type: Name,
  write: (emitter: Emitter, x: string) => string,
): OpDefinition<Name> {
  return {
    shape: sameAsFirst,
    lower(lowering, value) {
      const { emitter, options } = lowering;
      const plain = options.extensions || value.dtype !== 'float32';
      lowerEach(lowering, value as unknown as Value, (x) =>
        plain ? emitter.emit(type, [x]) : write(emitter, x),
      );
    },
  };
}

const LARGEST = 3.4028234663852886e38;

/** A question about each element. @param compare asks it by comparisons, where the provider lacks the op. */
function predicate<Name extends 'IsInf' | 'IsNaN'>(
  type: Name,
  compare: (emitter: Emitter, x: string) => string,
): OpDefinition<Name> {
  return {
    shape: sameAsFirst,
    dtype: () => 'bool',
    lower(lowering, value) {
      const { emitter, options } = lowering;
      lowerEach(lowering, value as unknown as Value, (x) =>
        options.extensions ? emitter.emit(type, [x]) : compare(emitter, x),
      );
    },
  };
}

/** Neither below 0 nor from 0 on. A GPU's compiler would take x = x for granted; this it does not see through. */
function isNeither(emitter: Emitter, x: string): string {
  const asked = ['Less', 'GreaterOrEqual'].map((type) => compareWithZero(emitter, type, x));
  return emitter.emit('Equal', [emitter.emit('Add', asked), emitter.number(0)]);
}

/** 1 where the comparison holds, else 0. */
function compareWithZero(emitter: Emitter, type: string, x: string): string {
  return emitter.emit('Cast', [emitter.emit(type, [x, emitter.number(0)])], { to: ONNX_TYPES.float32 });
}

const unaryOps: OpDefinitions<UnaryOp> = {
  Abs: unary('Abs'),
  Acos: unary('Acos'),
  Acosh: unary('Acosh'),
  Asin: unary('Asin'),
  Asinh: unary('Asinh'),
  Atan: unary('Atan'),
  Atanh: unary('Atanh'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Cosh: unary('Cosh'),
  Elu: unary('Elu'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  IsInf: predicate('IsInf', (emitter, x) =>
    emitter.emit('Greater', [emitter.emit('Abs', [x]), emitter.number(LARGEST)]),
  ),
  IsNaN: predicate('IsNaN', isNeither),
  Log: unary('Log'),
  Neg: unary('Neg'),
  Not: unary('Not'),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Round: unary('Round'),
  Sigmoid: unary('Sigmoid'),
  Sign: portable('Sign', (emitter, x) => {
    const [above, below] = ['Greater', 'Less'].map((type) => compareWithZero(emitter, type, x));
    // What is no number stays so, that a broken step shows.
    return emitter.emit('Where', [isNeither(emitter, x), x, emitter.emit('Sub', [above!, below!])]);
  }),
  Sin: unary('Sin'),
  Sinh: unary('Sinh'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Tan: unary('Tan'),
  Tanh: unary('Tanh'),
};

function lowerElementwise(lowering: Lowering, value: Value, write: (operands: string[]) => string): void {
  const layout = elementwiseLayout(lowering, value.inputs, value);
  const { names, form } = elementwiseOperands(lowering, value.inputs, value, layout);
  lowering.set(value, form, write(names));
}

function binary<Name extends BinaryOp>(type: string): OpDefinition<Name> {
  return {
    shape: ([a, b]) => broadcastShape(a!.shape, b!.shape),
    lower(lowering, value) {
      lowerElementwise(lowering, value as unknown as Value, (operands) =>
        lowering.emitter.emit(type, operands),
      );
    },
  };
}

function comparison<Name extends BinaryOp>(type: string): OpDefinition<Name> {
  return { ...binary<Name>(type), dtype: () => 'bool' };
}

/** @param onNumbers the same for 0 and 1: WebGPU has no Or, and its And is wrong where it broadcasts. */
function logical<Name extends 'And' | 'Or'>(type: Name, onNumbers: string): OpDefinition<Name> {
  return {
    ...comparison<Name>(type),
    lower(lowering, value) {
      const { emitter, options } = lowering;
      lowerElementwise(lowering, value as unknown as Value, (operands) => {
        if (options.extensions) return emitter.emit(type, operands);
        const numbers = operands.map((operand) =>
          emitter.emit('Cast', [operand], { to: ONNX_TYPES.float32 }),
        );
        return emitter.emit('Cast', [emitter.emit(onNumbers, numbers)], { to: ONNX_TYPES.bool });
      });
    },
  };
}

function lowerPower(lowering: Lowering, value: ValueOf<'Pow'>): void {
  const { emitter, options } = lowering;
  const [base, exponent] = value.inputs as [Value, Value];
  const layout = elementwiseLayout(lowering, value.inputs, value);
  const { names, form } = elementwiseOperands(lowering, value.inputs, value, layout);
  // WebGPU broadcasts no powers; blocks, which have another shape, are never asked for there.
  const broadcasts = !options.extensions && !sameShape(base.shape, exponent.shape);
  const [n, h, w, c] = value.shape;
  const shape = emitter.integers(form === 'first' ? [n!, c!, h!, w!] : value.shape);
  const operands = broadcasts ? names.map((name) => emitter.emit('Expand', [name, shape])) : names;
  lowering.set(value, form, emitter.emit('Pow', operands));
}

const binaryOps: OpDefinitions<BinaryOp> = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  Div: binary('Div'),
  Pow: { ...binary('Pow'), lower: lowerPower },
  Max: binary('Max'),
  Min: binary('Min'),
  Mod: {
    ...binary('Mod'),
    lower(lowering, value) {
      // ONNX's floating-point remainder has the sign of the dividend; ours has the divisor's.
      const attributes = { fmod: Number(value.dtype === 'float32') };
      const { emitter } = lowering;
      lowerElementwise(lowering, value, ([a, b]) => {
        const remainder = emitter.emit('Mod', [a!, b!], attributes);
        return emitter.emit('Mod', [emitter.emit('Add', [remainder, b!]), b!], attributes);
      });
    },
  },
  Equal: comparison('Equal'),
  NotEqual: {
    ...comparison('Equal'),
    lower(lowering, value) {
      const { emitter } = lowering;
      lowerElementwise(lowering, value, (operands) => emitter.emit('Not', [emitter.emit('Equal', operands)]));
    },
  },
  Greater: comparison('Greater'),
  GreaterOrEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessOrEqual: comparison('LessOrEqual'),
  And: logical('And', 'Mul'),
  Or: logical('Or', 'Max'),
};

function lowerStep(lowering: Lowering, value: ValueOf<'Step'>): void {
  const { emitter } = lowering;
  const { alpha } = value.attributes;
  lowerEach(lowering, value, (x) => {
    const step = lowering.options.extensions
      ? emitter.emit('HardSigmoid', [x], STEEP)
      : emitter.emit('Cast', [emitter.emit('Greater', [x, emitter.number(0)])], { to: ONNX_TYPES.float32 });
    if (alpha === 0) return step;
    return emitter.emit('Add', [
      emitter.emit('Mul', [step, emitter.number(1 - alpha)]),
      emitter.number(alpha),
    ]);
  });
}

/** Ops that act on each element, with broadcasting. */
export const elementwiseOps: OpDefinitions<
  UnaryOp | BinaryOp | 'Cast' | 'Clip' | 'LeakyRelu' | 'Step' | 'Where'
> = {
  ...unaryOps,
  ...binaryOps,
  Cast: {
    shape: sameAsFirst,
    dtype: (_, { to }) => to,
    lower(lowering, value) {
      const attributes = { to: ONNX_TYPES[value.attributes.to] };
      lowerEach(lowering, value, (x) => lowering.emitter.emit('Cast', [x], attributes));
    },
  },
  Clip: {
    shape: sameAsFirst,
    lower(lowering, value) {
      const { emitter } = lowering;
      const { low, high } = value.attributes;
      lowerEach(lowering, value, (x) => emitter.emit('Clip', [x, emitter.number(low), emitter.number(high)]));
    },
  },
  LeakyRelu: {
    shape: sameAsFirst,
    lower(lowering, value) {
      const attributes = { alpha: { float: value.attributes.alpha } };
      lowerEach(lowering, value, (x) => lowering.emitter.emit('LeakyRelu', [x], attributes));
    },
  },
  Step: { shape: sameAsFirst, lower: lowerStep },
  Where: {
    shape: ([condition, then, otherwise]) =>
      broadcastShape(broadcastShape(condition!.shape, then!.shape), otherwise!.shape),
    dtype: ([, then]) => then!.dtype,
    lower(lowering, value) {
      lowerElementwise(lowering, value, (operands) => lowering.emitter.emit('Where', operands));
    },
  },
};
