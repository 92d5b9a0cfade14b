import type { Graph } from '../graph/graph';
import { sameShape, type Value, type ValueOf } from '../graph/value';

type Convolution = ValueOf<'Conv'> | ValueOf<'DepthwiseConv'>;

/** An image times one factor for each channel (or each channel of each image); null stands for 1. */
export interface ScaledImage {
  image: Value;
  scale: Value | null;
}

/** Several nodes that few ONNX nodes can do; `absorbs` are the inner ones, which nobody else needs. */
export type Fusion = { absorbs: readonly Value[]; relu: boolean } & (
  | /** convolution · scale + Σ image · scale + bias */ {
      kind: 'combination';
      convolution: { convolution: Convolution; scale: Value | null } | null;
      images: readonly ScaledImage[];
      bias: Value | null;
    }
  | /** matrix product + one row */ { kind: 'gemm'; product: ValueOf<'MatMul'>; bias: Value }
  | /** Σ over rows and columns of a · b */ { kind: 'dot'; a: Value; b: Value }
  | /** x · factor + y, the factor one number */ { kind: 'axpy'; x: Value; factor: Value; y: Value }
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

/** The terms of a sum of images, as far as they were read. */
interface Terms {
  convolutions: { convolution: Convolution; scale: Value | null }[];
  images: ScaledImage[];
  biases: Value[];
  absorbs: Value[];
}

class FusionFinder {
  constructor(
    private readonly graph: Graph,
    private readonly uses: ReadonlyMap<Value, number>,
    private readonly block: number,
  ) {}

  match(value: Value): Fusion | null {
    if (value.dtype !== 'float32') return null;
    if (value.shape.length === 2) return this.matchGemm(value) ?? this.matchAxpy(value);
    if (value.shape.length !== 4) return this.matchAxpy(value);
    if (value.op === 'Sum') return this.matchDot(value);
    if (value.op !== 'Relu') return this.matchCombination(value, false) ?? this.matchAxpy(value);
    const inner = value.inputs[0]!;
    if (!this.usedOnce(inner)) return null;
    const fusion = this.matchCombination(inner, true);
    return fusion && { ...fusion, absorbs: [inner, ...fusion.absorbs] };
  }

  private matchGemm(value: Value): Fusion | null {
    if (value.op !== 'Add') return null;
    const [product, bias] = value.inputs as [Value, Value];
    if (product.op !== 'MatMul' || !this.usedOnce(product)) return null;
    if (bias.shape[0] !== 1 || bias.shape[1] !== product.shape[1]) return null;
    return { kind: 'gemm', product, bias, relu: false, absorbs: [product] };
  }

  /** The passes of an optimizer over its variables and their state. */
  private matchAxpy(value: Value): Fusion | null {
    if ((value.op !== 'Add' && value.op !== 'Sub') || !fillsBlocks(value.size, this.block)) return null;
    const [a, b] = value.inputs as [Value, Value];
    if (a.size !== value.size || b.size !== value.size) return null;
    const orders =
      value.op === 'Add'
        ? ([
            [a, b],
            [b, a],
          ] as const)
        : ([[b, a]] as const);
    for (const [product, y] of orders) {
      const [x, factor] = product.inputs;
      if (product.op !== 'Mul' || !this.usedOnce(product) || factor!.size !== 1) continue;
      const signed = value.op === 'Sub' ? this.graph.unary('Neg', factor!) : factor!;
      return { kind: 'axpy', x: x!, factor: signed, y, relu: false, absorbs: [product] };
    }
    return null;
  }

  /** Sums of products over whole maps, as the statistics of batch normalisation and its gradient are. */
  private matchDot({ inputs, attributes: { axes } }: ValueOf<'Sum'>): Fusion | null {
    const [product] = inputs as [Value];
    if (product.op !== 'Mul' || !this.usedOnce(product) || !this.canBlock(product)) return null;
    const overMaps = axes.includes(1) && axes.includes(2);
    const [a, b] = product.inputs as [Value, Value];
    if (!overMaps || isPixel(product.shape) || !sameShape(a.shape, b.shape)) return null;
    return { kind: 'dot', a, b, relu: false, absorbs: [product] };
  }

  private matchCombination(top: Value, relu: boolean): Fusion | null {
    if (isPixel(top.shape)) return null;
    const terms: Terms = { convolutions: [], images: [], biases: [], absorbs: [] };
    this.collect(top, top, terms);
    const { images, biases, absorbs } = terms;
    const [convolution, ...others] = terms.convolutions;
    // Only one convolution can end in the sum; others are images to it.
    for (const { convolution: image, scale } of others) {
      images.push({ image, scale });
      absorbs.splice(absorbs.indexOf(image), 1);
    }
    const bias =
      biases.length === 0 ? null : biases.reduce((sum, term) => this.graph.binary('Add', sum, term));
    if (!convolution && !this.gains(terms, bias)) return null;
    if (convolution && !relu && absorbs.length === 0) return null;
    return { kind: 'combination', convolution: convolution ?? null, images, bias, relu, absorbs };
  }

  /** Whether a sum without a convolution takes fewer passes when it is joined. */
  private gains({ images, absorbs }: Terms, bias: Value | null): boolean {
    if (images.length === 0) return false;
    const [first] = images;
    // A single factor or bias is a pass of its own either way; a blocked convolution makes it a fast one.
    if (images.length === 1)
      return bias !== null || (first!.scale !== null && perChannel(first!.scale, first!.image));
    return this.canBlock(first!.image) && absorbs.length > 0;
  }

  /** Reads a sum from the top: what is used only here is taken apart, anything else is a term. */
  private collect(value: Value, top: Value, terms: Terms): void {
    const inner = value !== top;
    const open = !inner || this.usedOnce(value);
    if (open && (value.op === 'Conv' || value.op === 'DepthwiseConv')) {
      terms.convolutions.push({ convolution: value, scale: null });
      if (inner) terms.absorbs.push(value);
    } else if (open && value.op === 'Mul' && perChannel(value.inputs[1]!, value.inputs[0]!)) {
      this.collectProduct(value, inner, terms);
    } else if (open && (value.op === 'Add' || value.op === 'Sub') && this.isImageSum(value)) {
      const [a, b] = value.inputs as [Value, Value];
      if (inner) terms.absorbs.push(value);
      this.collect(a, top, terms);
      if (isBias(b, a)) terms.biases.push(value.op === 'Sub' ? this.graph.unary('Neg', b) : b);
      else this.collect(b, top, terms);
    } else terms.images.push({ image: value, scale: null });
  }

  private collectProduct(value: Value, inner: boolean, terms: Terms): void {
    const [image, scale] = value.inputs as [Value, Value];
    if (image.op === 'Conv' && this.usedOnce(image) && scale.shape[0] === 1) {
      terms.convolutions.push({ convolution: image, scale });
      terms.absorbs.push(image);
    } else terms.images.push({ image, scale });
    if (inner) terms.absorbs.push(value);
  }

  /** An image + (or −) one number for each channel, or the sum of two images of one shape. */
  private isImageSum(value: Value): boolean {
    const [a, b] = value.inputs as [Value, Value];
    return isBias(b, a) || (value.op === 'Add' && sameShape(a.shape, b.shape));
  }

  private canBlock({ shape }: Value): boolean {
    return this.block > 0 && shape.length === 4 && shape[3]! % this.block === 0;
  }

  private usedOnce(value: Value): boolean {
    return this.uses.get(value) === 1;
  }
}

function isBias(value: Value, image: Value): boolean {
  return perChannel(value, image) && value.shape[0] === 1;
}

/** From this size on, a pass less is worth the three small nodes that it takes. */
const WORTH_A_PASS = 8192;

function fillsBlocks(size: number, block: number): boolean {
  return block > 0 && size >= WORTH_A_PASS && size % block === 0 && rowLength(size / block) > 1;
}

/** The longest row, up to 256, that a number of positions divides into; the rows are shared out among the threads. */
export function rowLength(positions: number): number {
  const lengths = Array.from({ length: 256 }, (_, index) => 256 - index);
  return lengths.find((length) => positions % length === 0)!;
}

/** Whether an image is one pixel wide and high. */
export function isPixel(shape: readonly number[]): boolean {
  return shape[1] === 1 && shape[2] === 1;
}

/** Whether a value has one number for each channel of an image, or of each image of the batch. */
function perChannel(value: Value, image: Value): boolean {
  const [n, , , c] = value.shape;
  if (value.shape.length !== 4 || image.shape.length !== 4 || isPixel(image.shape)) return false;
  const [batch, , , channels] = image.shape;
  return c === channels && c !== 1 && isPixel(value.shape) && (n === 1 || n === batch);
}
