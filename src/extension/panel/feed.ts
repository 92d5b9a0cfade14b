import { join } from 'node:path';
import { EventTail } from '../../runs/eventLog';
import { RUN_FILES } from '../../runs/record';
import { RunSeries, type CurveDelta } from '../../runs/series';

/**
 * Carries the curves of one run to a panel, piece by piece as its event log grows. The log is read once, in chunks;
 * each chunk is sent before the next is read, so a long log neither blocks the editor nor floods the panel.
 */
export class CurveFeed {
  private readonly tail: EventTail;
  private readonly series: RunSeries;
  private work: Promise<void> = Promise.resolve();
  private isReading = false;

  /**
   * @param send Resolves when the panel has taken the delta in, and rejects when it has not.
   */
  constructor(
    run: { id: string; directory: string },
    private readonly send: (delta: CurveDelta) => Promise<void>,
  ) {
    this.tail = new EventTail(join(run.directory, RUN_FILES.events));
    this.series = new RunSeries(run.id);
  }

  /** Sends what was added since; at once nothing while an earlier call is still at it. */
  async advance(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      await this.inTurn(async () => {
        for await (const events of this.tail.batches()) {
          for (const event of events) this.series.apply(event);
          const delta = this.series.delta();
          if (delta !== null) await this.send(delta);
        }
      });
    } finally {
      this.isReading = false;
    }
  }

  /** Sends everything that was read so far again, for a panel that has nothing or has missed a piece. */
  restart(): Promise<void> {
    return this.inTurn(() => this.send(this.series.whole()));
  }

  private inTurn(action: () => Promise<void>): Promise<void> {
    const result = this.work.then(action);
    // Whoever asked hears of the error; the next one starts anew.
    this.work = result.catch(() => undefined);
    return result;
  }
}
