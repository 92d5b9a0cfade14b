import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Requirement } from './recipes';

const LINUX_FOLDERS = [
  '/usr/local/cuda/lib64',
  '/usr/local/cuda/targets/x86_64-linux/lib',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib64',
  // the GPU of Windows seen from its subsystem for Linux
  '/usr/lib/wsl/lib',
];

/** Whether a library or driver is on this machine, where the system's loader would find it. */
export function isThere({ files }: Requirement, environment: NodeJS.ProcessEnv = process.env): boolean {
  const folders = searchFolders(environment);
  const known = loaderCache();
  return files.some(
    (file) => known.includes(file) || folders.some((folder) => existsSync(join(folder, file))),
  );
}

function searchFolders(environment: NodeJS.ProcessEnv): string[] {
  const listed = (variable: string): string[] =>
    (environment[variable] ?? '').split(delimiter).filter((folder) => folder !== '');
  if (process.platform !== 'win32') return [...listed('LD_LIBRARY_PATH'), ...LINUX_FOLDERS];
  return [...listed('Path'), ...listed('PATH'), join(environment['SystemRoot'] ?? 'C:\\Windows', 'System32')];
}

/** The libraries that Linux' loader knows; empty elsewhere, and where its list cannot be read. */
function loaderCache(): string {
  if (process.platform !== 'linux') return '';
  for (const ldconfig of ['/sbin/ldconfig', '/usr/sbin/ldconfig']) {
    if (existsSync(ldconfig)) return execFileSync(ldconfig, ['-p'], { encoding: 'utf8' });
  }
  return '';
}
