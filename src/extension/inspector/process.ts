import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SourcePosition } from '../../layers/table';
import { CallQueue } from '../../protocol/callQueue';
import { Channel, ChannelError } from '../../protocol/channel';
import {
  inspectorEvents,
  inspectorMethods,
  stuckReportSchema,
  type ExperimentPicture,
  type ExperimentText,
  type InspectorApi,
  type InspectorEvents,
  type SimilarityMatrix,
  type StuckReport,
} from '../../protocol/inspection';
import { STUCK_DESCRIPTOR, TIME_LIMIT_VARIABLE } from '../../protocol/inspectorProcess';
import { inheritedEnvironment } from '../commandLine';
import type { NodeRuntime } from '../node';

/** How to start an inspector. */
export interface InspectorStart {
  runtime: NodeRuntime;
  /** Path of `dist/inspector.js`. */
  script: string;
  /** Working directory, for model code that opens files. */
  directory: string;
  /** Seconds that code of a model may take. */
  timeLimit: number;
}

export interface InspectorOptions {
  /** Asked whenever a process is needed; a rejection is that of the call. */
  start: () => Promise<InspectorStart>;
  /** Told each line that the process or code of a model writes. */
  onOutput?: (line: string) => void;
  /** Milliseconds without a call after which the process is ended; the next call starts another one. */
  idleMilliseconds?: number;
}

/** Told how far a call is, as a share from 0 to 1. */
export type CallProgress = (message: string, share: number) => void;

/** What goes with a call that may take long. */
export interface LongCall {
  onProgress?: CallProgress;
  /** Once it is aborted, the call fails as `disposed`, and the process ends when it is at work on this call. */
  signal?: AbortSignal;
}

/** Why a call of an inspector has no answer, and where in the files of a model it happened. */
export class InspectorFailure extends Error {
  override readonly name = 'InspectorFailure';

  constructor(
    /**
     * `stuck`: code did not come to an end; `crashed`: the process ended; `failed`: it answered with an error;
     * `disposed`: nobody waits for the answer any more.
     */
    readonly kind: 'stuck' | 'crashed' | 'failed' | 'disposed',
    message: string,
    readonly source: SourcePosition | null = null,
  ) {
    super(message);
  }
}

/** Longer than any call takes: processes that hang are found by other means, and those that work may take their time. */
const callTimeoutMilliseconds = 3_600_000;
/** What the watchdog gets on top of the time limit, before a process that is silent is ended without its report. */
const silenceMilliseconds = 5_000;
const longestBackOffMilliseconds = 30_000;
/** Lines of output that one call may write into the log. */
const mostLines = 200;

/** A process that is running, and how to talk to it. */
interface Running {
  child: ChildProcess;
  channel: Channel<InspectorApi, InspectorEvents>;
  timeLimit: number;
  /** When it last gave a sign of life: milliseconds of `performance.now()`. */
  heard: number;
  /** Rejects the call that is being answered. */
  fail: ((failure: InspectorFailure) => void) | null;
  /** Told how far that call is. */
  onProgress: CallProgress | null;
  /** Set before it is ended by us: what the call is told. */
  verdict: InspectorFailure | null;
  /** What it wrote last, and how many lines since the call began. */
  lastLines: string[];
  lines: number;
}

/**
 * The inspector: a process that builds models and answers one call at a time. It is started with the first call, and
 * again with the next call after its end. A process that does not answer is ended: its watchdog tells where code of a
 * model is stuck; where there is no watchdog, silence is enough. One that ends again and again without having
 * answered is started ever later.
 */
export class InspectorProcess {
  private readonly queue = new CallQueue();
  private running: Running | null = null;
  private idleTimer: NodeJS.Timeout | undefined;
  /** Processes in a row that ended by themselves without an answer. */
  private crashes = 0;
  private disposed = false;

  constructor(private readonly options: InspectorOptions) {}

  /**
   * Builds the models of an experiment. Of calls for one file that wait, only the last is made; all get its answer.
   * @throws {InspectorFailure} or the error of `start`.
   */
  inspect(experiment: ExperimentText): Promise<ExperimentPicture> {
    return this.queue.add(experiment.file, () =>
      this.call((channel) => channel.call('inspect', experiment), { isQuick: true }),
    );
  }

  /**
   * Compares the layers of a teacher and the student.
   * @throws {InspectorFailure} or the error of `start`.
   */
  similarity(
    experiment: ExperimentText,
    member: number,
    images: number,
    options: LongCall = {},
  ): Promise<SimilarityMatrix> {
    const answer = this.queue.add(null, () =>
      this.call((channel) => channel.call('similarity', experiment, member, images), {
        isQuick: false,
        ...options,
      }),
    );
    // A call that waits for others is given up at once; when its turn comes, nothing is asked for it.
    return options.signal === undefined ? answer : Promise.race([answer, abortion(options.signal)]);
  }

  /** Ends the process, e.g. because what it is started with has changed, or nobody wants the answer any more. */
  stop(reason: string): void {
    if (this.running !== null) this.end(this.running, new InspectorFailure('disposed', reason));
  }

  /** The id of the process; undefined when none runs. */
  get pid(): number | undefined {
    return this.running?.child.pid;
  }

  /** Ends the process; calls that wait are rejected. */
  dispose(): void {
    this.disposed = true;
    clearTimeout(this.idleTimer);
    const reason = 'The inspector was closed.';
    this.queue.clear(new InspectorFailure('disposed', reason));
    this.stop(reason);
  }

  /** @param isQuick whether silence means that it hangs; computing similarities may keep it busy for long. */
  private async call<Result>(
    ask: (channel: Channel<InspectorApi, InspectorEvents>) => Promise<Result>,
    { isQuick, onProgress, signal }: LongCall & { isQuick: boolean },
  ): Promise<Result> {
    refuseAborted(signal);
    clearTimeout(this.idleTimer);
    const running = this.running ?? (await this.launch());
    running.heard = performance.now();
    running.lines = 0;
    running.onProgress = onProgress ?? null;
    let lookout: NodeJS.Timeout | undefined;
    const abort = (): void => {
      this.end(running, abortFailure());
    };
    signal?.addEventListener('abort', abort);
    try {
      refuseAborted(signal);
      const result = await new Promise<Result>((resolve, reject) => {
        running.fail = reject;
        if (isQuick) lookout = this.watchSilence(running);
        ask(running.channel).then(resolve, (error: unknown) => {
          // A channel whose process ends is told of more precisely by that end.
          if (error instanceof ChannelError && error.code !== 'failed' && error.code !== 'bad-message')
            return;
          reject(new InspectorFailure('failed', messageOf(error)));
        });
      });
      this.crashes = 0;
      return result;
    } catch (error) {
      if (error instanceof InspectorFailure && error.kind === 'failed') this.crashes = 0;
      throw error;
    } finally {
      clearInterval(lookout);
      signal?.removeEventListener('abort', abort);
      running.fail = null;
      running.onProgress = null;
      this.endWhenIdle();
    }
  }

  /** Ends the process when it was silent for longer than code may take: then its watchdog does not work either. */
  private watchSilence(running: Running): NodeJS.Timeout {
    const patience = 2 * running.timeLimit * 1000 + silenceMilliseconds;
    return setInterval(() => {
      if (performance.now() - running.heard < patience) return;
      const message = `The inspector did not answer for ${Math.round(patience / 1000)} s and was ended. Code of a model may run without an end.`;
      this.end(running, new InspectorFailure('stuck', message));
    }, 500);
  }

  private endWhenIdle(): void {
    const { idleMilliseconds } = this.options;
    if (idleMilliseconds === undefined || this.disposed) return;
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => {
      this.stop('The inspector was not needed any more.');
    }, idleMilliseconds);
    this.idleTimer.unref();
  }

  private async launch(): Promise<Running> {
    const start = await this.options.start();
    if (this.crashes > 1) {
      await sleep(Math.min(longestBackOffMilliseconds, 500 * 2 ** (this.crashes - 2)));
    }
    if (this.disposed) throw new InspectorFailure('disposed', 'The inspector was closed.');
    const { runtime, script, directory, timeLimit } = start;
    const child = fork(script, {
      execPath: runtime.executable,
      // Those of the editor are not for it, least of all its debugger's.
      execArgv: [],
      cwd: directory,
      env: {
        ...inheritedEnvironment(process.env),
        ...runtime.environment,
        [TIME_LIMIT_VARIABLE]: String(timeLimit),
      },
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
    });
    const channel = new Channel<InspectorApi, InspectorEvents>({
      post: (message) => post(child, message),
      remote: inspectorMethods,
      local: inspectorEvents,
      handlers: {
        progress: (message, share) => {
          running.heard = performance.now();
          running.onProgress?.(message, share);
          return Promise.resolve();
        },
        alive: () => {
          running.heard = performance.now();
          return Promise.resolve();
        },
      },
      onStray: (problem) => this.options.onOutput?.(problem),
      timeout: callTimeoutMilliseconds,
    });
    const running: Running = {
      child,
      channel,
      timeLimit,
      heard: performance.now(),
      fail: null,
      onProgress: null,
      verdict: null,
      lastLines: [],
      lines: 0,
    };
    this.running = running;
    this.listen(running);
    return running;
  }

  private listen(running: Running): void {
    const { child, channel } = running;
    child.on('message', (message) => {
      channel.receive(message);
    });
    child.on('error', (error) => {
      // It could not be started, or be signalled; without an end of its own it would be waited for in vain.
      if (child.pid === undefined)
        this.forget(running, `The inspector could not be started: ${error.message}`);
      else this.options.onOutput?.(`The inspector: ${error.message}`);
    });
    // After `close` everything that it wrote has been read, reports of its watchdog included.
    child.on('close', (code, signal) => {
      this.forget(running, describeEnd(code, signal, running.lastLines));
    });
    for (const stream of [child.stdout, child.stderr]) if (stream !== null) this.readOutput(running, stream);
    const reports = child.stdio[STUCK_DESCRIPTOR];
    if (reports && 'read' in reports) {
      createInterface({ input: reports }).on('line', (line) => {
        const report = parseReport(line);
        if (report === null) this.options.onOutput?.(line);
        else this.end(running, new InspectorFailure('stuck', report.message, report.source));
      });
    }
  }

  private readOutput(running: Running, stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      running.lastLines = [...running.lastLines.slice(-19), line];
      running.lines += 1;
      if (running.lines <= mostLines) this.options.onOutput?.(line);
      if (running.lines === mostLines) this.options.onOutput?.('(More lines are left out.)');
    });
  }

  /** Kills a process; its call fails with the verdict at once. */
  private end(running: Running, verdict: InspectorFailure): void {
    running.verdict ??= verdict;
    running.fail?.(running.verdict);
    if (this.running === running) this.running = null;
    running.channel.dispose();
    running.child.kill('SIGKILL');
  }

  /** A process is no more. */
  private forget(running: Running, why: string): void {
    if (this.running === running) this.running = null;
    running.channel.dispose();
    if (running.verdict !== null) return;
    this.crashes += 1;
    if (running.fail === null) this.options.onOutput?.(why);
    running.fail?.(new InspectorFailure('crashed', why));
  }
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortFailure();
}

function abortFailure(): InspectorFailure {
  return new InspectorFailure('disposed', 'Cancelled.');
}

/** Rejects once a signal is aborted. */
function abortion(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => {
      reject(abortFailure());
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

function post(child: ChildProcess, message: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!child.connected) {
      reject(new Error('the inspector has ended.'));
      return;
    }
    child.send(message as object, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

function parseReport(line: string): StuckReport | null {
  try {
    return stuckReportSchema.parse(JSON.parse(line));
  } catch {
    // Not written by the watchdog: code of a model can write to any descriptor.
    return null;
  }
}

/** Why a process ended, for people. */
function describeEnd(code: number | null, signal: NodeJS.Signals | null, lines: readonly string[]): string {
  if (lines.some((line) => /JavaScript heap out of memory|Reached heap limit/.test(line))) {
    return 'The inspector ran out of memory while it built the models. Make the model smaller, or look for a loop that never stops adding to it.';
  }
  const how = signal === null ? `ended with exit code ${code ?? 'unknown'}` : `was ended by ${signal}`;
  const memory = signal === 'SIGKILL' ? ' The system may have run out of memory.' : '';
  const last = lines.findLast((line) => line.trim() !== '');
  return `The inspector ${how} while it looked at the models.${memory} Code of a model may have done that.${last === undefined ? '' : ` Its last words: ${last.trim()}`}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
