import { appendFile, mkdtemp, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { EventLog, EventTail, readEvents } from './eventLog';
import type { RunEvent } from './events';

let file: string;

beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'distillery log ')), 'events.jsonl');
});

function note(message: string): RunEvent {
  return { type: 'note', at: 1, message };
}

function append(...events: RunEvent[]): void {
  const log = EventLog.open(file);
  for (const event of events) log.append(event);
  log.close();
}

async function messages(events: AsyncIterable<RunEvent>): Promise<string[]> {
  const found: string[] = [];
  for await (const event of events) found.push(event.type === 'note' ? event.message : event.type);
  return found;
}

describe('EventLog', () => {
  it('writes one line for each event', async () => {
    append(note('a'), note('line\nbreak'));
    append(note('b'));
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(4);
    expect(await messages(readEvents(file))).toEqual(['a', 'line\nbreak', 'b']);
  });

  it('glues nothing to a line that a killed writer left torn, wherever it was cut', async () => {
    const line = `${JSON.stringify(note('töRN'))}\n`;
    const bytes = Buffer.from(line);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      await writeFile(file, Buffer.concat([Buffer.from(line), bytes.subarray(0, cut)]));
      append(note('next'));
      const whole = cut >= bytes.length - 1;
      expect(await messages(readEvents(file)), `cut after ${cut} bytes`).toEqual(
        whole ? ['töRN', 'töRN', 'next'] : ['töRN', 'next'],
      );
    }
  });

  it('never shortens the log', async () => {
    await writeFile(file, '{"type":"no');
    append(note('a'));
    expect((await readFile(file, 'utf8')).startsWith('{"type":"no\n')).toBe(true);
  });

  it('refuses what readers would skip', () => {
    const log = EventLog.open(file);
    const event: RunEvent = {
      type: 'evaluate',
      at: 1,
      step: 1,
      epoch: 1,
      test: { accuracy: Number.NaN, loss: 0 },
      best: false,
    };
    expect(() => {
      log.append(event);
    }).toThrow('accuracy');
    log.close();
  });
});

describe('EventTail', () => {
  it('reads nothing before there is a file, then each event once', async () => {
    const tail = new EventTail(file);
    expect(await tail.read()).toEqual([]);
    append(note('a'));
    expect(await tail.read()).toEqual([note('a')]);
    expect(await tail.read()).toEqual([]);
    append(note('b'), note('c'));
    expect(await tail.read()).toEqual([note('b'), note('c')]);
  });

  it('keeps a torn last line until it is complete, byte by byte', async () => {
    const tail = new EventTail(file);
    const bytes = Buffer.from(`${JSON.stringify(note('größer'))}\n`);
    for (const byte of bytes.subarray(0, -1)) {
      await appendFile(file, Buffer.from([byte]));
      expect(await tail.read()).toEqual([]);
    }
    await appendFile(file, '\n');
    expect(await tail.read()).toEqual([note('größer')]);
    expect(tail.skippedLines).toBe(0);
  });

  it('skips and counts lines that are no events', async () => {
    const good = JSON.stringify(note('a'));
    await writeFile(file, `${good}\n{"type":"no\n\n{"type":"of a later version"}\nnull\r\n${good}\r\n`);
    const tail = new EventTail(file);
    expect(await tail.read()).toEqual([note('a'), note('a')]);
    expect(tail.skippedLines).toBe(3);
  });

  it('hands out a log of several chunks in order, also to calls that overlap', async () => {
    const count = 9_000;
    const lines = Array.from({ length: count }, (_, index) =>
      JSON.stringify(note(`${'é'.repeat(50)} ${index}`)),
    );
    await writeFile(file, `${lines.join('\n')}\n`);
    const tail = new EventTail(file);
    const parts = await Promise.all([tail.read(), tail.read(), tail.read()]);
    const indices = parts.flat().map((event) => Number(event.type === 'note' && event.message.split(' ')[1]));
    expect(indices.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
    let batches = 0;
    for await (const batch of new EventTail(file).batches()) batches += batch.length > 0 ? 1 : 0;
    expect(batches).toBeGreaterThan(2);
  });

  it('reads a line that is longer than a chunk', async () => {
    const long = note('x'.repeat(700_000));
    append(long, note('after'));
    expect(await new EventTail(file).read()).toEqual([long, note('after')]);
  });

  it('says so when the log became shorter', async () => {
    append(note('a'));
    const tail = new EventTail(file);
    await tail.read();
    await truncate(file, 3);
    await expect(tail.read()).rejects.toThrow('became shorter');
  });
});
