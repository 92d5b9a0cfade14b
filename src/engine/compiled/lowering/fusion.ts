import type { Graph } from '../graph/graph';
import { sameShape, type Value, type ValueOf } from '../graph/value';

type Convolution = ValueOf<'Conv'> | ValueOf<'DepthwiseConv'>;

/** Several nodes that one ONNX node can do; `absorbs` are the inner ones, which nobody else needs. */
export type Fusion = { absorbs: readonly Value[]; relu: boolean } & (
  | /** conv · scale + bias + residual */ {
      kind: 'convolution';
      convolution: Convolution;
      scale: Value | null;
      bias: Value | null;
      residual: Value | null;
    }
  | /** x · scale + bias + residual, scale and bias per channel */ {
      kind: 'affine';
      x: Value;
      scale: Value | null;
      bias: Value | null;
      residual: Value | null;
    }
  | /** matrix product + one row */ { kind: 'gemm'; product: ValueOf<'MatMul'>; bias: Value }
);

/** Finds what can be joined, from the results down, so that the largest patterns win. */
export function findFusions(
  graph: Graph,
  live: readonly Value[],
  outputs: readonly Value[],
  block: number,
): Map<Value, Fusion> {
  const finder = new FusionFinder(graph, countUses(live, outputs), block);
  const fusions = new Map<Value, Fusion>();
  const absorbed = new Set<Value>();
  for (const value of live.toReversed()) {
    if (absorbed.has(value)) continue;
    const fusion = finder.match(value);
    if (!fusion) continue;
    fusions.set(value, fusion);
    for (const inner of fusion.absorbs) absorbed.add(inner);
  }
  return fusions;
}

function countUses(live: readonly Value[], outputs: readonly Value[]): Map<Value, number> {
  const uses = new Map<Value, number>();
  for (const used of [...live.flatMap(({ inputs }) => inputs), ...outputs]) {
    uses.set(used, (uses.get(used) ?? 0) + 1);
  }
  return uses;
}

/** A convolution with what follows it, as far as it was read. */
interface ConvolutionPart {
  convolution: Convolution;
  scale: Value | null;
  bias: Value | null;
  /** The whole chain, the outermost first. */
  chain: readonly Value[];
}

class FusionFinder {
  constructor(
    private readonly graph: Graph,
    private readonly uses: ReadonlyMap<Value, number>,
    private readonly block: number,
  ) {}

  match(value: Value): Fusion | null {
    if (value.dtype !== 'float32') return null;
    if (value.shape.length === 2) return this.matchGemm(value);
    if (value.shape.length !== 4) return null;
    if (value.op !== 'Relu') return this.matchImage(value, value, false);
    const inner = value.inputs[0]!;
    return this.usedOnce(inner) ? this.matchImage(value, inner, true) : null;
  }

  private matchGemm(value: Value): Fusion | null {
    if (value.op !== 'Add') return null;
    const [product, bias] = value.inputs as [Value, Value];
    if (product.op !== 'MatMul' || !this.usedOnce(product)) return null;
    if (bias.shape[0] !== 1 || bias.shape[1] !== product.shape[1]) return null;
    return { kind: 'gemm', product, bias, relu: false, absorbs: [product] };
  }

  /** @param top what is matched below `value`: itself, or what its ReLU is taken of. */
  private matchImage(value: Value, top: Value, relu: boolean): Fusion | null {
    const above = top === value ? [] : [top];
    if (top.op === 'Conv' && relu) {
      return {
        kind: 'convolution',
        convolution: top,
        scale: null,
        bias: null,
        residual: null,
        relu,
        absorbs: above,
      };
    }
    if (isPixel(top.shape)) return null;
    const part = this.matchConvolution(top);
    if (part && (part.scale ?? part.bias)) {
      const { chain, ...rest } = part;
      return { kind: 'convolution', ...rest, residual: null, relu, absorbs: [...above, ...chain.slice(1)] };
    }
    return this.matchResidual(top, above, relu) ?? this.matchAffine(top, above, relu);
  }

  private matchConvolution(value: Value): ConvolutionPart | null {
    if (value.op === 'Conv' || value.op === 'DepthwiseConv') {
      return { convolution: value, scale: null, bias: null, chain: [value] };
    }
    if (value.op !== 'Mul' && value.op !== 'Add') return null;
    const [inner, factor] = value.inputs as [Value, Value];
    if (!this.usedOnce(inner) || !perChannel(factor, inner) || factor.shape[0] !== 1) return null;
    if (value.op === 'Mul') {
      return inner.op === 'Conv'
        ? { convolution: inner, scale: factor, bias: null, chain: [value, inner] }
        : null;
    }
    if (inner.op !== 'Conv' && inner.op !== 'DepthwiseConv' && inner.op !== 'Mul') return null;
    const part = this.matchConvolution(inner);
    return part && { ...part, bias: factor, chain: [value, ...part.chain] };
  }

  /** conv + image, as a residual block ends. */
  private matchResidual(top: Value, above: readonly Value[], relu: boolean): Fusion | null {
    if (top.op !== 'Add') return null;
    const [first, second] = top.inputs as [Value, Value];
    if (!sameShape(first.shape, second.shape)) return null;
    for (const [inner, residual] of [
      [first, second],
      [second, first],
    ] as const) {
      const part = this.usedOnce(inner) ? this.matchConvolution(inner) : null;
      if (!part || part.convolution.op === 'DepthwiseConv') continue;
      const { chain, ...rest } = part;
      return { kind: 'convolution', ...rest, residual, relu, absorbs: [...above, ...chain] };
    }
    return null;
  }

  private matchAffine(top: Value, above: readonly Value[], relu: boolean): Fusion | null {
    const [x, other] = top.inputs as [Value, Value];
    const plain = { kind: 'affine', residual: null, relu, absorbs: above } as const;
    if (top.op === 'Add') return this.matchAffineSum(x, other, above, relu);
    if (top.op === 'Mul') return perChannel(other, x) ? { ...plain, x, scale: other, bias: null } : null;
    if (top.op !== 'Sub' || !perChannel(other, x) || other.shape[0] !== 1) return null;
    return { ...plain, x, scale: null, bias: this.graph.unary('Neg', other) };
  }

  private matchAffineSum(x: Value, other: Value, above: readonly Value[], relu: boolean): Fusion | null {
    if (perChannel(other, x) && other.shape[0] === 1) {
      const scaled = this.usedOnce(x) ? scaledImage(x) : null;
      return scaled
        ? { kind: 'affine', ...scaled, bias: other, residual: null, relu, absorbs: [...above, x] }
        : { kind: 'affine', x, scale: null, bias: other, residual: null, relu, absorbs: above };
    }
    // Only the blocked convolution adds an image in the same pass.
    if (this.block === 0 || !sameShape(x.shape, other.shape) || x.shape[3]! % this.block !== 0) return null;
    for (const [product, residual] of [
      [x, other],
      [other, x],
    ] as const) {
      const scaled = this.usedOnce(product) ? scaledImage(product) : null;
      if (scaled)
        return { kind: 'affine', ...scaled, bias: null, residual, relu, absorbs: [...above, product] };
    }
    return null;
  }

  private usedOnce(value: Value): boolean {
    return this.uses.get(value) === 1;
  }
}

/** x · scale with one factor for each channel, the same for all images. */
function scaledImage(value: Value): { x: Value; scale: Value } | null {
  if (value.op !== 'Mul') return null;
  const [x, scale] = value.inputs as [Value, Value];
  return perChannel(scale, x) && scale.shape[0] === 1 ? { x, scale } : null;
}

/** Whether an image is one pixel wide and high. */
export function isPixel(shape: readonly number[]): boolean {
  return shape[1] === 1 && shape[2] === 1;
}

/** Whether a value has one number for each channel of an image, or of each image of the batch. */
function perChannel(value: Value, image: Value): boolean {
  const [n, , , c] = value.shape;
  if (value.shape.length !== 4 || image.shape.length !== 4) return false;
  const [batch, , , channels] = image.shape;
  return c === channels && c !== 1 && isPixel(value.shape) && (n === 1 || n === batch);
}
