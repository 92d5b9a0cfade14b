import { createRequire } from 'node:module';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { EngineError } from './engine';

export type TfjsNodePackage = 'tfjs-node' | 'tfjs-node-gpu';

const packageJsonSchema = z.object({ version: z.string() });

/**
 * Finds `@tensorflow/tfjs-node(-gpu)` as the user's workspace would.
 *
 * @returns the folder of the package and its version, or null when it is not installed there.
 */
export function findTfjsNode(
  name: TfjsNodePackage,
  workspace: string,
): { directory: string; version: string } | null {
  const require = createRequire(path.join(workspace, 'package.json'));
  try {
    const manifest = require.resolve(`@tensorflow/${name}/package.json`);
    const { version } = packageJsonSchema.parse(require(manifest));
    return { directory: path.dirname(manifest), version };
  } catch (error) {
    if (isModuleNotFound(error)) return null;
    throw error;
  }
}

/**
 * Loads the native backend of the workspace onto our tfjs and makes it active.
 *
 * @throws EngineError with what is wrong: another major version, no native binary, a CUDA library that is missing.
 */
export async function loadTfjsNode(name: TfjsNodePackage, workspace: string): Promise<void> {
  const found = findTfjsNode(name, workspace);
  if (!found) {
    throw new EngineError(
      `@tensorflow/${name} is not installed in ${workspace}. Install it there: npm install @tensorflow/${name}`,
    );
  }
  const ours = tf.version_core;
  if (found.version.split('.')[0] !== ours.split('.')[0]) {
    throw new EngineError(
      `@tensorflow/${name} ${found.version} of the workspace does not fit tfjs ${ours}. Install version ${ours}.`,
    );
  }
  restoreRemovedUtilities();
  try {
    withOurTfjs(() => {
      createRequire(path.join(found.directory, 'package.json'))(found.directory);
    });
  } catch (error) {
    throw new EngineError(
      `@tensorflow/${name} could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
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
