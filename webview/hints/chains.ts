/** Nodes that follow one another without a branch. */
export interface Chains {
  /** The nodes of each chain, in order; a node that belongs to none is a chain of itself. */
  chains: number[][];
  /** The chain of each node. */
  chainOf: number[];
}

/**
 * Cuts a graph into its chains: two nodes belong together where all that leaves the one arrives at the other, and
 * nothing else does.
 *
 * @param edges From each node to later ones only.
 * @param joins Whether two such nodes may stand in one chain; all may unless said otherwise.
 */
export function chainsOf(
  nodes: number,
  edges: readonly (readonly [from: number, to: number])[],
  joins: (before: number, after: number) => boolean = () => true,
): Chains {
  const leaving = new Array<number>(nodes).fill(0);
  const arriving = new Array<number>(nodes).fill(0);
  const before = new Array<number>(nodes).fill(-1);
  for (const [from, to] of edges) {
    leaving[from]! += 1;
    arriving[to]! += 1;
    before[to] = from;
  }
  const chains: number[][] = [];
  const chainOf: number[] = [];
  for (let node = 0; node < nodes; node += 1) {
    const previous = before[node]!;
    const follows = arriving[node] === 1 && leaving[previous] === 1 && joins(previous, node);
    const chain = follows ? chainOf[previous]! : chains.length;
    chainOf.push(chain);
    (chains[chain] ??= []).push(node);
  }
  return { chains, chainOf };
}
