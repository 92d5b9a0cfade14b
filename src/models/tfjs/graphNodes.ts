import { z } from 'zod';
import { ModelError } from '../model';
import type { ModelJson, WeightEntry } from './modelJson';

/** A node of a tfjs graph that computes something from the input. */
export interface GraphNode {
  name: string;
  op: string;
  /** Nodes of this list that it takes, each as often as it is taken, and what else it takes: input and weights. */
  inputs: GraphInput[];
  attributes: Attributes;
  /** Its place in the list of nodes of `model.json`. */
  index: number;
}

export type GraphInput =
  | { kind: 'node'; name: string }
  | { kind: 'image'; name: string }
  | { kind: 'weight'; weight: WeightEntry }
  /** What is computed from weights alone. */
  | { kind: 'constant' };

export interface GraphPlan {
  /** In an order in which they can run; those that lead to no output are left out. */
  nodes: GraphNode[];
  /** Names of the nodes that give the outputs. */
  outputs: string[];
  /** Placeholders: names, and shapes with the batch, −1 where they depend on the input; null where that is not said. */
  images: { name: string; shape: number[] | null }[];
}

const amount = z.union([z.string(), z.number()]).transform(Number);
const dimensions = z.object({ dim: z.array(z.object({ size: amount.optional() })).optional() });
const attributeSchema = z.object({
  s: z.string().optional(),
  shape: dimensions.optional(),
  list: z.object({ i: z.array(amount).optional() }).optional(),
});
const nodeSchema = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), z.unknown()).default({}),
});
const signatureSchema = z.object({
  outputs: z.record(z.string(), z.object({ name: z.string() })).optional(),
});

type RawNode = z.infer<typeof nodeSchema>;

/** What a node says of itself besides its inputs. */
export class Attributes {
  constructor(private readonly raw: Readonly<Record<string, unknown>>) {}

  /** `[height, width]` of `strides`, `dilations` or `ksize`; ones where the node does not say. */
  axes(name: string): [number, number] {
    const list = this.parse(name)?.list?.i ?? [];
    const [height = 1, width = 1] = this.isChannelsFirst ? list.slice(2) : list.slice(1);
    return [height, width];
  }

  /** Whether maps are `[batch, channels, height, width]`. */
  get isChannelsFirst(): boolean {
    const format = this.parse('data_format')?.s;
    return format !== undefined && Buffer.from(format, 'base64').toString('latin1') === 'NCHW';
  }

  get shape(): number[] | null {
    const shape = this.parse('shape')?.shape;
    return shape?.dim?.map(({ size = -1 }) => size) ?? null;
  }

  private parse(name: string): z.infer<typeof attributeSchema> | undefined {
    return attributeSchema.safeParse(this.raw[name]).data;
  }
}

/**
 * The nodes of a tfjs graph model that lead from its input to its outputs.
 *
 * @throws ModelError `bad-model` for nodes that are malformed or take what is not there.
 */
export function planGraph(json: ModelJson): GraphPlan {
  const { raws, indices } = readNodes(json);
  const weights = new Map(json.weights.map((weight) => [weight.name, weight]));
  const outputs = outputsOf(json, raws);
  const nodes: GraphNode[] = [];
  const images: GraphPlan['images'] = [];
  const known = new Map<string, GraphInput>();
  const take = (raw: RawNode): GraphInput => {
    const attributes = new Attributes(raw.attr);
    if (raw.op.startsWith('Placeholder')) {
      images.push({ name: raw.name, shape: attributes.shape });
      return { kind: 'image', name: raw.name };
    }
    const weight = weights.get(raw.name);
    if (weight !== undefined) return { kind: 'weight', weight };
    // What comes later in the order leads back in a loop.
    const inputs = dataInputs(raw).map((name): GraphInput => known.get(name) ?? { kind: 'node', name });
    if (inputs.every(({ kind }) => kind === 'weight' || kind === 'constant')) {
      const [only] = inputs;
      return raw.op === 'Identity' && only !== undefined ? only : { kind: 'constant' };
    }
    nodes.push({ name: raw.name, op: raw.op, inputs, attributes, index: indices.get(raw.name)! });
    return { kind: 'node', name: raw.name };
  };
  for (const raw of inRunningOrder(json, raws, indices, outputs)) known.set(raw.name, take(raw));
  return { nodes, outputs, images };
}

function readNodes({ topology, file, placeOf }: ModelJson): {
  raws: Map<string, RawNode>;
  indices: Map<string, number>;
} {
  const list: unknown[] = Array.isArray(topology['node']) ? topology['node'] : [];
  const raws = new Map<string, RawNode>();
  const indices = new Map<string, number>();
  for (const [index, value] of list.entries()) {
    const parsed = nodeSchema.safeParse(value);
    if (!parsed.success) {
      const message = `The node ${index} of ${file} is malformed: ${z.prettifyError(parsed.error)}`;
      const place = placeOf(['modelTopology', 'node', index]);
      throw new ModelError('bad-model', message, null, place, { cause: parsed.error });
    }
    raws.set(parsed.data.name, parsed.data);
    indices.set(parsed.data.name, index);
  }
  if (raws.size === 0) throw new ModelError('bad-model', `${file} has no nodes.`);
  return { raws, indices };
}

/** The outputs that the signature names; without one, the nodes that nothing takes. */
function outputsOf({ fields, file }: ModelJson, raws: ReadonlyMap<string, RawNode>): string[] {
  const signature = signatureSchema.safeParse(fields['signature']).data;
  const named = Object.values(signature?.outputs ?? {}).map(({ name }) => nodeName(name));
  const missing = named.find((name) => !raws.has(name));
  if (missing !== undefined) {
    throw new ModelError(
      'bad-model',
      `The signature of ${file} names an output \`${missing}\` that is no node.`,
    );
  }
  if (named.length > 0) return [...new Set(named)];
  const taken = new Set([...raws.values()].flatMap(dataInputs));
  return [...raws.keys()].filter((name) => !taken.has(name));
}

/** The nodes that outputs need, each after those that it takes. */
function inRunningOrder(
  { file, placeOf }: ModelJson,
  raws: ReadonlyMap<string, RawNode>,
  indices: ReadonlyMap<string, number>,
  outputs: readonly string[],
): RawNode[] {
  const order: RawNode[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const pending = [...outputs].reverse();
  while (pending.length > 0) {
    const name = pending.pop()!;
    const raw = raws.get(name)!;
    if (state.get(name) === 'done') continue;
    if (state.get(name) === 'open') {
      state.set(name, 'done');
      order.push(raw);
      continue;
    }
    state.set(name, 'open');
    pending.push(name);
    for (const input of dataInputs(raw).reverse()) {
      if (!raws.has(input)) {
        const message = `The node \`${name}\` of ${file} takes \`${input}\`, which is no node. The file is damaged.`;
        const place = placeOf(['modelTopology', 'node', indices.get(name)!]);
        throw new ModelError('bad-model', message, null, place);
      }
      // A loop of the graph leads back to a node that is open.
      if (state.get(input) !== 'open') pending.push(input);
    }
  }
  return order;
}

/** Names of the nodes whose values a node takes, as often as it takes them. */
function dataInputs({ input }: RawNode): string[] {
  return input.filter((name) => !name.startsWith('^')).map(nodeName);
}

/** Without the number of the output, `:0`. */
function nodeName(name: string): string {
  return name.replace(/:\d+$/, '');
}
