import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { watchBundles } from '../models/bundles';
import {
  BEAT_MILLISECONDS,
  WATCH_MODES,
  WATCH_SLOTS,
  type WatchdogData,
  type WatchdogMessage,
} from './watchdogMessages';

/**
 * Watches this thread from another one while it runs code of models, which may never end. When it is busy for longer
 * than the time limit, the other thread reports where it is, and whoever started this process ends it; in a terminal it
 * ends itself.
 */
export class Watchdog {
  private readonly shared = new Int32Array(new SharedArrayBuffer(8));
  private readonly thread: Worker;

  /**
   * @param timeLimit seconds.
   * @param descriptor open file that the report is written to.
   * @param onBroken told why nobody watches any more.
   * @param form of the report.
   */
  constructor(
    timeLimit: number,
    descriptor: number,
    onBroken: (problem: string) => void,
    form: WatchdogData['form'] = { kind: 'json' },
  ) {
    const program = join(fileURLToPath(new URL('.', import.meta.url)), 'watchdog.js');
    const workerData: WatchdogData = {
      shared: this.shared.buffer,
      timeLimit,
      descriptor,
      form,
    };
    this.thread = new Worker(program, { workerData, execArgv: [] });
    this.thread.on('error', (error) => {
      onBroken(`Nobody watches for code without an end: ${error.message}`);
    });
    this.thread.unref();
    watchBundles((bundle) => {
      this.thread.postMessage(bundle satisfies WatchdogMessage);
    });
  }

  /** Has work watched until it is done. @param mode whether it may take long where no code of models is involved. */
  async during<Result>(mode: 'building' | 'computing', work: () => Promise<Result>): Promise<Result> {
    const { shared } = this;
    const before = Atomics.exchange(shared, WATCH_SLOTS.mode, WATCH_MODES[mode]);
    const beat = setInterval(() => Atomics.add(shared, WATCH_SLOTS.beats, 1), BEAT_MILLISECONDS);
    try {
      return await work();
    } finally {
      clearInterval(beat);
      Atomics.store(shared, WATCH_SLOTS.mode, before);
    }
  }
}
