import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hasCode, isMissing } from './files';
import type { ProcessIdentity } from './record';

const run = promisify(execFile);
const pollMilliseconds = 50;
/** Told as the start time of a process that has ended and only waits for its parent to notice. */
const zombie = 'zombie';

/** `elsewhere`: on another machine, or its start time cannot be known, so that only its heartbeat can tell. */
export type Liveness = 'alive' | 'dead' | 'elsewhere';

/** What became of a process that was to be ended. `refused`: it could not be proven to be the one that was meant. */
export type KillOutcome = 'already dead' | 'terminated' | 'killed' | 'refused';

export interface KillOptions {
  /** Part of the command line that the process must show where command lines can be read, e.g. the id of its run. */
  commandIncludes: string;
  /** How long the process may take to end after SIGTERM. Default 5 s. */
  graceMilliseconds?: number;
  /** Told before each signal. */
  onSignal?: (signal: 'SIGTERM' | 'SIGKILL' | 'taskkill') => void;
}

/** The name of this process that outlives its pid. */
export function identifyCurrentProcess(): Promise<ProcessIdentity> {
  return identifyProcess(process.pid);
}

/** The name of a process of this machine; its `startedAt` is null when the process is gone or cannot be asked. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity> {
  return { pid, startedAt: await readStartTime(pid), hostname: hostname() };
}

/**
 * Whether a process still runs. A pid that the system has given to another process since counts as dead.
 * Costs a signal 0, and where the pid exists a look into /proc (Linux), `ps` (macOS) or PowerShell (Windows).
 */
export async function isAlive(identity: ProcessIdentity): Promise<Liveness> {
  if (identity.hostname !== hostname()) return 'elsewhere';
  if (!pidExists(identity.pid)) return 'dead';
  const startedAt = await readStartTime(identity.pid);
  if (startedAt === null) return pidExists(identity.pid) ? 'elsewhere' : 'dead';
  if (startedAt === zombie) return 'dead';
  if (identity.startedAt === null) return 'elsewhere';
  return startedAt === identity.startedAt ? 'alive' : 'dead';
}

/**
 * {@link isAlive} for a process whose heartbeat is fresh, where a reused pid is out of the question: starts no other
 * process to find out, so that it can be asked often.
 */
export async function seemsAlive(identity: ProcessIdentity): Promise<Liveness> {
  if (process.platform === 'linux') return isAlive(identity);
  if (identity.hostname !== hostname()) return 'elsewhere';
  return pidExists(identity.pid) ? 'alive' : 'dead';
}

/**
 * Ends a process and its children: SIGTERM to its group, after the grace period SIGKILL; on Windows, which knows no
 * SIGTERM, `taskkill /T /F`. Signals nothing unless the start time, and the command line where it can be read, match.
 */
export async function killTree(identity: ProcessIdentity, options: KillOptions): Promise<KillOutcome> {
  const liveness = await isAlive(identity);
  if (liveness === 'dead') return 'already dead';
  if (liveness === 'elsewhere') return 'refused';
  const command = await readCommandLine(identity.pid);
  if (command !== null && !command.includes(options.commandIncludes)) return 'refused';
  if (process.platform === 'win32') {
    options.onSignal?.('taskkill');
    await taskkill(identity.pid);
    return 'killed';
  }
  options.onSignal?.('SIGTERM');
  signalGroup(identity.pid, 'SIGTERM');
  if (await waitForEnd(identity, options.graceMilliseconds ?? 5_000)) return 'terminated';
  options.onSignal?.('SIGKILL');
  signalGroup(identity.pid, 'SIGKILL');
  await waitForEnd(identity, 5_000);
  return 'killed';
}

/** The start time (field 22) and state of `/proc/<pid>/stat`; the command in it may hold spaces and brackets. */
export function parseProcStat(stat: string): { state: string; startTicks: string } | null {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 1)
    .trim()
    .split(/\s+/);
  const [state, startTicks] = [fields[0], fields[19]];
  return state === undefined || startTicks === undefined ? null : { state, startTicks };
}

async function waitForEnd(identity: ProcessIdentity, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (Date.now() < deadline) {
    if ((await isAlive(identity)) !== 'alive') return true;
    await sleep(pollMilliseconds);
  }
  return (await isAlive(identity)) !== 'alive';
}

/** A detached trainer leads a group of its own; one that was started by hand may not. */
function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch (error) {
      if (!hasCode(error, 'ESRCH')) throw error;
    }
  }
}

async function taskkill(pid: number): Promise<void> {
  try {
    await run('taskkill', ['/PID', String(pid), '/T', '/F'], { windowsHide: true });
  } catch (error) {
    if (pidExists(pid)) throw error;
  }
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    return hasCode(error, 'EPERM');
  }
}

async function readStartTime(pid: number): Promise<string | null> {
  if (process.platform === 'linux') return readLinuxStartTime(pid);
  if (process.platform === 'win32') {
    return outputOf('powershell', [
      ...powershellOptions,
      `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`,
    ]);
  }
  const [state, ...startedAt] =
    (await outputOf('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]))?.split(/\s+/) ?? [];
  if (state?.startsWith('Z')) return zombie;
  return startedAt.length > 0 ? startedAt.join(' ') : null;
}

/** Ticks since boot, with the id of the boot: after a restart of the machine the same ticks can come again. */
async function readLinuxStartTime(pid: number): Promise<string | null> {
  const stat = await readIfPresent(`/proc/${pid}/stat`);
  const parsed = stat === null ? null : parseProcStat(stat);
  if (parsed === null) return null;
  if (parsed.state === 'Z' || parsed.state === 'X') return zombie;
  const boot = await readIfPresent('/proc/sys/kernel/random/boot_id');
  return boot === null ? parsed.startTicks : `${parsed.startTicks}@${boot.trim()}`;
}

/** Null where it cannot be read. */
async function readCommandLine(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    return (await readIfPresent(`/proc/${pid}/cmdline`))?.replaceAll('\0', ' ') ?? null;
  }
  if (process.platform === 'win32') {
    return outputOf('powershell', [
      ...powershellOptions,
      `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`,
    ]);
  }
  return outputOf('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
}

const powershellOptions = ['-NoProfile', '-NonInteractive', '-Command'];

async function readIfPresent(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    // ESRCH: the process ended while it was being read. EACCES: /proc is mounted with hidepid.
    if (isMissing(error) || hasCode(error, 'ESRCH') || hasCode(error, 'EACCES')) return null;
    throw error;
  }
}

async function outputOf(command: string, parameters: string[]): Promise<string | null> {
  try {
    const { stdout } = await run(command, parameters, {
      windowsHide: true,
      timeout: 10_000,
      env: { ...process.env, LC_ALL: 'C' },
    });
    const line = stdout.trim();
    return line === '' ? null : line;
  } catch {
    // The tool is missing, or says through its exit code that there is no such process: nothing is known.
    return null;
  }
}
