import type { AdapterKind } from '../experiment/schema';

/** An adapter that fits two layers: what it is and why. */
export interface AdapterPlan {
  kind: Exclude<AdapterKind, 'auto'>;
  /** Shape of the guided layer, without the batch. */
  from: readonly number[];
  /** Shape of the hint layer, without the batch. */
  to: readonly number[];
  /** One sentence for people. */
  reason: string;
}

/** Why no adapter of that kind can join two layers, and what would. */
export class AdapterMismatch extends Error {
  override name = 'AdapterMismatch';
  constructor(
    message: string,
    /** The kind that `auto` would choose; null when none fits. */
    readonly suggestion: AdapterKind | null,
  ) {
    super(message);
  }
}

/**
 * Chooses or checks the adapter that carries a guided layer to the shape of its hint. Maps are `[height, width,
 * channels]`; a vector `[units]` counts as a map of one pixel.
 *
 * @throws AdapterMismatch when the kind cannot join these shapes.
 */
export function planAdapter(
  kind: AdapterKind,
  guided: readonly number[],
  hint: readonly number[],
): AdapterPlan {
  const shapes = `${describeShape(guided)} → ${describeShape(hint)}`;
  const fitting = proposeAdapter(guided, hint);
  if (kind === 'auto') {
    if (fitting)
      return { kind: fitting, from: guided, to: hint, reason: `${shapes}: ${reasonFor(fitting, guided)}.` };
    throw new AdapterMismatch(
      `No adapter leads from the guided layer ${describeShape(guided)} to the hint ${describeShape(hint)}: ${explainMisfit(guided, hint)}. Choose layers of nearer sizes.`,
      null,
    );
  }
  if (!fits(kind, guided, hint)) {
    const advice = fitting ? `Use \`adapter: ${fitting}\` or \`auto\`.` : 'Choose layers of nearer sizes.';
    throw new AdapterMismatch(
      `The adapter "${kind}" cannot lead from the guided layer ${describeShape(guided)} to the hint ${describeShape(hint)}: it needs ${NEEDS[kind]}. ${advice}`,
      fitting,
    );
  }
  return { kind, from: guided, to: hint, reason: `${shapes}: as the experiment says.` };
}

/** The convolution that an adapter is. */
export interface AdapterKernel {
  /** `[height, width]`. */
  size: [number, number];
  /** `[height, width]`; of a transposed convolution, how much it enlarges. */
  strides: [number, number];
  padding: 'same' | 'valid';
  transposed: boolean;
}

/**
 * The kernel of an adapter: `regressor` is the valid convolution of FitNets (kernel N_g − N_h + 1 per axis); `strided`
 * has a kernel of 2k − 1 and stride k (3 and 2 for half the size); `transposed` has a kernel of 2k and stride k (4 and 2
 * for twice the size). For vectors it is a dense layer, a 1×1 convolution of one pixel. Null for `none`.
 */
export function adapterKernel({ kind, from, to }: AdapterPlan): AdapterKernel | null {
  const [guidedHeight, guidedWidth] = sizeOf(from);
  const [hintHeight, hintWidth] = sizeOf(to);
  switch (kind) {
    case 'none':
      return null;
    case 'conv1x1':
      return { size: [1, 1], strides: [1, 1], padding: 'valid', transposed: false };
    case 'regressor':
      return {
        size: [guidedHeight - hintHeight + 1, guidedWidth - hintWidth + 1],
        strides: [1, 1],
        padding: 'valid',
        transposed: false,
      };
    case 'strided': {
      const strides: [number, number] = [guidedHeight / hintHeight, guidedWidth / hintWidth];
      const size: [number, number] = [2 * strides[0] - 1, 2 * strides[1] - 1];
      return { size, strides, padding: 'same', transposed: false };
    }
    case 'transposed': {
      const strides: [number, number] = [hintHeight / guidedHeight, hintWidth / guidedWidth];
      const size: [number, number] = [2 * strides[0], 2 * strides[1]];
      return { size, strides, padding: 'same', transposed: true };
    }
  }
}

/** What an adapter costs: its weights, the bias included, all of them trained and thrown away afterwards. */
export function adapterParameters(plan: AdapterPlan): number {
  const kernel = adapterKernel(plan);
  if (kernel === null) return 0;
  const [height, width] = kernel.size;
  return (height * width * channelsOf(plan.from) + 1) * channelsOf(plan.to);
}

const NEEDS: Record<AdapterPlan['kind'], string> = {
  none: 'equal shapes',
  conv1x1: 'maps of equal height and width',
  regressor: 'a guided map at least as large as the hint on both axes',
  strided: 'a guided map a whole number of times larger than the hint',
  transposed: 'a guided map a whole number of times smaller than the hint',
};

const REASONS: Record<AdapterPlan['kind'], string> = {
  none: 'the shapes are equal, none is needed',
  conv1x1: 'only the channels differ, a 1×1 convolution joins them',
  strided: 'the guided map is a whole number of times larger, a strided convolution shrinks it',
  transposed: 'the guided map is a whole number of times smaller, a transposed convolution enlarges it',
  regressor: 'the guided map is larger, a valid convolution shrinks it (FitNets)',
};

/** Between vectors a 1×1 convolution is a linear layer, which is the word that people know. */
function reasonFor(kind: AdapterPlan['kind'], guided: readonly number[]): string {
  const joinsVectors = kind === 'conv1x1' && guided.length === 1;
  return joinsVectors ? 'only the number of units differs, a linear layer joins them' : REASONS[kind];
}

/** The order matters: the first that fits is proposed. */
const PROPOSALS: readonly AdapterPlan['kind'][] = ['none', 'conv1x1', 'strided', 'transposed', 'regressor'];

function proposeAdapter(guided: readonly number[], hint: readonly number[]): AdapterPlan['kind'] | null {
  return PROPOSALS.find((kind) => fits(kind, guided, hint)) ?? null;
}

function fits(kind: AdapterPlan['kind'], guided: readonly number[], hint: readonly number[]): boolean {
  if (guided.length !== hint.length) return false;
  // Sequences, and sizes that depend on the batch (−1), are joined only where they are equal already.
  const joinable = (guided.length === 1 || guided.length === 3) && Math.min(...guided, ...hint) > 0;
  if (!joinable) return kind === 'none' && guided.every((size, axis) => size === hint[axis]);
  const [guidedHeight, guidedWidth] = sizeOf(guided);
  const [hintHeight, hintWidth] = sizeOf(hint);
  const same = guidedHeight === hintHeight && guidedWidth === hintWidth;
  switch (kind) {
    case 'none':
      return same && channelsOf(guided) === channelsOf(hint);
    case 'conv1x1':
      return same;
    case 'regressor':
      return guidedHeight >= hintHeight && guidedWidth >= hintWidth;
    case 'strided':
      return !same && guidedHeight % hintHeight === 0 && guidedWidth % hintWidth === 0;
    case 'transposed':
      return !same && hintHeight % guidedHeight === 0 && hintWidth % guidedWidth === 0;
  }
}

function explainMisfit(guided: readonly number[], hint: readonly number[]): string {
  return guided.length === hint.length
    ? 'the guided map is smaller, and not by a whole factor'
    : 'one is a map and the other a vector';
}

/** `16×16×64` for a map, `800 units` for a vector. */
export function describeShape(shape: readonly number[]): string {
  return shape.length === 1 ? `${channelsOf(shape)} units` : shape.join('×');
}

/** `[height, width]`; a vector is one pixel. */
export function sizeOf(shape: readonly number[]): [number, number] {
  return shape.length === 3 ? [shape[0]!, shape[1]!] : [1, 1];
}

export function channelsOf(shape: readonly number[]): number {
  return shape[shape.length - 1]!;
}
