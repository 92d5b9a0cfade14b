import { code } from 'worker:./layoutWorker';
import { layoutAtOnce, type GraphLayout, type LayoutGraph } from './layout';

/** How a layout ended: finished, given up for a simple one, or no longer wanted because a newer one was asked for. */
export type LayoutEnd = { kind: 'done' | 'simple'; layouts: GraphLayout[] } | { kind: 'superseded' };

interface Job {
  worker: Worker;
  end: (result: LayoutEnd) => void;
  graphs: readonly LayoutGraph[];
}

/**
 * Lays graphs out in a worker, so that the page stays alive meanwhile. One at a time: a new request ends the one before,
 * worker and all, for dagre cannot be interrupted.
 */
export class Layouter {
  private job: Job | null = null;
  /** A worker that has nothing to do; starting one takes longer than a small layout. */
  private idle: Worker | null = null;
  private readonly address = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));

  /** @throws {Error} When the worker fails; the graph is then laid out by nobody. */
  layout(graphs: readonly LayoutGraph[]): Promise<LayoutEnd> {
    this.stop({ kind: 'superseded' });
    return new Promise((resolve, reject) => {
      const worker = this.idle ?? new Worker(this.address);
      this.idle = null;
      this.job = { worker, end: resolve, graphs };
      worker.onmessage = ({ data }: MessageEvent<GraphLayout[]>) => {
        this.job = null;
        this.idle = worker;
        resolve({ kind: 'done', layouts: data });
      };
      worker.onerror = ({ message }) => {
        this.job = null;
        worker.terminate();
        reject(new Error(`The layout failed: ${message}`));
      };
      worker.postMessage(graphs);
    });
  }

  /** Ends a layout that takes too long; a simple one takes its place. */
  simplify(): void {
    const { job } = this;
    if (job !== null) this.stop({ kind: 'simple', layouts: job.graphs.map(layoutAtOnce) });
  }

  dispose(): void {
    this.stop({ kind: 'superseded' });
    this.idle?.terminate();
    URL.revokeObjectURL(this.address);
  }

  private stop(result: LayoutEnd): void {
    const { job } = this;
    if (job === null) return;
    this.job = null;
    job.worker.terminate();
    job.end(result);
  }
}
