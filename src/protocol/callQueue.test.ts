import { describe, expect, test } from 'vitest';
import { CallQueue } from './callQueue';

describe('CallQueue', () => {
  test('does one piece of work at a time, in order', async () => {
    const queue = new CallQueue();
    const log: string[] = [];
    const work = (name: string, result: number) => async () => {
      log.push(`begin ${name}`);
      await Promise.resolve();
      log.push(`end ${name}`);
      return result;
    };
    const results = await Promise.all([queue.add('a', work('a', 1)), queue.add('b', work('b', 2))]);
    expect(results).toEqual([1, 2]);
    expect(log).toEqual(['begin a', 'end a', 'begin b', 'end b']);
  });

  test('newer work takes the place of work that waits, and answers those who asked for it', async () => {
    const queue = new CallQueue();
    const done: string[] = [];
    const work = (name: string) => () => {
      done.push(name);
      return Promise.resolve(name);
    };
    const results = await Promise.all(
      ['first', 'second', 'third'].map((name) => queue.add('same', work(name))),
    );
    expect(results).toEqual(['first', 'third', 'third']);
    expect(done).toEqual(['first', 'third']);
  });

  test('goes on after a failure, which everyone who asked gets', async () => {
    const queue = new CallQueue();
    const fail = () => Promise.reject(new Error('no'));
    const results = await Promise.allSettled([
      queue.add(null, fail),
      queue.add('x', () => Promise.resolve('never')),
      queue.add('x', fail),
      queue.add(null, () => Promise.resolve('fine')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled']);
  });

  test('gives up what waits', async () => {
    const queue = new CallQueue();
    const begun = queue.add(null, () => Promise.resolve('begun'));
    const waiting = queue.add(null, () => Promise.resolve('never'));
    queue.clear(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
    await expect(begun).resolves.toBe('begun');
  });
});
