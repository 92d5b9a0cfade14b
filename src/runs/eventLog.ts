import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { runEventSchema, type RunEvent } from './events';
import { isMissing } from './files';

const newline = 0x0a;
/** Parsing this much takes a few milliseconds: short enough for the thread of an editor. */
const chunkBytes = 256 * 1024;

/**
 * Writes `events.jsonl`. Appending is synchronous: a line is handed to the operating system in order and in one go, so
 * it survives `kill -9`; {@link EventLog.sync} makes it survive a power cut too.
 */
export class EventLog {
  private constructor(
    private readonly descriptor: number,
    private atLineStart: boolean,
  ) {}

  /**
   * Opens a log to append to, and creates it. A last line that a killed writer left torn is ended first, so that
   * nothing is glued to it.
   */
  static open(file: string): EventLog {
    const descriptor = openSync(file, 'a+');
    const log = new EventLog(descriptor, endsWithNewline(descriptor));
    if (!log.atLineStart) log.write('\n');
    return log;
  }

  /**
   * @throws {z.ZodError} When the event is not one that readers accept, e.g. holds a NaN.
   * @throws The error of the file system, e.g. `ENOSPC`; the next event then starts on a line of its own.
   */
  append(event: RunEvent): void {
    const line = `${JSON.stringify(runEventSchema.parse(event))}\n`;
    this.write(this.atLineStart ? line : `\n${line}`);
  }

  /** Waits until everything appended has reached the disk. */
  sync(): void {
    fsyncSync(this.descriptor);
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private write(text: string): void {
    const bytes = Buffer.from(text);
    this.atLineStart = false;
    for (let written = 0; written < bytes.length;) written += writeSync(this.descriptor, bytes, written);
    this.atLineStart = true;
  }
}

/**
 * Reads a growing `events.jsonl`, each byte once. A torn last line waits until it is complete; lines that are no
 * events (torn by a killed writer, or of a later version) are skipped and counted.
 */
export class EventTail {
  private position = 0;
  /** The start of a line whose end has not been read yet. */
  private torn: Buffer[] = [];
  private queue: Promise<unknown> = Promise.resolve();
  private skipped = 0;

  constructor(private readonly file: string) {}

  /** How many complete lines were no events. */
  get skippedLines(): number {
    return this.skipped;
  }

  /**
   * The events since the last call; none while there is no file. Calls may overlap, each event is returned once.
   * @throws {Error} When the log has become shorter, which no run does.
   */
  async read(): Promise<RunEvent[]> {
    const events: RunEvent[] = [];
    for await (const batch of this.batches()) for (const event of batch) events.push(event);
    return events;
  }

  /** The same as {@link read}, a chunk of the file at a time, for logs that should not be held at once. */
  async *batches(): AsyncGenerator<RunEvent[], void, undefined> {
    for (;;) {
      const batch = await this.nextBatch();
      if (batch === null) return;
      yield batch;
    }
  }

  private nextBatch(): Promise<RunEvent[] | null> {
    const batch = this.queue.then(() => this.readChunk());
    // The caller of this batch hears of its error; the next one starts anew.
    this.queue = batch.catch(() => null);
    return batch;
  }

  /** Null at the end of what is written so far. */
  private async readChunk(): Promise<RunEvent[] | null> {
    let handle: FileHandle;
    try {
      handle = await open(this.file, 'r');
    } catch (error) {
      if (isMissing(error) && this.position === 0) return null;
      throw error;
    }
    try {
      const { size } = await handle.stat();
      if (size < this.position) {
        throw new Error(`${this.file} became shorter than what was read of it; event logs only grow.`);
      }
      if (size === this.position) return null;
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, size - this.position));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, this.position);
      if (bytesRead === 0) return null;
      this.position += bytesRead;
      return this.takeLines(buffer.subarray(0, bytesRead));
    } finally {
      await handle.close();
    }
  }

  private takeLines(chunk: Buffer): RunEvent[] {
    const end = chunk.lastIndexOf(newline);
    if (end < 0) {
      this.torn.push(chunk);
      return [];
    }
    const lines = Buffer.concat([...this.torn, chunk.subarray(0, end)])
      .toString('utf8')
      .split('\n');
    this.torn = end + 1 < chunk.length ? [Buffer.from(chunk.subarray(end + 1))] : [];
    const events: RunEvent[] = [];
    for (const line of lines) {
      if (line.trim() === '') continue;
      const event = parseEvent(line);
      if (event === null) this.skipped += 1;
      else events.push(event);
    }
    return events;
  }
}

/** Every event of a log, from the first; none when there is no file. */
export async function* readEvents(file: string): AsyncGenerator<RunEvent, void, undefined> {
  for await (const batch of new EventTail(file).batches()) yield* batch;
}

function parseEvent(line: string): RunEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Torn by a killed writer; the caller counts it.
    return null;
  }
  const parsed = runEventSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}

function endsWithNewline(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, size - 1);
  return last[0] === newline;
}
