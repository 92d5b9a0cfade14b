import { lowerOp } from '../ops/table';
import type { Graph } from '../graph/graph';
import { sameShape, type DataType, type Value } from '../graph/value';
import { Emitter } from './emitter';
import { findFusions, isPixel, type Fusion } from './fusion';
import { lowerFusion } from './fused';
import { Layouts, type Layout } from './layouts';
import { encodeModel, makeValueInfo } from './onnxModel';

export interface LoweringOptions {
  /** Channels in a block of onnxruntime's blocked ops; 0 for the portable graph. */
  block: number;
  /** Whether ops of onnxruntime beyond the standard may be used; a GPU provider lacks some. */
  extensions: boolean;
  /** Whether neighbouring ops are joined; off only to measure what it brings. */
  fuse: boolean;
}

/** A result of the program. */
export interface ProgramOutput {
  name: string;
  value: Value;
  /** The whole shape, where the value's is compact. */
  shape: readonly number[];
  dtype: DataType;
}

/**
 * Turns a graph into an ONNX model: walks it in the order of creation and lets each op write itself in the layout that
 * suits its inputs.
 */
export class Lowering {
  readonly emitter = new Emitter();
  readonly layouts: Layouts;
  private readonly fusions: ReadonlyMap<Value, Fusion>;
  private readonly lowered = new Set<Value>();
  private readonly inputs: ReturnType<typeof makeValueInfo>[] = [];

  private constructor(
    readonly graph: Graph,
    readonly options: LoweringOptions,
    private readonly live: readonly Value[],
    outputs: readonly Value[],
  ) {
    this.layouts = new Layouts(this.emitter, options.block);
    this.fusions = options.fuse ? findFusions(graph, live, outputs, options.block) : new Map();
  }

  /**
   * @returns the bytes of an ONNX model whose inputs are the Input nodes that the outputs need. It may declare an output
   * in another shape of the same size; the order of the elements is that of the value.
   */
  static encode(graph: Graph, outputs: readonly ProgramOutput[], options: LoweringOptions): Uint8Array {
    const whole = outputs.map((output) => ({ ...output, value: graph.expand(output.value, output.shape) }));
    const values = whole.map(({ value }) => value);
    const lowering = new Lowering(graph, options, liveValues(values), values);
    return lowering.encode(whole);
  }

  /** The name of a value in a layout; lowers it first where that has not happened. */
  get(value: Value, layout: Layout = 'last'): string {
    this.lower(value);
    return this.layouts.get(value, layout);
  }

  layoutOf(value: Value): Layout {
    this.lower(value);
    return this.layouts.of(value);
  }

  /** The 5-D view of a blocked value. */
  blocks(value: Value): string {
    this.lower(value);
    return this.layouts.blocks(value);
  }

  set(value: Value, layout: Layout | 'blocked5', name: string): void {
    this.layouts.set(value, layout, name);
  }

  canBlock(value: Value): boolean {
    return this.layouts.canBlock(value);
  }

  get block(): number {
    return this.layouts.block;
  }

  addInput(name: string, shape: readonly number[], dtype: DataType): void {
    this.inputs.push(makeValueInfo(name, shape, dtype));
  }

  private encode(outputs: readonly ProgramOutput[]): Uint8Array {
    const absorbed = new Set([...this.fusions.values()].flatMap(({ absorbs }) => absorbs));
    for (const value of this.live) if (!absorbed.has(value)) this.lower(value);
    const sources = outputs.map(({ value, shape }) => {
      const name = this.get(value);
      return this.emitter.views.get(name) ?? { of: name, shape };
    });
    this.nameOutputs(
      outputs,
      sources.map(({ of }) => of),
    );
    return encodeModel({
      nodes: this.emitter.nodes,
      initializers: this.emitter.initializers(sources.map(({ of }) => of)),
      inputs: this.inputs,
      outputs: outputs.map(({ name, dtype }, index) => makeValueInfo(name, sources[index]!.shape, dtype)),
    });
  }

  /** An output takes over the name of what it returns; only repeats and values that pass through need a node. */
  private nameOutputs(outputs: readonly ProgramOutput[], names: readonly string[]): void {
    const { nodes } = this.emitter;
    const made = new Set(nodes.flatMap((node) => node.outputs));
    const renamed = new Map<string, string>();
    this.emitter.origin = 'output';
    outputs.forEach(({ name }, index) => {
      const source = names[index]!;
      if (made.has(source) && !renamed.has(source)) renamed.set(source, name);
      else
        nodes.push({ type: 'Identity', inputs: [source], outputs: [name], attributes: {}, name, domain: '' });
    });
    const rename = (name: string) => renamed.get(name) ?? name;
    for (const node of nodes) {
      node.inputs = node.inputs.map(rename);
      node.outputs = node.outputs.map(rename);
    }
  }

  private lower(value: Value): void {
    if (this.lowered.has(value)) return;
    this.lowered.add(value);
    const { origin } = this.emitter;
    this.emitter.origin = `${value.op} ${value.id}${value.layer === null ? '' : ` in layer ${value.layer}`}`;
    const fusion = this.fusions.get(value);
    if (fusion) lowerFusion(this, value, fusion);
    else lowerOp(this, value);
    this.emitter.origin = origin;
  }
}

/** Everything the outputs need, inputs before users. */
export function liveValues(outputs: readonly Value[]): Value[] {
  const live = new Set<Value>();
  const pending = [...outputs];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (live.has(value)) continue;
    live.add(value);
    pending.push(...value.inputs);
  }
  return [...live].sort((a, b) => a.id - b.id);
}

/** Whether an elementwise result on these operands can stay in a layout: the layout of the operands of full size. */
export function elementwiseLayout(lowering: Lowering, operands: readonly Value[], result: Value): Layout {
  const { shape } = result;
  if (shape.length !== 4 || isPixel(shape)) return 'last';
  const layouts = operands
    .filter((operand) => sameShape(operand.shape, shape))
    .map((operand) => lowering.layoutOf(operand));
  if (layouts.includes('blocked')) return 'blocked';
  return layouts.includes('first') ? 'first' : 'last';
}

/**
 * The operands of an elementwise op in a layout, with what is broadcast along them shaped to fit.
 *
 * @returns the names, and the form in which the result then is.
 */
export function elementwiseOperands(
  lowering: Lowering,
  operands: readonly Value[],
  result: Value,
  layout: Layout,
): { names: string[]; form: Layout | 'blocked5' } {
  const whole = (operand: Value) => operand.size === 1 || sameShape(operand.shape, result.shape);
  if (layout !== 'blocked') {
    const place = (operand: Value) => lowering.get(operand, operand.size === 1 ? 'last' : layout);
    return { names: operands.map(place), form: layout };
  }
  if (operands.every(whole)) {
    const place = (operand: Value) =>
      operand.size === 1 ? single(lowering, operand) : lowering.get(operand, 'blocked');
    return { names: operands.map(place), form: 'blocked' };
  }
  return { names: operands.map((operand) => blockedOperand(lowering, operand, result)), form: 'blocked5' };
}

function single(lowering: Lowering, operand: Value): string {
  return lowering.get(operand);
}

function blockedOperand(lowering: Lowering, operand: Value, result: Value): string {
  if (sameShape(operand.shape, result.shape)) return lowering.blocks(operand);
  const { layouts, emitter, block } = lowering;
  const [n, h, w, c] = operand.shape as [number, number, number, number];
  const source = lowering.get(operand);
  if (operand.size === 1) return source;
  return layouts.once(`${operand.id} beside blocks`, () => {
    if (c === 1) return emitter.reshape(source, [n, 1, h, w, 1]);
    if (h * w === 1) return emitter.reshape(source, [n, c / block, 1, 1, block]);
    return lowering.blocks(operand);
  });
}
