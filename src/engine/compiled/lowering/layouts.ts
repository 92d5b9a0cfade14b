import type { Value } from '../graph/value';
import { BLOCKED, type Emitter } from './emitter';

/**
 * How an image lies in memory: channels last (as tfjs has it, `[n, h, w, c]`), channels first (`[n, c, h, w]`, ONNX's
 * standard ops) or blocked (`[n, c / b, h, w, b]`, onnxruntime's fastest convolutions). Other tensors are always `last`.
 */
export type Layout = 'last' | 'first' | 'blocked';

/**
 * The names under which a tensor stands in the graph. A blocked image has two: ops on blocked images declare it as
 * `[n, c, h, w]`; `blocked5` is the view that shows its blocks.
 */
type Form = Layout | 'blocked5';

/** Where `[n, h, w, c]`'s axes stand in each layout. */
export const AXES: Record<Exclude<Layout, 'blocked'>, readonly number[]> = {
  last: [0, 1, 2, 3],
  first: [0, 2, 3, 1],
};

/** Knows under which names and in which layouts each value is there, and converts when another is asked for. */
export class Layouts {
  private readonly names = new Map<string, string>();
  private readonly memo = new Map<string, string>();

  constructor(
    private readonly emitter: Emitter,
    /** Channels in a block; 0 where blocked ops are not used. */
    readonly block: number,
  ) {}

  set(value: Value, form: Form, name: string): void {
    this.names.set(key(value, value.shape.length === 4 ? form : 'last'), name);
  }

  has(value: Value, form: Form): boolean {
    return this.names.has(key(value, form));
  }

  /** The layout a value was made in; where it is in several, the one that ops on images like best. */
  of(value: Value): Layout {
    if (value.shape.length !== 4) return 'last';
    if (this.has(value, 'blocked') || this.has(value, 'blocked5')) return 'blocked';
    return this.has(value, 'first') ? 'first' : 'last';
  }

  /** Whether a value may lie in blocks. */
  canBlock(value: Value): boolean {
    return this.block > 0 && value.shape.length === 4 && value.shape[3]! % this.block === 0;
  }

  /** The name of a value in a layout; a blocked one is declared `[n, c, h, w]`. */
  get(value: Value, layout: Layout): string {
    const wanted = value.shape.length === 4 ? layout : 'last';
    const found = this.names.get(key(value, wanted));
    if (found !== undefined) return found;
    const name = this.convert(value, wanted);
    this.set(value, wanted, name);
    return name;
  }

  /** The view of a blocked value that shows its blocks, `[n, c / b, h, w, b]`. */
  blocks(value: Value): string {
    const found = this.names.get(key(value, 'blocked5'));
    if (found !== undefined) return found;
    const name = this.emitter.reshape(this.get(value, 'blocked'), this.blockedShape(value));
    this.set(value, 'blocked5', name);
    return name;
  }

  blockedShape({ shape: [n, h, w, c] }: Value): number[] {
    return [n!, c! / this.block, h!, w!, this.block];
  }

  /** Runs `make` once for a key, e.g. for the blocked form of a filter that several ops need. */
  once(memoKey: string, make: () => string): string {
    const found = this.memo.get(memoKey);
    if (found !== undefined) return found;
    const name = make();
    this.memo.set(memoKey, name);
    return name;
  }

  /** Brings a tensor of the shape of an image from the layout it is in to another. */
  move(tensor: { name: string; layout: Layout }, { shape }: Value, target: Layout): string {
    const { emitter } = this;
    const { name, layout } = tensor;
    const [n, h, w, c] = shape as [number, number, number, number];
    const first = [n, c, h, w];
    if (layout === target) return name;
    if (target === 'blocked') {
      return emitter.emit('ReorderInput', [name], layout === 'last' ? { channels_last: 1 } : {}, BLOCKED);
    }
    if (layout === 'blocked') {
      const attributes = target === 'last' ? { channels: c, channels_last: 1 } : { channels: c };
      return emitter.emit('ReorderOutput', [name], attributes, BLOCKED);
    }
    if (h * w === 1 || c === 1) return emitter.reshape(name, target === 'last' ? shape : first);
    return emitter.transpose(name, target === 'last' ? [0, 2, 3, 1] : [0, 3, 1, 2]);
  }

  private convert(value: Value, target: Layout): string {
    const [n, h, w, c] = value.shape as [number, number, number, number];
    const blocks = this.names.get(key(value, 'blocked5'));
    if (target === 'blocked' && blocks !== undefined) return this.emitter.reshape(blocks, [n, c, h, w]);
    const layout = this.of(value);
    if (value.dtype !== 'float32' && (target === 'blocked' || layout === 'blocked')) {
      return this.convertByTransposing(value, target);
    }
    if (layout === target) throw new Error(`${value.op} ${value.id} is used before it is made.`);
    return this.move({ name: this.get(value, layout), layout }, value, target);
  }

  /** To or from blocks, for types that onnxruntime's own ops do not move. */
  private convertByTransposing(value: Value, layout: Layout): string {
    const { emitter, block } = this;
    const [n, h, w, c] = value.shape as [number, number, number, number];
    if (layout !== 'blocked') {
      const moved = emitter.transpose(
        this.blocks(value),
        layout === 'last' ? [0, 2, 3, 1, 4] : [0, 1, 4, 2, 3],
      );
      return emitter.reshape(moved, layout === 'last' ? value.shape : [n, c, h, w]);
    }
    if (!this.has(value, 'blocked5')) {
      const from = this.of(value);
      const split = from === 'last' ? [n, h, w, c / block, block] : [n, c / block, block, h, w];
      const cells = emitter.reshape(this.get(value, from), split);
      this.set(
        value,
        'blocked5',
        emitter.transpose(cells, from === 'last' ? [0, 3, 1, 2, 4] : [0, 1, 3, 4, 2]),
      );
    }
    return emitter.reshape(this.names.get(key(value, 'blocked5'))!, [n, c, h, w]);
  }
}

function key(value: Value, form: Form): string {
  return `${value.id} ${form}`;
}
