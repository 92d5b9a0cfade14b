import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { peakMemory } from './machine';
import { readySchema, turnSchema, type Ready, type Turn } from './protocol';

/** A program that takes steps when it is told to, as bench/protocol.ts says. */
export class Contestant {
  private constructor(
    readonly name: string,
    readonly ready: Ready,
    private readonly child: ChildProcessByStdio<Writable, Readable, null>,
    private readonly lines: AsyncIterator<string>,
  ) {}

  /** Starts it and waits until it is ready. @throws Error when it ends before. */
  static async start(name: string, command: readonly string[], env: NodeJS.ProcessEnv): Promise<Contestant> {
    const [program, ...commandLine] = command;
    const child = spawn(program!, commandLine, { stdio: ['pipe', 'pipe', 'inherit'], env });
    await once(child, 'spawn');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new Contestant(name, readySchema.parse(await nextMessage(name, lines)), child, lines);
  }

  /** Takes so many steps. @throws Error when it ends instead. */
  async turn(steps: number): Promise<Turn> {
    this.child.stdin.write(`${steps}\n`);
    return turnSchema.parse(await nextMessage(this.name, this.lines));
  }

  /** In MiB; null where the system does not tell. */
  peakMemory(): number | null {
    return peakMemory(this.child.pid!);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.stdin.end();
    await ended;
  }
}

/** The next line that is JSON; libraries print lines of their own. */
async function nextMessage(name: string, lines: AsyncIterator<string>): Promise<unknown> {
  for (;;) {
    const line = await lines.next();
    if (line.done === true) throw new Error(`${name} ended before its time; what it said stands above.`);
    if (line.value.startsWith('{')) return JSON.parse(line.value);
  }
}
