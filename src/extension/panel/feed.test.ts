import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../runs/events';
import type { CurveDelta } from '../../runs/series';
import { CurveFeed } from './feed';

let directory: string;
let sent: CurveDelta[];
let feed: CurveFeed;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'feed-'));
  sent = [];
  feed = new CurveFeed({ id: 'run', directory }, (delta) => {
    sent.push(delta);
    return Promise.resolve();
  });
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function start(fromStep: number): RunEvent {
  return {
    type: 'start',
    at: 0,
    fromStep,
    engine: { name: 'cpu', device: 'cpu', reason: '' },
    stages: [{ name: 'training', epochs: 1, firstStep: 0, steps: 100, terms: ['hard'] }],
    stepsPerEpoch: 100,
  };
}
function step(number: number): RunEvent {
  return {
    type: 'step',
    at: number,
    step: number,
    epoch: number / 100,
    losses: { total: 1 / number },
    learningRate: 0.1,
    gradientNorm: 1,
    trainAccuracy: null,
    imagesPerSecond: 10,
  };
}
function write(...events: RunEvent[]): Promise<void> {
  return appendFile(
    join(directory, 'events.jsonl'),
    events.map((event) => `${JSON.stringify(event)}\n`).join(''),
  );
}
const stepsOf = (deltas: CurveDelta[]): number[] => deltas.flatMap(({ training }) => training.step);

describe('CurveFeed', () => {
  it('waits for a log that is not there yet', async () => {
    await feed.advance();
    expect(sent).toEqual([]);
  });

  it('sends what was added, numbered without a gap', async () => {
    await write(start(0), step(1), step(2));
    await feed.advance();
    await feed.advance();
    await write(step(3));
    await feed.advance();
    expect(sent.map(({ generation, seq }) => [generation, seq])).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(stepsOf(sent)).toEqual([1, 2, 3]);
  });

  it('sends a long log in pieces', async () => {
    await write(start(0), ...Array.from({ length: 5000 }, (_, index) => step(index + 1)));
    await feed.advance();
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.map(({ seq }) => seq)).toEqual(sent.map((_, index) => index));
    expect(stepsOf(sent)).toHaveLength(5000);
  });

  it('sends everything again when asked, and goes on from there', async () => {
    await write(start(0), step(1));
    await feed.advance();
    await feed.restart();
    await write(step(2));
    await feed.advance();
    expect(sent.map(({ seq }) => seq)).toEqual([0, 0, 1]);
    expect(sent.map(({ training }) => training.step)).toEqual([[1], [1], [2]]);
  });

  it('starts a new generation when a resume makes rows void', async () => {
    await write(start(0), step(1), step(2));
    await feed.advance();
    await write(start(1), step(2));
    await feed.advance();
    expect(sent.at(-1)).toMatchObject({ generation: 1, seq: 0, resumes: [1], training: { step: [1, 2] } });
  });

  it('tells of a piece that could not be delivered, and can start again after it', async () => {
    let isReachable = false;
    const shaky = new CurveFeed({ id: 'run', directory }, (delta) => {
      if (!isReachable) return Promise.reject(new Error('nobody is listening'));
      sent.push(delta);
      return Promise.resolve();
    });
    await write(start(0), step(1));
    await expect(shaky.advance()).rejects.toThrow('nobody is listening');
    isReachable = true;
    await shaky.restart();
    expect(stepsOf(sent)).toEqual([1]);
  });

  it('reads the log once, also when asked again at the same time', async () => {
    await write(start(0), step(1));
    await Promise.all([feed.advance(), feed.advance(), feed.restart()]);
    expect(sent.map(({ seq }) => seq)).toEqual([0, 0]);
    expect(sent.every(({ training }) => training.step.length === 1)).toBe(true);
  });
});
