import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { dependencies } from '../../package.json';

/** The version of onnxruntime that the engine `compiled` is written for. */
export const RUNTIME_VERSION = dependencies['onnxruntime-node'];

/**
 * The folder of the engines that a person had Distillery install, one for all workspaces of the machine: `DISTILLERY_ENGINES`,
 * else `distillery/engines` in `$XDG_DATA_HOME` where that is set, or else in `~/.local/share` on Linux,
 * `~/Library/Application Support` on macOS, `%LOCALAPPDATA%` on Windows. It may not exist yet.
 */
export function enginesFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const given = environment['DISTILLERY_ENGINES'];
  if (given !== undefined && isAbsolute(given)) return given;
  return join(userData(environment, platform), 'distillery', 'engines');
}

function userData(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  // The XDG base directory specification: a relative path is to be ignored.
  const given = environment['XDG_DATA_HOME'];
  if (given !== undefined && isAbsolute(given)) return given;
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  if (platform === 'win32') return environment['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local');
  return join(homedir(), '.local', 'share');
}

const manifestSchema = z.object({ version: z.string() });

/** The onnxruntime of the install folder; null where there is none of our version, whose blocked ops alone are known. */
export function findInstalledRuntime(folder = enginesFolder()): string | null {
  const directory = join(folder, 'node_modules', 'onnxruntime-node');
  const manifest = join(directory, 'package.json');
  if (!existsSync(manifest)) return null;
  const { success, data } = manifestSchema.safeParse(JSON.parse(readFileSync(manifest, 'utf8')));
  return success && data.version === RUNTIME_VERSION ? directory : null;
}

type Resolve = (request: string, ...rest: unknown[]) => string;

/**
 * Runs `load` while `onnxruntime-node` and `onnxruntime-common` mean the ones of the install folder: a copy of
 * onnxruntime finds the libraries of a GPU only beside itself, and an extension's own folder is replaced by its updates.
 *
 * @param directory the package there.
 */
export function withInstalledRuntime(directory: string, load: () => void): void {
  const installed = createRequire(join(directory, 'package.json'));
  const nodeModule = createRequire(__filename)('node:module') as { _resolveFilename: Resolve };
  const original = nodeModule._resolveFilename;
  nodeModule._resolveFilename = (request, ...rest) => {
    // Resolving asks this function again.
    nodeModule._resolveFilename = original;
    try {
      const own = /^onnxruntime-node(?:\/|$)/.exec(request);
      if (own) return installed.resolve(join(directory, request.slice('onnxruntime-node'.length)));
      return request === 'onnxruntime-common' ? installed.resolve(request) : original(request, ...rest);
    } finally {
      nodeModule._resolveFilename = hooked;
    }
  };
  const hooked = nodeModule._resolveFilename;
  try {
    load();
  } finally {
    nodeModule._resolveFilename = original;
  }
}

/** Where packages of engines are looked for, in this order. */
export function packageHomes(workspace: string): string[] {
  const folder = enginesFolder();
  return workspace === folder ? [folder] : [workspace, folder];
}
