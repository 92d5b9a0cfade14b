import { bytesOfShape } from './file';

/** Something that a teacher says of every image, and that steps need. */
export interface Target {
  /** Name of the step's input: `target logits 0` of teacher 0, `target hint 1` of hint 1. */
  name: string;
  /** Which teacher, from 0. */
  member: number;
  /** Null for the logits. */
  layer: string | null;
  /** Of one image; −1 for a size that is not known. */
  shape: readonly number[];
  /** In how many epochs of the run it is needed. */
  epochs: number;
}

/** A target, and why it is computed in every step instead of being cached; null when it is cached. */
export interface ChosenTarget {
  target: Target;
  /** Of all images. */
  bytes: number;
  refusal: string | null;
}

export interface Circumstances {
  images: number;
  /** Whether the images look different in each epoch. */
  augmented: boolean;
  cache: 'auto' | 'off';
  /** Bytes that there is room for. */
  room: number;
  /** The names of the targets that this run cached in an earlier attempt; null for a run that begins. */
  begun: readonly string[] | null;
}

/** Decides which targets are cached, the small ones first. The order is that of `targets`. */
export function chooseTargets(targets: readonly Target[], circumstances: Circumstances): ChosenTarget[] {
  const { images } = circumstances;
  const chosen = targets.map((target): ChosenTarget => ({
    target,
    bytes: bytesOfShape([images, ...target.shape]),
    refusal: refusalOf(target, circumstances),
  }));
  let left = circumstances.room;
  const counted = new Set<string>();
  for (const candidate of [...chosen].sort((a, b) => a.bytes - b.bytes)) {
    const { target, bytes } = candidate;
    // Two hints of one layer read the same file.
    const file = `${target.member} ${target.layer}`;
    if (candidate.refusal !== null || counted.has(file)) continue;
    if (bytes > left) {
      candidate.refusal = `It would take ${describeBytes(bytes)}, and there is room for ${describeBytes(left)}.`;
      continue;
    }
    counted.add(file);
    left -= bytes;
  }
  return chosen;
}

function refusalOf({ name, shape, epochs }: Target, circumstances: Circumstances): string | null {
  const { augmented, cache, begun } = circumstances;
  if (cache === 'off') return '`distill.cache` is `off`.';
  if (augmented) {
    return 'The images are augmented, so that the teacher sees other views of them in every epoch.';
  }
  if (shape.some((size) => size < 1)) return 'The size of the layer depends on the image.';
  if (epochs < 2) return 'It is needed in a single epoch, so there is nothing to save.';
  if (begun !== null && !begun.includes(name)) {
    return 'The run began without it, and goes on so: its weights must not depend on when it was stopped.';
  }
  return null;
}

/** `1.5 GB`, `20 MB`, `3 kB`, in powers of 1000. */
export function describeBytes(bytes: number): string {
  const [unit, size] = bytes >= 1e9 ? ['GB', 1e9] : bytes >= 1e6 ? ['MB', 1e6] : (['kB', 1e3] as const);
  const value = bytes / size;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
