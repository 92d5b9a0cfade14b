import { Graph, layout } from '@dagrejs/dagre';
import { chainsOf } from './chains';

/** A graph to lay out: sizes of its nodes in pixels, and edges between their indices. */
export interface LayoutGraph {
  nodes: readonly { width: number; height: number }[];
  edges: readonly (readonly [from: number, to: number])[];
}

export interface Point {
  x: number;
  y: number;
}

/** Where everything lies, in pixels from the upper left corner of the graph. */
export interface GraphLayout {
  width: number;
  height: number;
  /** Centres of the nodes. */
  nodes: Point[];
  /** The way of each edge, from the border of one node to that of the other. */
  edges: Point[][];
}

const RANK_GAP = 26;
const NODE_GAP = 22;

interface Box {
  width: number;
  height: number;
  x?: number;
  y?: number;
}

/**
 * Lays a graph out in layers, from top to bottom (Sugiyama et al. 1981, by dagre). Nodes that follow one another without
 * a branch are placed as one tall box, which a skip passes beside; that leaves dagre a fraction of the graph. Takes
 * milliseconds for tens of nodes and up to seconds for a thousand, so it runs in a worker.
 */
export function layoutGraph({ nodes, edges }: LayoutGraph): GraphLayout {
  if (nodes.length === 0) return { width: 0, height: 0, nodes: [], edges: [] };
  const { chains, chainOf } = chainsOf(nodes.length, edges);
  const graph = new Graph<object, Box, { points?: Point[]; weight?: number }>();
  graph.setGraph({ rankdir: 'TB', ranksep: RANK_GAP, nodesep: NODE_GAP, edgesep: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  chains.forEach((chain, index) => {
    const members = chain.map((node) => nodes[node]!);
    const height = members.reduce((sum, { height: each }) => sum + each + RANK_GAP, -RANK_GAP);
    graph.setNode(String(index), { width: Math.max(...members.map(({ width }) => width)), height });
  });
  const nearest = new Map<number, number>();
  for (const [from, to] of edges) nearest.set(to, Math.max(from, nearest.get(to) ?? 0));
  for (const [from, to] of edges) {
    const [first, second] = [chainOf[from]!, chainOf[to]!];
    if (first === second) continue;
    // The main path stays straight; what skips goes around it.
    graph.setEdge(String(first), String(second), { weight: nearest.get(to) === from ? 8 : 1 });
  }
  layout(graph);
  const placed = nodes.map((): Point => ({ x: 0, y: 0 }));
  chains.forEach((chain, index) => {
    const { x = 0, y = 0, height } = graph.node(String(index));
    let top = y - height / 2;
    for (const node of chain) {
      placed[node] = { x, y: top + nodes[node]!.height / 2 };
      top += nodes[node]!.height + RANK_GAP;
    }
  });
  const ways = edges.map(([from, to]) => {
    const isInner = chainOf[from] === chainOf[to];
    const inner = isInner ? undefined : graph.edge(String(chainOf[from]!), String(chainOf[to]!));
    return [
      bottomOf(placed[from]!, nodes[from]!),
      ...(inner?.points ?? []).slice(1, -1),
      topOf(placed[to]!, nodes[to]!),
    ];
  });
  return { ...sizeOfGraph(nodes, placed, ways), nodes: placed, edges: ways };
}

/**
 * A layout that is there at once, for people who will not wait: each node below the deepest of its inputs, those of one
 * depth side by side, edges straight.
 */
export function layoutAtOnce({ nodes, edges }: LayoutGraph): GraphLayout {
  const inputs = nodes.map((): number[] => []);
  for (const [from, to] of edges) inputs[to]!.push(from);
  const depths: number[] = [];
  const ranks: number[][] = [];
  nodes.forEach((_, index) => {
    const depth = 1 + Math.max(-1, ...inputs[index]!.map((input) => depths[input] ?? 0));
    depths[index] = depth;
    (ranks[depth] ??= []).push(index);
  });
  const widths = ranks.map((rank) =>
    rank.reduce((sum, node) => sum + nodes[node]!.width + NODE_GAP, -NODE_GAP),
  );
  const width = Math.max(0, ...widths);
  const placed = nodes.map((): Point => ({ x: 0, y: 0 }));
  let top = 0;
  ranks.forEach((rank, depth) => {
    const height = Math.max(...rank.map((node) => nodes[node]!.height));
    let left = (width - widths[depth]!) / 2;
    for (const node of rank) {
      placed[node] = { x: left + nodes[node]!.width / 2, y: top + height / 2 };
      left += nodes[node]!.width + NODE_GAP;
    }
    top += height + RANK_GAP;
  });
  const ways = edges.map(([from, to]) => [
    bottomOf(placed[from]!, nodes[from]!),
    topOf(placed[to]!, nodes[to]!),
  ]);
  return { ...sizeOfGraph(nodes, placed, ways), nodes: placed, edges: ways };
}

function bottomOf({ x, y }: Point, { height }: { height: number }): Point {
  return { x, y: y + height / 2 };
}

function topOf({ x, y }: Point, { height }: { height: number }): Point {
  return { x, y: y - height / 2 };
}

function sizeOfGraph(
  nodes: LayoutGraph['nodes'],
  placed: readonly Point[],
  ways: readonly (readonly Point[])[],
): { width: number; height: number } {
  let width = 0;
  let height = 0;
  placed.forEach(({ x, y }, index) => {
    width = Math.max(width, x + nodes[index]!.width / 2);
    height = Math.max(height, y + nodes[index]!.height / 2);
  });
  for (const way of ways) for (const { x } of way) width = Math.max(width, x);
  return { width, height };
}
