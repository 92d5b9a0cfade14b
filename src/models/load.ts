import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { splitModelReference } from '../experiment/files';
import { alternatives, didYouMean, nearestWords } from '../experiment/nearest';
import { inBuildScope } from './buildScope';
import { checkModel } from './checkModel';
import { ModelError, type BuiltModel, type ModelContext } from './model';
import { bundleModelFile, type ModelFile } from './modelFile';
import { mendBatchNormalizations } from './normalization';
import { watchOptions } from './watchedOptions';
import { zooModel } from './zoo/zoo';

/** Files that are bundled as model code. */
const extensions = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];

export interface LoadOptions {
  /** The folder that the path of a model file is relative to: the one of the experiment. */
  baseDirectory: string;
  /** Where initial weights come from: stands in for Math.random while the model is built. */
  random?: () => number;
}

/**
 * Builds the model that an experiment names: `zoo/NAME`, or `path#export` of a TypeScript or JavaScript file, whose
 * code is run. The same reference, context and random stream give the same layer names and the same weights.
 *
 * @throws ModelError that says what is wrong and, for errors in model code, where.
 */
export async function loadModel(
  reference: string,
  context: ModelContext,
  { baseDirectory, random = Math.random }: LoadOptions,
): Promise<BuiltModel> {
  const split = splitModelReference(reference);
  if (split.kind === 'zoo') {
    const entry = zooModel(split.name);
    const model = inBuildScope(random, () => checkModel(entry.build(context), context, reference));
    mendBatchNormalizations(model);
    return { model, label: reference, unreadOptions: [] };
  }
  if (split.kind === 'network') {
    throw new ModelError(
      'bad-model',
      `${reference} is a network in a file, which cannot be built anew. Name code, \`path#export\`, or a model of the zoo.`,
    );
  }
  const bundle = await bundleModelFile(await findModelFile(split.path, split.export, baseDirectory));
  const { options, unread } = watchOptions(context.options);
  const given = { ...structuredClone({ ...context, options: {} }), options };
  try {
    const model = inBuildScope(random, () => buildFrom(bundle, split.path, split.export, given));
    mendBatchNormalizations(model);
    return { model, label: reference, unreadOptions: unread() };
  } catch (error) {
    if (error instanceof ModelError) error.unreadOptions = unread();
    throw error;
  }
}

/** The absolute path of a model file that exists. */
async function findModelFile(path: string, exportName: string, baseDirectory: string): Promise<string> {
  const file = resolve(baseDirectory, path);
  const found = await stat(file).catch(() => null);
  if (found?.isFile() === true) {
    if (extensions.includes(extname(file))) return file;
    throw new ModelError(
      'bad-model',
      `${file} is not model code: its name must end in ${extensions.join(', ')}.`,
    );
  }
  const names = await readdir(dirname(file)).catch(() => null);
  if (names === null) {
    throw new ModelError('missing-file', `${file} does not exist, nor does the folder ${dirname(file)}.`);
  }
  const near = nearestWords(
    basename(file),
    names.filter((name) => extensions.includes(extname(name))),
  ).map((name) => `${path.slice(0, path.length - basename(path).length)}${name}`);
  const suggestion = near[0] === undefined ? null : `${near[0]}#${exportName}`;
  throw new ModelError('missing-file', `${file} does not exist.${didYouMean(near)}`, suggestion);
}

function buildFrom(
  bundle: ModelFile,
  path: string,
  exportName: string,
  context: ModelContext,
): tf.LayersModel {
  const label = `${path}#${exportName}`;
  const exported = runUserCode(bundle, `${path} fails when it is loaded`, () => bundle.evaluate());
  const build = Object.hasOwn(exported, exportName) ? exported[exportName] : undefined;
  if (build === undefined) throw unknownExport(path, exportName, exported);
  if (typeof build !== 'function') {
    throw new ModelError(
      'bad-model',
      `${label} is no function. Export a function that takes the context and returns a tf.LayersModel.`,
    );
  }
  const call = (): unknown => Reflect.apply(build, undefined, [context]);
  const built = runUserCode(bundle, `${label} fails`, call);
  return checkModel(built, context, label, bundle.definitionOf(build));
}

function unknownExport(path: string, exportName: string, exported: Record<string, unknown>): ModelError {
  const functions = Object.keys(exported).filter((name) => typeof exported[name] === 'function');
  const near = nearestWords(exportName, functions);
  const [first = null] = near.length > 0 ? near : functions;
  const listed =
    functions.length === 0
      ? `It exports no function: write \`export function ${exportName}(context) { … }\`.`
      : `It exports ${alternatives(functions, 'and')}.`;
  return new ModelError(
    'unknown-export',
    `${path} does not export \`${exportName}\`.${didYouMean(near)} ${listed}`,
    first === null ? null : `${path}#${first}`,
  );
}

/** Runs code of the user; what it throws becomes a ModelError at the user's line. */
function runUserCode<Result>(bundle: ModelFile, what: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError('bad-model', `${what}: ${reason}`, null, bundle.positionOf(error), { cause: error });
  }
}
