import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { NodeRuntime } from './node';

/** How a command of the `distillery` command line ended. */
export interface CommandResult {
  /** Exit code; null when it was ended by a signal. */
  code: number | null;
  output: string;
  errors: string;
}

export interface CommandOptions {
  /** Working directory, which decides the project that the command works on. */
  directory: string;
  /** Written to its standard input. */
  input?: string;
  /** Ends the command; its result is then rejected with an `AbortError`. */
  signal?: AbortSignal;
  /** Told each line that it writes to standard error, as it comes. */
  onErrorLine?: (line: string) => void;
}

/**
 * Runs a command of the `distillery` command line in a child process and waits for its end. Trainers that it starts
 * are detached, and outlive it and the editor.
 * @param script Path of `dist/cli.js`.
 * @throws The error of the system when the child cannot be started, or an `AbortError`.
 */
export function runCommand(
  runtime: NodeRuntime,
  script: string,
  parameters: readonly string[],
  { directory, input, signal, onErrorLine }: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(runtime.executable, [script, ...parameters], {
      cwd: directory,
      env: { ...inheritedEnvironment(process.env), ...runtime.environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
      ...(signal === undefined ? {} : { signal }),
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    if (onErrorLine) createInterface({ input: child.stderr }).on('line', onErrorLine);
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, output: textOf(output), errors: textOf(errors) });
    });
    // A command that ends before it has read everything closes the pipe; its exit code tells why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
  });
}

/** The last line of an output that is JSON: what a command prints with `--json`; undefined when there is none. */
export function lastJson(output: string): unknown {
  for (const line of output.trimEnd().split('\n').toReversed()) {
    try {
      return JSON.parse(line);
    } catch {
      // A line for people; the one before it may be for machines.
    }
  }
  return undefined;
}

/** The environment without what steers an extension host: children are ordinary programs. */
export function inheritedEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(?:ELECTRON_|VSCODE_|NODE_OPTIONS$)/.test(name)),
  );
}

function textOf(chunks: Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}
