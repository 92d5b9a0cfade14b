import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventLog } from '../runs/eventLog';
import type { RunEvent } from '../runs/events';
import { readJsonIfPresent, removeAbandonedTemporaries, writeJson } from '../runs/files';
import { readStopRequest } from '../runs/control';
import { identifyCurrentProcess } from '../runs/process';
import { progressSchema, RUN_FILES, type RunEnd, type RunProgress } from '../runs/record';
import { StoppedByRequest } from './outcome';

/** An event without its time. */
export type NewEvent = RunEvent extends infer Each
  ? Each extends RunEvent
    ? Omit<Each, 'at'>
    : never
  : never;

const beatMilliseconds = 1_000;
const stopCheckMilliseconds = 200;

/** The progress of a run before its first attempt; a later one goes on from what the one before it reached. */
const NOTHING_DONE = {
  step: 0,
  totalSteps: 0,
  epoch: 0,
  totalEpochs: 0,
  losses: {},
  best: null,
  last: null,
  parameters: null,
  multiplyAdds: null,
  teachers: [],
};

/** Writes down what a run does: events, the heartbeat with its progress, the end. Also listens for requests to stop. */
export class RunReporter {
  private lastBeat = 0;
  private lastStopCheck = 0;
  private signalled: string | null = null;

  private constructor(
    readonly directory: string,
    private readonly log: EventLog,
    private progressValue: RunProgress,
  ) {}

  static async open(directory: string): Promise<RunReporter> {
    const folders = ['.', path.dirname(RUN_FILES.lastCheckpoint), path.dirname(RUN_FILES.stopRequest)];
    await Promise.all(folders.map((folder) => removeAbandonedTemporaries(path.join(directory, folder))));
    const log = EventLog.open(path.join(directory, RUN_FILES.events));
    const before = await readJsonIfPresent(path.join(directory, RUN_FILES.progress), progressSchema);
    const reporter = new RunReporter(directory, log, {
      ...(before ?? NOTHING_DONE),
      process: await identifyCurrentProcess(),
      at: new Date().toISOString(),
      phase: 'loading',
      engine: null,
      imagesPerSecond: null,
      secondsLeft: null,
    });
    await reporter.beat({}, true);
    return reporter;
  }

  get progress(): Readonly<RunProgress> {
    return this.progressValue;
  }

  event(event: NewEvent): void {
    this.log.append({ ...event, at: Date.now() });
  }

  /** Notes progress, and writes it at most once a second unless `now`: it is the heartbeat too. */
  async beat(change: Partial<RunProgress>, now = false): Promise<void> {
    Object.assign(this.progressValue, change);
    if (!now && Date.now() - this.lastBeat < beatMilliseconds) return;
    this.lastBeat = Date.now();
    this.progressValue.at = new Date().toISOString();
    await writeJson(path.join(this.directory, RUN_FILES.progress), this.progressValue);
  }

  /** Notes a signal of the operating system as a request to stop. */
  noteSignal(signal: string): void {
    this.signalled = signal;
  }

  /** Who asks the run to stop, or null. Looks at the run folder five times a second at most, unless `now`. */
  async stopRequested(now = false): Promise<string | null> {
    if (this.signalled !== null) return this.signalled;
    if (!now && Date.now() - this.lastStopCheck < stopCheckMilliseconds) return null;
    this.lastStopCheck = Date.now();
    return (await readStopRequest(this.directory))?.by ?? null;
  }

  /** @throws StoppedByRequest when someone asks to stop. */
  async obeyStop(): Promise<void> {
    const by = await this.stopRequested(true);
    if (by !== null) throw new StoppedByRequest(by);
  }

  /**
   * Waits for work that may take long, such as a download: beats meanwhile, and waits no longer when someone asks to
   * stop. The work itself is not ended by that.
   *
   * @throws StoppedByRequest, or what the work throws.
   */
  async attend<Result>(work: Promise<Result>): Promise<Result> {
    let isOver = false;
    const listen = async (): Promise<never> => {
      for (;;) {
        await sleep(stopCheckMilliseconds);
        // Nobody waits for this any more.
        if (isOver) return await new Promise<never>(() => undefined);
        await this.beat({});
        await this.obeyStop();
      }
    };
    try {
      return await Promise.race([work, listen()]);
    } finally {
      isOver = true;
    }
  }

  /** Writes the end record; the run is over for everyone who reads the folder. */
  async end(state: RunEnd['state'], reason: string | null, seconds: number): Promise<void> {
    const { step } = this.progressValue;
    this.event({ type: 'end', step, state, reason });
    this.log.sync();
    await this.beat({ phase: state, secondsLeft: null }, true);
    const end: RunEnd = { state, at: new Date().toISOString(), step, reason, seconds };
    await writeJson(path.join(this.directory, RUN_FILES.end), end);
  }

  close(): void {
    this.log.close();
  }
}
