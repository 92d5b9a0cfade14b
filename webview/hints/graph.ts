import type { LayerRow, LayerTable } from '../../src/layers/table';
import { chainsOf } from './chains';

/** A node of the picture: a layer, or a layer and the normalization and activation that follow it. */
export interface GraphNode {
  /** Name of its first layer, unique in its graph. */
  id: string;
  /** Its layers in the order in which they run; the last one gives its output. */
  rows: LayerRow[];
  /** Shape of its output. */
  shape: readonly number[] | null;
  /** It is a chain that is shown as one. */
  isGroup: boolean;
  /** It is a part of a chain that was taken apart; the id of the whole. */
  partOf: string | null;
}

export interface ModelGraph {
  nodes: GraphNode[];
  /** Between indices of nodes, from each node to later ones. */
  edges: [from: number, to: number][];
  /** Index of the node that holds a layer. */
  nodeOf: ReadonlyMap<string, number>;
}

/** Which chains are shown layer by layer: those with these ids, or all. */
export type Expansion = ReadonlySet<string> | 'all';

/** Layers that only finish what the layer before them began, as frameworks and formats call them. */
const FINISHING =
  /norm|activ|relu|elu|softmax|softplus|sigmoid|logistic|tanh|mish|swish|silu|gelu|hard.?s|clip|dropout|identity/i;

/** Makes the graph of a model. Unless taken apart, a convolution with its normalization and activation is one node. */
export function modelGraph(table: LayerTable, expansion: Expansion): ModelGraph {
  const { rows } = table;
  const indices = new Map(rows.map(({ name }, index) => [name, index]));
  const links = rows.flatMap(({ inputs }, to) =>
    [...new Set(inputs)].flatMap((input): [number, number][] => {
      const from = indices.get(input);
      return from === undefined || from >= to ? [] : [[from, to]];
    }),
  );
  const { chains } = chainsOf(rows.length, links, (before, after) => finishes(rows[before]!, rows[after]!));
  const nodes: GraphNode[] = [];
  const nodeOf = new Map<string, number>();
  const add = (members: LayerRow[], partOf: string | null): void => {
    for (const { name } of members) nodeOf.set(name, nodes.length);
    nodes.push({
      id: members[0]!.name,
      rows: members,
      shape: members.at(-1)!.shape,
      isGroup: members.length > 1,
      partOf,
    });
  };
  for (const chain of inOrderOfOutput(chains)) {
    const members = chain.map((index) => rows[index]!);
    const id = members[0]!.name;
    const isExpanded = expansion === 'all' || expansion.has(id);
    if (isExpanded && members.length > 1) for (const row of members) add([row], id);
    else add(members, null);
  }
  const edges = links.flatMap(([from, to]): [number, number][] => {
    const [first, second] = [nodeOf.get(rows[from]!.name)!, nodeOf.get(rows[to]!.name)!];
    return first === second ? [] : [[first, second]];
  });
  return { nodes, edges, nodeOf };
}

function finishes(before: LayerRow, after: LayerRow): boolean {
  return FINISHING.test(after.kind) && before.uses === 1 && after.uses === 1 && sameSize(before, after);
}

function sameSize(before: LayerRow, after: LayerRow): boolean {
  if (before.shape === null || after.shape === null) return before.shape === after.shape;
  return before.shape.join() === after.shape.join();
}

/** The chains so that each comes after all that it takes its input from, which only their first layers do. */
function inOrderOfOutput(chains: readonly number[][]): number[][] {
  return [...chains].sort((a, b) => a[0]! - b[0]!);
}

const SHORT_KINDS: Readonly<Record<string, string>> = {
  BatchNormalization: 'BatchNorm',
  GlobalAveragePooling2D: 'Global pooling',
  AveragePooling2D: 'Average pooling',
  MaxPooling2D: 'Max pooling',
  DepthwiseConv2D: 'Depthwise conv',
  SeparableConv2D: 'Separable conv',
  convolutional: 'Conv2D',
};

/** `Conv2D · BatchNorm · Activation`. */
export function kindsOf(rows: readonly LayerRow[]): string {
  return rows.map(({ kind }) => SHORT_KINDS[kind] ?? kind).join(' · ');
}
