import { z } from 'zod';

/** An interface that can be called through a channel: every method is asynchronous. */
export type AsyncApi<A> = { [K in keyof A]: (...parameters: never[]) => Promise<unknown> };

/** For each method of an interface, what its parameters and its result must look like when they arrive. */
export type MethodSchemas<A extends AsyncApi<A>> = {
  [K in keyof A]: {
    parameters: z.ZodType<Parameters<A[K]>>;
    result: z.ZodType<Awaited<ReturnType<A[K]>>>;
  };
};

/** The implementation of an interface, one function a method. */
export type Handlers<A extends AsyncApi<A>> = {
  [K in keyof A]: (...parameters: Parameters<A[K]>) => Promise<Awaited<ReturnType<A[K]>>>;
};

const errorCodes = [
  /** No reply came in time. */
  'timeout',
  /** The channel was disposed before the reply came. */
  'disposed',
  /** The message could not be handed over: nobody is listening on the other side. */
  'undeliverable',
  /** The other side has no such method. */
  'unknown-method',
  /** The parameters, or the result, are not of the agreed shape. */
  'bad-message',
  /** The method itself failed; the message is its own. */
  'failed',
] as const;
export type ChannelErrorCode = (typeof errorCodes)[number];

/** Why a call through a channel was not answered with a value. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';

  constructor(
    readonly code: ChannelErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const callSchema = z.object({
  kind: z.literal('call'),
  id: z.string(),
  method: z.string(),
  parameters: z.array(z.unknown()),
});
const envelopeSchema = z.discriminatedUnion('kind', [
  callSchema,
  z.object({ kind: z.literal('value'), id: z.string(), value: z.unknown().optional() }),
  z.object({ kind: z.literal('error'), id: z.string(), code: z.enum(errorCodes), message: z.string() }),
]);
type Call = z.infer<typeof callSchema>;
type Envelope = z.infer<typeof envelopeSchema>;

interface PendingCall {
  method: string;
  resolve: (value: unknown) => void;
  reject: (error: ChannelError) => void;
  timer: ReturnType<typeof setTimeout>;
}

export interface ChannelOptions<Remote extends AsyncApi<Remote>, Local extends AsyncApi<Local>> {
  /**
   * Hands a message over. A promise of `false`, or a rejection, says that it was not delivered, as VS Code does for
   * hidden panels; anything else counts as delivered.
   */
  post: (message: unknown) => unknown;
  /** What the other side offers. */
  remote: MethodSchemas<Remote>;
  /** What this side offers. */
  local: MethodSchemas<Local>;
  handlers: Handlers<Local>;
  /** Told of messages that are no part of the conversation; they are otherwise ignored. */
  onStray: (problem: string) => void;
  /** Milliseconds to wait for a reply, 30,000 by default. */
  timeout?: number;
}

/**
 * Calls in both directions over a pair of `postMessage` functions; host and webview each hold one end. Every call is
 * settled: by its value, by the error of the other side, by a timeout, or when the channel is disposed. What arrives
 * is `unknown` until the schemas of the method have accepted it, so neither end trusts the other.
 */
export class Channel<Remote extends AsyncApi<Remote>, Local extends AsyncApi<Local>> {
  private readonly pending = new Map<string, PendingCall>();
  /** Makes the ids of this end unique, so that a reply meant for a webview before its reload is never taken for ours. */
  private readonly session = crypto.randomUUID();
  private calls = 0;
  private disposed = false;

  constructor(private readonly options: ChannelOptions<Remote, Local>) {}

  /**
   * Calls a method of the other side.
   * @throws {ChannelError} with the code that says why there is no value.
   */
  async call<K extends keyof Remote & string>(
    method: K,
    ...parameters: Parameters<Remote[K]>
  ): Promise<Awaited<ReturnType<Remote[K]>>> {
    const value = await this.send(method, parameters);
    const result = this.options.remote[method].result.safeParse(value);
    if (!result.success) {
      throw new ChannelError(
        'bad-message',
        `The reply to "${method}" is malformed.\n${explain(result.error)}`,
      );
    }
    return result.data;
  }

  /** Takes in a message that arrived from the other side. */
  receive(message: unknown): void {
    if (this.disposed) return;
    const parsed = envelopeSchema.safeParse(message);
    if (!parsed.success) {
      this.options.onStray(`A message of unknown form was ignored.\n${explain(parsed.error)}`);
      return;
    }
    const envelope = parsed.data;
    if (envelope.kind === 'call') {
      void this.answer(envelope);
      return;
    }
    const call = this.settle(envelope.id);
    // A reply may be late: its call timed out, or belongs to the page before a reload.
    if (call === undefined) return;
    if (envelope.kind === 'value') call.resolve(envelope.value);
    else call.reject(new ChannelError(envelope.code, envelope.message));
  }

  /** Ends the conversation: calls still waiting are rejected, and nothing more is sent or taken in. */
  dispose(): void {
    this.disposed = true;
    for (const [id, { method }] of this.pending) {
      this.settle(id)?.reject(
        new ChannelError('disposed', `"${method}" was not answered: the panel was closed.`),
      );
    }
  }

  private send(method: string, parameters: unknown[]): Promise<unknown> {
    if (this.disposed) {
      return Promise.reject(new ChannelError('disposed', `"${method}" was not sent: the panel is closed.`));
    }
    this.calls += 1;
    const id = `${this.session}/${this.calls}`;
    const timeout = this.options.timeout ?? 30_000;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const message = `"${method}" was not answered within ${timeout / 1000} s.`;
        this.settle(id)?.reject(new ChannelError('timeout', message));
      }, timeout);
      this.pending.set(id, { method, resolve, reject, timer });
      void this.deliver({ kind: 'call', id, method, parameters }).catch((cause: unknown) => {
        const message = `"${method}" could not be delivered: ${messageOf(cause)}`;
        this.settle(id)?.reject(new ChannelError('undeliverable', message, { cause }));
      });
    });
  }

  /** Takes a call off the list of those waiting. */
  private settle(id: string): PendingCall | undefined {
    const call = this.pending.get(id);
    if (call !== undefined) {
      clearTimeout(call.timer);
      this.pending.delete(id);
    }
    return call;
  }

  private async answer(call: Call): Promise<void> {
    const reply = await this.replyTo(call);
    if (this.disposed) return;
    try {
      await this.deliver(reply);
    } catch (error) {
      // The caller is gone, or its timeout tells it; here it is only worth a line.
      this.options.onStray(`The reply to "${call.method}" could not be delivered: ${messageOf(error)}`);
    }
  }

  private async replyTo({ id, method, parameters }: Call): Promise<Envelope> {
    const { local, handlers } = this.options;
    if (!isMethodOf(local, method)) {
      return { kind: 'error', id, code: 'unknown-method', message: `There is no method "${method}".` };
    }
    const parsed = local[method].parameters.safeParse(parameters);
    if (!parsed.success) {
      const message = `"${method}" was called with wrong parameters.\n${explain(parsed.error)}`;
      return { kind: 'error', id, code: 'bad-message', message };
    }
    try {
      return { kind: 'value', id, value: await handlers[method](...parsed.data) };
    } catch (error) {
      return { kind: 'error', id, code: 'failed', message: messageOf(error) };
    }
  }

  private async deliver(envelope: Envelope): Promise<void> {
    const delivered = await this.options.post(envelope);
    if (delivered === false) throw new Error('nobody is listening on the other side.');
  }
}

/** Own keys only: a message must not reach `constructor` or another inherited name. */
function isMethodOf<T extends object>(methods: T, name: PropertyKey): name is keyof T {
  return Object.hasOwn(methods, name);
}

function explain(error: z.ZodError): string {
  return z.prettifyError(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
