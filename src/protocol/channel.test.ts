import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { Channel, ChannelError, type Handlers, type MethodSchemas } from './channel';

interface Calculator {
  add(first: number, second: number): Promise<number>;
  fail(reason: string): Promise<void>;
}
interface Listener {
  heard(words: string[]): Promise<void>;
}

const calculatorMethods: MethodSchemas<Calculator> = {
  add: { parameters: z.tuple([z.number(), z.number()]), result: z.number() },
  fail: { parameters: z.tuple([z.string()]), result: z.void() },
};
const listenerMethods: MethodSchemas<Listener> = {
  heard: { parameters: z.tuple([z.array(z.string())]), result: z.void() },
};

const calculator: Handlers<Calculator> = {
  add: (first, second) => Promise.resolve(first + second),
  fail: (reason) => Promise.reject(new Error(reason)),
};

/** A conversation over a wire that turns messages into JSON and back, as VS Code does. */
function connect(handlers: Handlers<Calculator> = calculator) {
  const heard: string[][] = [];
  const strays: string[] = [];
  const sent: unknown[] = [];
  const carry = (receive: (message: unknown) => void) => (message: unknown) => {
    const text = JSON.stringify(message);
    sent.push(JSON.parse(text));
    queueMicrotask(() => {
      receive(JSON.parse(text));
    });
  };
  const onStray = (problem: string) => strays.push(problem);
  const host = new Channel<Listener, Calculator>({
    post: carry((message) => {
      webview.receive(message);
    }),
    remote: listenerMethods,
    local: calculatorMethods,
    handlers,
    onStray,
  });
  const webview = new Channel<Calculator, Listener>({
    post: carry((message) => {
      host.receive(message);
    }),
    remote: calculatorMethods,
    local: listenerMethods,
    handlers: {
      heard: (words) => {
        heard.push(words);
        return Promise.resolve();
      },
    },
    onStray,
  });
  return { host, webview, heard, strays, sent };
}

/** One end whose other side is played by the test. */
function alone(post: (message: unknown) => unknown = () => undefined) {
  const sent: { id: string; kind: string }[] = [];
  const strays: string[] = [];
  const channel = new Channel<Calculator, Listener>({
    post: (message) => {
      sent.push(z.looseObject({ id: z.string(), kind: z.string() }).parse(message));
      return post(message);
    },
    remote: calculatorMethods,
    local: listenerMethods,
    handlers: { heard: () => Promise.resolve() },
    onStray: (problem) => strays.push(problem),
    timeout: 5000,
  });
  return { channel, sent, strays };
}

async function failure(call: Promise<unknown>): Promise<ChannelError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ChannelError)) throw new Error(`Expected a ChannelError, got ${String(error)}`);
  return error;
}

describe('a conversation', () => {
  it('answers calls in both directions', async () => {
    const { host, webview, heard } = connect();
    await expect(webview.call('add', 2, 3)).resolves.toBe(5);
    await expect(host.call('heard', ['a', 'b'])).resolves.toBeUndefined();
    expect(heard).toEqual([['a', 'b']]);
  });

  it('gives each of many concurrent calls its own answer, in whatever order they come', async () => {
    const { webview } = connect({
      ...calculator,
      add: async (first, second) => {
        for (let turn = first; turn < 10; turn += 1) await Promise.resolve();
        return first * 100 + second;
      },
    });
    const answers = await Promise.all([1, 2, 3, 4].map((first) => webview.call('add', first, 7)));
    expect(answers).toEqual([107, 207, 307, 407]);
  });

  it('carries the error of a handler back to the caller', async () => {
    const { webview } = connect();
    const error = await failure(webview.call('fail', 'the disk is full'));
    expect(error).toMatchObject({ code: 'failed', message: 'the disk is full' });
  });

  it('carries the error of a handler that throws before it returns a promise', async () => {
    const { webview } = connect({
      ...calculator,
      add: () => {
        throw new Error('at once');
      },
    });
    expect(await failure(webview.call('add', 1, 2))).toMatchObject({ code: 'failed', message: 'at once' });
  });
});

describe('what arrives is not trusted', () => {
  it('answers an unknown method with an error, inherited names included', async () => {
    const { channel, sent } = alone();
    for (const method of ['shout', 'constructor', '__proto__', 'toString']) {
      channel.receive({ kind: 'call', id: method, method, parameters: [] });
    }
    await vi.waitFor(() => {
      expect(sent).toHaveLength(4);
    });
    expect(sent).toContainEqual({
      kind: 'error',
      id: 'shout',
      code: 'unknown-method',
      message: 'There is no method "shout".',
    });
    expect(sent.every((message) => message.kind === 'error')).toBe(true);
  });

  it('refuses wrong parameters before the handler sees them, and says which', async () => {
    const add = vi.fn(calculator.add);
    const { host, sent } = connect({ ...calculator, add });
    host.receive({ kind: 'call', id: 'x', method: 'add', parameters: [1, 'two'] });
    await vi.waitFor(() => {
      expect(sent).toHaveLength(1);
    });
    expect(sent[0]).toMatchObject({ kind: 'error', id: 'x', code: 'bad-message' });
    expect(JSON.stringify(sent[0])).toContain('at [1]');
    expect(add).not.toHaveBeenCalled();
  });

  it('refuses a result of the wrong shape', async () => {
    const { channel, sent } = alone();
    const call = channel.call('add', 1, 2);
    channel.receive({ kind: 'value', id: sent[0]!.id, value: 'three' });
    expect(await failure(call)).toMatchObject({ code: 'bad-message' });
  });

  it.each([null, 42, 'text', {}, { kind: 'call' }, { kind: 'error', id: 'x', code: 'odd', message: '' }])(
    'reports and ignores the stray message %j',
    (message) => {
      const { channel, sent, strays } = alone();
      channel.receive(message);
      expect(strays).toHaveLength(1);
      expect(sent).toHaveLength(0);
    },
  );
});

describe('a call is always settled', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('by a timeout when no reply comes; a late reply is ignored', async () => {
    const { channel, sent, strays } = alone();
    const call = failure(channel.call('add', 1, 2));
    await vi.advanceTimersByTimeAsync(4999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await call).toMatchObject({ code: 'timeout', message: '"add" was not answered within 5 s.' });
    channel.receive({ kind: 'value', id: sent[0]!.id, value: 3 });
    expect(strays).toEqual([]);
  });

  it('by dispose, which also refuses later calls and leaves no timer behind', async () => {
    const { channel, sent } = alone();
    const call = failure(channel.call('add', 1, 2));
    channel.dispose();
    expect(await call).toMatchObject({ code: 'disposed' });
    expect(await failure(channel.call('add', 1, 2))).toMatchObject({ code: 'disposed' });
    expect(sent).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('when the message cannot be delivered', async () => {
    const hidden = alone(() => Promise.resolve(false));
    expect(await failure(hidden.channel.call('add', 1, 2))).toMatchObject({ code: 'undeliverable' });
    const broken = alone(() => {
      throw new Error('cannot be cloned');
    });
    const error = await failure(broken.channel.call('add', 1, 2));
    expect(error.code).toBe('undeliverable');
    expect(error.message).toContain('cannot be cloned');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('and a reply meant for an earlier page is not taken for its own', async () => {
    const before = alone();
    const after = alone();
    void failure(before.channel.call('add', 1, 2));
    const call = after.channel.call('add', 10, 20);
    after.channel.receive({ kind: 'value', id: before.sent[0]!.id, value: 3 });
    after.channel.receive({ kind: 'value', id: after.sent[0]!.id, value: 30 });
    await expect(call).resolves.toBe(30);
    before.channel.dispose();
  });
});

it('answers nothing after dispose, though a handler finishes later', async () => {
  const { host, webview, sent } = connect();
  const call = failure(webview.call('add', 1, 2));
  webview.dispose();
  host.dispose();
  await call;
  await Promise.resolve();
  expect(sent).toHaveLength(1);
});
