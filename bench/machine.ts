import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';

/** The facts without which a time means nothing. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGigabytes: number;
  platform: string;
  node: string;
  /** Programs that wanted to run in the last minute, on average; 0 on Windows. What others do disturbs a measurement. */
  load: number;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGigabytes: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    load: loadavg()[0]!,
  };
}

/**
 * The most memory that a living process has held so far, in MiB: the high-water mark of its resident set, which Linux
 * starts afresh with each program. Null on other systems, and for a process that is gone.
 */
export function peakMemory(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  const status = readStatus(pid);
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) / 1024;
}

function readStatus(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    // The process has ended.
    return '';
  }
}
