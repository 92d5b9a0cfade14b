import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RunRecord } from './record';

const run = promisify(execFile);

/**
 * The commit that a folder is at, its branch (null when detached) and whether anything differs from it.
 * Null without git, outside a repository, and before the first commit.
 */
export async function readGitState(folder: string): Promise<RunRecord['git']> {
  try {
    const { stdout } = await run('git', ['--no-optional-locks', 'status', '--porcelain=v2', '--branch'], {
      cwd: folder,
      windowsHide: true,
      timeout: 10_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return parseGitStatus(stdout);
  } catch {
    // No git, no repository, or one that is too slow to ask: a run is not held up by that.
    return null;
  }
}

/** Reads the output of `git status --porcelain=v2 --branch`. */
export function parseGitStatus(output: string): RunRecord['git'] {
  const lines = output.split(/\r?\n/).filter((line) => line !== '');
  const header = (key: string): string | undefined =>
    lines.find((line) => line.startsWith(`# ${key} `))?.slice(key.length + 3);
  const commit = header('branch.oid');
  const branch = header('branch.head');
  if (commit === undefined || commit === '(initial)') return null;
  return {
    commit,
    branch: branch === undefined || branch === '(detached)' ? null : branch,
    dirty: lines.some((line) => !line.startsWith('# ')),
  };
}
