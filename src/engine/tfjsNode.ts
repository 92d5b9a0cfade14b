import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { EngineError } from './engine';
import { enginesFolder, packageHomes } from './installFolder';
import { recipesFor } from './recipes';

export type TfjsNodePackage = 'tfjs-node' | 'tfjs-node-gpu';

const packageJsonSchema = z.object({ version: z.string() });

export interface FoundPackage {
  directory: string;
  version: string;
}

/**
 * Finds `@tensorflow/tfjs-node(-gpu)` as the user's workspace would, else in the folder of installed engines.
 *
 * @returns the folder of the package and its version, or null when it is in neither.
 * @throws EngineError when a package is there that does not say its version.
 */
export function findTfjsNode(name: TfjsNodePackage, workspace: string): FoundPackage | null {
  for (const home of packageHomes(workspace)) {
    const found = findIn(home, name);
    if (found) return found;
  }
  return null;
}

function findIn(home: string, name: TfjsNodePackage): FoundPackage | null {
  const require = createRequire(path.join(home, 'package.json'));
  let manifest: string;
  try {
    manifest = require.resolve(`@tensorflow/${name}/package.json`);
  } catch (error) {
    if (isModuleNotFound(error)) return null;
    throw error;
  }
  try {
    const { version } = packageJsonSchema.parse(JSON.parse(readFileSync(manifest, 'utf8')));
    return { directory: path.dirname(manifest), version };
  } catch (error) {
    throw new EngineError(`${manifest} is damaged. Install @tensorflow/${name} again.`, { cause: error });
  }
}

/** What to do for a package that is not there. */
export function notInstalled(name: TfjsNodePackage, workspace: string): string {
  const platform = `${process.platform}-${process.arch}`;
  if (!recipesFor(platform).some((recipe) => recipe.name === name)) {
    return `@tensorflow/${name} is not installed. It has no binaries for ${platform}.`;
  }
  const command = `distillery engines --install ${name}`;
  if (workspace === enginesFolder()) return `@tensorflow/${name} is not installed. Install it: ${command}`;
  return (
    `@tensorflow/${name} is not installed, neither in ${workspace} nor by Distillery. ` +
    `Install it for all workspaces: ${command}, or in this one: npm install @tensorflow/${name}`
  );
}

/**
 * Loads the native backend of the workspace onto our tfjs and makes it active.
 *
 * @throws EngineError with what is wrong: another major version, no native binary, a CUDA library that is missing.
 */
export async function loadTfjsNode(name: TfjsNodePackage, workspace: string): Promise<void> {
  const found = findTfjsNode(name, workspace);
  if (!found) throw new EngineError(notInstalled(name, workspace));
  const ours = tf.version_core;
  if (found.version.split('.')[0] !== ours.split('.')[0]) {
    throw new EngineError(
      `@tensorflow/${name} ${found.version} in ${found.directory} does not fit tfjs ${ours}. Install version ${ours}.`,
    );
  }
  restoreRemovedUtilities();
  try {
    withOurTfjs(() => {
      createRequire(path.join(found.directory, 'package.json'))(found.directory);
    });
  } catch (error) {
    throw new EngineError(`@tensorflow/${name} in ${found.directory} is broken: ${firstLine(error)}`, {
      cause: error,
    });
  }
  if (!(await tf.setBackend('tensorflow'))) {
    throw new EngineError(`@tensorflow/${name} was loaded, but its backend did not start.`);
  }
}

/** tfjs-node calls util.isNullOrUndefined, which Node 23 removed. */
function restoreRemovedUtilities(): void {
  const utilities = createRequire(__filename)('node:util') as Record<string, unknown>;
  utilities['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
}

/** tfjs-node answers a missing binary with a page of advice; its first line says what is the matter. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n')[0]!;
}

type Load = (request: string, ...rest: unknown[]) => unknown;

/**
 * Runs `load` while `@tensorflow/tfjs` means our copy, wherever it is required from: the native backend must register
 * itself on the very tfjs that the models are built with.
 */
function withOurTfjs(load: () => void): void {
  const nodeModule = createRequire(__filename)('node:module') as { _load: Load };
  const original = nodeModule._load;
  nodeModule._load = (request, ...rest) =>
    request === '@tensorflow/tfjs' || request === '@tensorflow/tfjs-core' ? tf : original(request, ...rest);
  try {
    load();
  } finally {
    nodeModule._load = original;
  }
}

function isModuleNotFound(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_PACKAGE_PATH_NOT_EXPORTED')
  );
}
