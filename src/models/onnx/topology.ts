import type { NodeProto, TensorProto, ValueInfoProto } from '../../onnx/onnx_pb';
import { ModelError } from '../model';
import { bodiesOf, type OnnxFile } from './readModel';

/** A node of a graph. */
export interface GraphNode {
  proto: NodeProto;
  /** Names of the tensors that it takes, those that its bodies take from around them too; optional ones left out. */
  inputs: readonly string[];
  /** Names of the tensors that it gives; optional ones left out. */
  outputs: readonly string[];
  /** Whether what it gives depends on the values of the image, and not only on its size. */
  computes: boolean;
}

export interface Topology {
  /** In an order in which they can run; otherwise as the file has them. */
  nodes: readonly GraphNode[];
  /** Which node gives a tensor. */
  producers: ReadonlyMap<string, GraphNode>;
  initializers: ReadonlyMap<string, TensorProto>;
  /** The one input that is no initializer. */
  image: ValueInfoProto;
}

/** Ops to which only the shape of a tensor matters, or its type. */
const SHAPE_OPS: ReadonlySet<string> = new Set([
  'EyeLike',
  'RandomNormalLike',
  'RandomUniformLike',
  'Shape',
  'Size',
]);

/**
 * How the nodes of a model hang together.
 *
 * @throws ModelError `bad-model` for several inputs or none, a tensor that nobody or that several nodes give, a cycle.
 */
export function topologyOf({ path, graph }: OnnxFile): Topology {
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const { values } of graph.sparseInitializer) if (values) initializers.set(values.name, values);
  const inputs = graph.input.filter(({ name }) => !initializers.has(name));
  const [image] = inputs;
  if (image === undefined || inputs.length > 1) {
    const names = inputs.map(({ name }) => `\`${name}\``).join(', ');
    throw new ModelError(
      'bad-model',
      `${path} takes ${inputs.length} inputs${names === '' ? '' : `: ${names}`}. A model that teaches takes one, the images.`,
    );
  }
  const nodes = graph.node.map(connectionsOf);
  const producers = new Map<string, GraphNode>();
  for (const node of nodes) {
    for (const tensor of node.outputs) {
      if (producers.has(tensor) || tensor === image.name) {
        throw new ModelError(
          'bad-model',
          `${path} is damaged: two nodes give the tensor \`${tensor}\`. Export it again.`,
        );
      }
      producers.set(tensor, node);
    }
  }
  const missing = (tensor: string): boolean =>
    !producers.has(tensor) && !initializers.has(tensor) && tensor !== image.name;
  for (const node of nodes) {
    const lost = node.inputs.find(missing);
    if (lost !== undefined) throw dangling(path, `${describe(node)} takes the tensor \`${lost}\``);
  }
  const lost = graph.output.find(({ name }) => missing(name));
  if (lost !== undefined) throw dangling(path, `it gives the output \`${lost.name}\``);
  if (graph.output.length === 0) throw new ModelError('bad-model', `${path} gives no outputs.`);
  const sorted = sort(nodes, producers, path);
  markComputing(sorted, image.name);
  return { nodes: sorted, producers, initializers, image };
}

function dangling(path: string, what: string): ModelError {
  return new ModelError('bad-model', `${path} is damaged: ${what}, which nothing makes. Export it again.`);
}

/** `` `/conv1/Conv` (Conv)``, or what a node without a name gives. */
export function describe({ proto, outputs }: GraphNode): string {
  const name = proto.name === '' ? (outputs[0] ?? 'without name') : proto.name;
  return `the node \`${name}\` (${proto.opType})`;
}

function connectionsOf(proto: NodeProto): GraphNode {
  const inputs = new Set(proto.input.filter((tensor) => tensor !== ''));
  for (const tensor of capturedBy(proto)) inputs.add(tensor);
  const outputs = proto.output.filter((tensor) => tensor !== '');
  return { proto, inputs: [...inputs], outputs, computes: false };
}

/** Names that the bodies of a node use and do not make. */
function capturedBy(node: NodeProto): Set<string> {
  const made = new Set<string>();
  const used = new Set<string>();
  const bodies = bodiesOf(node);
  for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
    for (const { name } of [...body.input, ...body.initializer]) made.add(name);
    for (const { name } of body.output) used.add(name);
    for (const inner of body.node) {
      for (const tensor of inner.output) made.add(tensor);
      for (const tensor of inner.input) used.add(tensor);
      bodies.push(...bodiesOf(inner));
    }
  }
  used.delete('');
  for (const tensor of made) used.delete(tensor);
  return used;
}

/** Leaves the order of the file as it is wherever it can. @throws ModelError for a cycle. */
function sort(
  nodes: readonly GraphNode[],
  producers: ReadonlyMap<string, GraphNode>,
  path: string,
): GraphNode[] {
  const sorted = new Set<GraphNode>();
  let waiting = nodes;
  while (waiting.length > 0) {
    const left = waiting.filter((node) => {
      const ready = node.inputs.every((tensor) => {
        const producer = producers.get(tensor);
        return producer === undefined || sorted.has(producer);
      });
      if (ready) sorted.add(node);
      return !ready;
    });
    if (left.length === waiting.length) {
      throw new ModelError(
        'bad-model',
        `${path} is damaged: ${describe(left[0]!)} waits for what is made from its own output (a cycle). Export it again.`,
      );
    }
    waiting = left;
  }
  return [...sorted];
}

function markComputing(sorted: readonly GraphNode[], image: string): void {
  const fromImage = new Set([image]);
  for (const node of sorted) {
    const { opType } = node.proto;
    if (SHAPE_OPS.has(opType)) continue;
    // The second input of a CastLike gives its type alone.
    const values = opType === 'CastLike' ? node.inputs.slice(0, 1) : node.inputs;
    node.computes = values.some((tensor) => fromImage.has(tensor));
    if (node.computes) for (const tensor of node.outputs) fromImage.add(tensor);
  }
}
