import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { CommandError, EXIT } from './exit';

/**
 * npm's script, to be run by this Node: beside it, else the npm of the PATH. Scripts are run without a shell, on every
 * system.
 *
 * @throws CommandError where there is none.
 */
export function findNpm(environment: NodeJS.ProcessEnv = process.env): string {
  const script = path.join('node_modules', 'npm', 'bin', 'npm-cli.js');
  const home = path.dirname(process.execPath);
  const onPath = (environment['PATH'] ?? environment['Path'] ?? '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .flatMap((folder) => [path.join(folder, script), path.join(folder, 'npm')]);
  const candidates = [path.join(home, script), path.join(home, '..', 'lib', script), ...onPath];
  for (const candidate of candidates) {
    if (!existsSync(candidate)) continue;
    const real = realpathSync(candidate);
    if (real.endsWith('npm-cli.js')) return real;
  }
  throw new CommandError(
    'npm was not found, which installs engines. Install Node.js from https://nodejs.org, which brings it.',
  );
}

export interface StepOptions {
  folder: string;
  environment?: Readonly<Record<string, string>>;
  /** Told each line that the program prints. */
  onLine: (line: string) => void;
}

/**
 * Runs a script with this Node in a folder.
 *
 * @throws CommandError with its last words when it fails.
 */
export async function runScript(
  parameters: readonly string[],
  { folder, environment = {}, onLine }: StepOptions,
): Promise<void> {
  const last: string[] = [];
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(process.execPath, parameters, {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (line.trim() === '') return;
        last.push(line);
        if (last.length > 12) last.shift();
        onLine(line);
      });
    }
    // Whoever ends this command ends what it started too.
    const end = (): void => void child.kill();
    process.once('SIGTERM', end);
    child.on('error', reject);
    child.on('close', (status) => {
      process.off('SIGTERM', end);
      resolve(status);
    });
  });
  if (code === 0) return;
  const name = path.basename(parameters[0] ?? '');
  throw new CommandError(`${name} ended with ${code ?? 'a signal'}:\n${last.join('\n')}`, EXIT.failed);
}
