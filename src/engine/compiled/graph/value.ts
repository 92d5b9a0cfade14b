/** Element types of the graph. `bool` is one byte, 0 or 1. */
export type DataType = 'float32' | 'int32' | 'bool';
export type HostArray = Float32Array | Int32Array | Uint8Array;

/** Height and width, or rows and columns. */
export type Pair = readonly [number, number];

/** How a window moves over an image: of a convolution or of a pool. Pads are top, left, bottom, right. */
export interface Window {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: readonly [number, number, number, number];
}

type None = Readonly<Record<string, never>>;

export type UnaryOp =
  | 'Abs'
  | 'Acos'
  | 'Acosh'
  | 'Asin'
  | 'Asinh'
  | 'Atan'
  | 'Atanh'
  | 'Ceil'
  | 'Cos'
  | 'Cosh'
  | 'Elu'
  | 'Erf'
  | 'Exp'
  | 'Floor'
  | 'IsInf'
  | 'IsNaN'
  | 'Log'
  | 'Neg'
  | 'Not'
  | 'Reciprocal'
  | 'Relu'
  | 'Round'
  | 'Sigmoid'
  | 'Sign'
  | 'Sin'
  | 'Sinh'
  | 'Softplus'
  | 'Sqrt'
  | 'Tan'
  | 'Tanh';

export type ArithmeticOp = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Pow' | 'Max' | 'Min' | 'Mod';
export type ComparisonOp =
  'Equal' | 'NotEqual' | 'Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual' | 'And' | 'Or';
export type BinaryOp = ArithmeticOp | ComparisonOp;

/** What stands beside the inputs of each op. Images are `[batch, height, width, channels]`, filters `[height, width, in, out]`. */
export interface OpAttributes extends Record<UnaryOp | BinaryOp, None> {
  // Sources
  Input: { readonly name: string };
  /** One number that fills any shape; text where JSON has no number for it. */
  Scalar: { readonly value: number | 'NaN' | 'Infinity' | '-Infinity' };
  Constant: { readonly serial: number };
  // Elementwise
  Cast: { readonly to: DataType };
  /** Clips to [low, high]. */
  Clip: { readonly low: number; readonly high: number };
  LeakyRelu: { readonly alpha: number };
  /** 1 where x > 0, else alpha: the slope of ReLU and its kin. */
  Step: { readonly alpha: number };
  /** condition, then, else. */
  Where: None;
  // Reductions; reduced axes stay, with length 1
  Sum: { readonly axes: readonly number[] };
  ReduceMax: { readonly axes: readonly number[] };
  ReduceMin: { readonly axes: readonly number[] };
  ReduceProd: { readonly axes: readonly number[] };
  /** The reduced axis goes. */
  ArgMax: { readonly axis: number };
  ArgMin: { readonly axis: number };
  /** The largest of the last axis, in descending order, and where they are. */
  TopValues: { readonly count: number };
  TopIndices: { readonly count: number };
  Softmax: { readonly axis: number };
  LogSoftmax: { readonly axis: number };
  CumulativeSum: { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean };
  // Shapes
  Reshape: { readonly shape: readonly number[] };
  Expand: { readonly shape: readonly number[] };
  Transpose: { readonly permutation: readonly number[] };
  Tile: { readonly repeats: readonly number[] };
  Concat: { readonly axis: number };
  Slice: {
    readonly begin: readonly number[];
    readonly end: readonly number[];
    readonly steps: readonly number[];
  };
  Pad: { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number };
  // Indexing
  OneHot: { readonly depth: number; readonly on: number; readonly off: number; readonly dtype: DataType };
  Gather: { readonly axis: number };
  /** x, indices `[…, depth]`. */
  GatherNd: None;
  /** segments `[count]`, rows `[count, …]`; rows of one segment add up. */
  SegmentSum: { readonly segments: number };
  /** x `[rows, width]`, positions `[count]`, updates `[count, width]` → x with other rows at these positions. */
  ReplaceRows: None;
  // Products
  MatMul: { readonly transposeA: boolean; readonly transposeB: boolean };
  Conv: Window;
  /** dy, filter → x. */
  ConvInputGradient: Window & { readonly shape: readonly number[] };
  /** x, dy → filter. */
  ConvFilterGradient: Window & { readonly shape: readonly number[] };
  DepthwiseConv: Window;
  DepthwiseInputGradient: Window & { readonly shape: readonly number[] };
  DepthwiseFilterGradient: Window & { readonly shape: readonly number[] };
  // Pools
  MaxPool: Window;
  /** Divides by the pixels of the window that lie inside the image. */
  AveragePool: Window;
  /** dy, x, y → dx. */
  MaxPoolGradient: Window;
  /** dy → dx. */
  AveragePoolGradient: Window & { readonly shape: readonly number[] };
  // Resizing
  /** Each pixel becomes a block of `factors`. */
  Upsample: { readonly factors: Pair };
  /** x, rows `[height′, height]`, columns `[width′, width]`: each channel's map between the two matrices. */
  SpatialProduct: None;
}

export type OpName = keyof OpAttributes;

/**
 * A node of the graph: one op applied to other nodes.
 *
 * Its shape is *compact*: a length of 1 may stand for any length along which the value does not change, so that
 * `ones(shape)`, `tile(…)` and broadcast gradients cost nothing. What the tensor looks like to its owner stands beside
 * the value, never in it.
 */
export interface ValueOf<Name extends OpName> {
  /** Ascending in the order of creation, so inputs have smaller ids. */
  readonly id: number;
  readonly op: Name;
  readonly inputs: readonly Value[];
  readonly attributes: OpAttributes[Name];
  readonly shape: readonly number[];
  readonly size: number;
  readonly dtype: DataType;
  /** The numbers of a Constant. */
  readonly data: HostArray | null;
  /** The layer of the model that asked for it first. */
  readonly layer: string | null;
}

export type Value = { [Name in OpName]: ValueOf<Name> }[OpName];

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** The shape of an elementwise op on compact shapes of equal rank. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  return a.map((length, axis) => (length === 1 ? b[axis]! : length));
}

/** Attributes as a text that tells them apart, in numbers that JSON has no word for too. */
export function textOf(attributes: object): string {
  return JSON.stringify(attributes, (_, value: unknown) => {
    if (typeof value !== 'number') return value;
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : `number ${Object.is(value, -0) ? '-0' : value}`;
  });
}

/** The number of a Scalar, else undefined. */
export function scalarOf(value: Value): number | undefined {
  return value.op === 'Scalar' ? Number(value.attributes.value) : undefined;
}

/** A typed array for `size` elements. */
export function allocate(dtype: DataType, size: number): HostArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'bool':
      return new Uint8Array(size);
  }
}
