import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * The folder for what was downloaded and can be downloaded again: `distillery` in `$XDG_CACHE_HOME` where that is set,
 * or else in `~/.cache` on Linux, `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows. It may not exist yet.
 */
export function cacheDirectory(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  return join(systemCache(environment, platform), 'distillery');
}

function systemCache(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  // The XDG base directory specification: a relative path is to be ignored.
  const given = environment['XDG_CACHE_HOME'];
  if (given !== undefined && isAbsolute(given)) return given;
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  if (platform === 'win32') return environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local');
  return join(homedir(), '.cache');
}
