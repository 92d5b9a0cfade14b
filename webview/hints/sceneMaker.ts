import { arrange, NODE_HEIGHT, sides, type Scene, type Side } from './arrange';
import type { ModelGraph } from './graph';
import type { LayoutGraph } from './layout';
import { Layouter } from './layouter';
import { nodeWidth } from './nodeText';

/** People are told of a layout that takes longer than this. */
const PATIENCE = 400;

export type Graphs = Readonly<Record<Side, ModelGraph | null>>;

/** Turns graphs into scenes, the newest ones only, and says when that takes long. */
export class SceneMaker {
  private readonly layouter = new Layouter();
  private requests = 0;

  /** @param wait Called with true when a layout takes long, and with false when it has ended. */
  constructor(private readonly wait: (isWaiting: boolean) => void) {}

  /**
   * @returns null when newer graphs came meanwhile.
   * @throws {Error} When the layout fails.
   */
  async make(graphs: Graphs): Promise<Scene | null> {
    this.requests += 1;
    const request = this.requests;
    const began = performance.now();
    const present = sides.flatMap((side) => {
      const graph = graphs[side];
      return graph === null ? [] : [{ side, graph, widths: graph.nodes.map(nodeWidth) }];
    });
    const patience = setTimeout(() => {
      this.wait(true);
    }, PATIENCE);
    try {
      const end = await this.layouter.layout(
        present.map(({ graph, widths }): LayoutGraph => ({
          nodes: widths.map((width) => ({ width, height: NODE_HEIGHT })),
          edges: graph.edges,
        })),
      );
      if (end.kind === 'superseded') return null;
      performance.measure('distillery:layout', { start: began });
      const part = (side: Side) => {
        const at = present.findIndex((each) => each.side === side);
        return at < 0 ? null : { ...present[at]!, layout: end.layouts[at]! };
      };
      return arrange({ teacher: part('teacher'), student: part('student') });
    } finally {
      clearTimeout(patience);
      if (request === this.requests) this.wait(false);
    }
  }

  /** Ends a layout that takes too long; a simple one takes its place. */
  simplify(): void {
    this.layouter.simplify();
  }

  dispose(): void {
    this.layouter.dispose();
  }
}
