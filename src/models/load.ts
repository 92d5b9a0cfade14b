import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { alternatives, didYouMean, nearestWords } from '../experiment/nearest';
import type { SourcePosition } from '../layers/table';
import { inBuildScope } from './buildScope';
import { checkModel } from './checkModel';
import { ModelError, type BuiltModel, type ModelContext } from './model';
import { bundleModelFile, type ModelFile } from './modelFile';
import { mendBatchNormalizations } from './normalization';
import { captureCalls, noteSource, placeOf, sourceOf } from './provenance';
import { explainTwins } from './twins';
import { watchOptions } from './watchedOptions';
import { zooModel } from './zoo/zoo';

/** Files that are bundled as model code. */
export const codeExtensions: readonly string[] = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];

export interface LoadOptions {
  /** The folder that the path of a model file is relative to: the one of the experiment. */
  baseDirectory: string;
  /** Where initial weights come from: stands in for Math.random while the model is built. */
  random?: () => number;
  /**
   * Takes any tf.LayersModel instead of a classifier of the images in the context, also one that is exported as such;
   * and a file without the name of an export, of which it takes the default one, or the only one.
   */
  lenient?: boolean;
}

/** A model, and what it came from. */
export interface LoadedModel extends BuiltModel {
  /** Where the function that makes it is defined, or it itself; null for the zoo. */
  definition: SourcePosition | null;
  /** Absolute paths of the user's files that it was made from, its own first; none for the zoo. */
  files: string[];
}

/**
 * Builds the model that an experiment names: `zoo/NAME`, or `path#export` of a TypeScript or JavaScript file, whose
 * code is run. The same reference, context and random stream give the same layer names and the same weights. Where each
 * layer was made is noted (`provenance.ts`).
 *
 * @throws ModelError that says what is wrong and, for errors in model code, where.
 */
export async function loadModel(
  reference: string,
  context: ModelContext,
  { baseDirectory, random = Math.random, lenient = false }: LoadOptions,
): Promise<LoadedModel> {
  const expected = lenient ? null : context;
  if (reference.startsWith('zoo/')) {
    const entry = zooModel(reference.slice('zoo/'.length));
    const model = inBuildScope(random, () => checkModel(entry.build(context), expected, reference));
    mendBatchNormalizations(model);
    return { model, label: reference, unreadOptions: [], definition: null, files: [] };
  }
  const { path, exportName } = splitCodeReference(reference, lenient);
  const bundle = await bundleModelFile(await findModelFile(path, exportName, baseDirectory));
  const { options, unread } = watchOptions(context.options);
  const given = { ...structuredClone({ ...context, options: {} }), options };
  const made: tf.layers.Layer[] = [];
  const noteLayer = (layer: tf.layers.Layer): void => {
    const calls = captureCalls(layer, bundle.bundlePath);
    noteSource(layer, () => bundle.sourceOf(calls));
    made.push(layer);
  };
  try {
    const build = (): Omit<LoadedModel, 'unreadOptions'> =>
      buildFrom(bundle, { path, exportName, context: given, expected, made });
    const built = inBuildScope(random, build, noteLayer);
    mendBatchNormalizations(built.model);
    return { ...built, unreadOptions: unread() };
  } catch (error) {
    if (error instanceof ModelError) error.unreadOptions = unread();
    throw error;
  }
}

/** @throws ModelError `unknown-model` for a text without an export where that is needed. */
function splitCodeReference(
  reference: string,
  lenient: boolean,
): { path: string; exportName: string | null } {
  const hash = reference.lastIndexOf('#');
  if (hash >= 0) return { path: reference.slice(0, hash), exportName: reference.slice(hash + 1) };
  if (lenient) return { path: reference, exportName: null };
  const message = `The model \`${reference}\` is neither \`path#export\` nor \`zoo/NAME\`.`;
  throw new ModelError('unknown-model', message);
}

/** The absolute path of a model file that exists. */
async function findModelFile(
  path: string,
  exportName: string | null,
  baseDirectory: string,
): Promise<string> {
  const file = resolve(baseDirectory, path);
  const found = await stat(file).catch(() => null);
  if (found?.isDirectory() === true) {
    throw new ModelError('missing-file', `${file} is a folder; name the file of a model in it.`);
  }
  if (found?.isFile() === true) {
    if (codeExtensions.includes(extname(file))) return file;
    throw new ModelError(
      'bad-model',
      `${file} is not model code: its name must end in ${codeExtensions.join(', ')}.`,
    );
  }
  const names = await readdir(dirname(file)).catch(() => null);
  if (names === null) {
    throw new ModelError('missing-file', `${file} does not exist, nor does the folder ${dirname(file)}.`);
  }
  const near = nearestWords(
    basename(file),
    names.filter((name) => codeExtensions.includes(extname(name))),
  ).map((name) => `${path.slice(0, path.length - basename(path).length)}${name}`);
  const suffix = exportName === null ? '' : `#${exportName}`;
  const suggestion = near[0] === undefined ? null : `${near[0]}${suffix}`;
  throw new ModelError('missing-file', `${file} does not exist.${didYouMean(near)}`, suggestion);
}

interface Build {
  path: string;
  /** Null: the default one, or the only one. */
  exportName: string | null;
  context: ModelContext;
  /** What the model must be a classifier for; null for any model. */
  expected: ModelContext | null;
  /** Grows with each layer that is made. */
  made: readonly tf.layers.Layer[];
}

function buildFrom(bundle: ModelFile, build: Build): Omit<LoadedModel, 'unreadOptions'> {
  const { path, context, expected, made } = build;
  const exported = runUserCode(bundle, made, `${path} fails when it is loaded`, () => bundle.evaluate());
  const exportName = build.exportName ?? onlyExport(path, exported, bundle);
  const label = `${path}#${exportName}`;
  const found = Object.hasOwn(exported, exportName) ? exported[exportName] : undefined;
  if (found === undefined) throw unknownExport(path, exportName, exported);
  const { files } = bundle;
  if (typeof found === 'function') {
    const definition = bundle.definitionOf(found);
    const call = (): unknown => Reflect.apply(found, undefined, [context]);
    const built = runUserCode(bundle, made, `${label} fails`, call);
    return { model: checkModel(built, expected, label, definition), label, definition, files };
  }
  if (expected !== null || !isModel(found)) {
    throw new ModelError(
      'bad-model',
      `${label} is no function. Export a function that takes the context and returns a tf.LayersModel.`,
    );
  }
  const definition = placeOf(sourceOf(found));
  return { model: checkModel(found, null, label, definition), label, definition, files };
}

/** The name of the export that is meant when none is named. */
function onlyExport(path: string, exported: Record<string, unknown>, { file }: ModelFile): string {
  const usable = Object.keys(exported).filter((name) => isUsable(exported[name]));
  if (usable.includes('default')) return 'default';
  const [only, ...others] = usable;
  if (only !== undefined && others.length === 0) return only;
  const start = { file, line: 1, column: 1 };
  if (only === undefined) {
    const advice = 'Export a function that takes the context and returns a tf.LayersModel.';
    throw new ModelError('unknown-export', `${path} exports no model. ${advice}`, null, start);
  }
  const listed = usable.map((name) => `${path}#${name}`);
  throw new ModelError(
    'unknown-export',
    `${path} exports several functions. Say which: ${listed.join(', ')}.`,
    listed[0],
    start,
  );
}

function isModel(value: unknown): value is tf.LayersModel {
  return value instanceof tf.LayersModel;
}

function isUsable(value: unknown): boolean {
  return typeof value === 'function' || isModel(value);
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
function runUserCode<Result>(
  bundle: ModelFile,
  made: readonly tf.layers.Layer[],
  what: string,
  run: () => Result,
): Result {
  try {
    return run();
  } catch (error) {
    const twins = explainTwins(error, made);
    if (twins !== null) {
      throw new ModelError('bad-model', `${what}: ${twins.message}`, null, twins.source, { cause: error });
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError('bad-model', `${what}: ${reason}`, null, bundle.positionOf(error), { cause: error });
  }
}
