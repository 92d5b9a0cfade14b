import { realpath } from 'node:fs/promises';
import { createRequire, SourceMap, type SourceMapPayload } from 'node:module';
import { basename, dirname, relative, resolve } from 'node:path';
import { compileFunction } from 'node:vm';
import { build, type BuildFailure, type BuildResult, type Message, type Metafile } from 'esbuild';
import { z } from 'zod';
import { tfjsOfModels } from '../engine/random';
import type { LayerSource, SourcePosition } from '../layers/table';
import { announceBundle } from './bundles';
import { ModelError } from './model';
import type { BundleCall } from './provenance';

/** A bundled file of model code, not yet run. */
export interface ModelFile {
  /** Absolute path. */
  file: string;
  /** Absolute paths of the user's files that were bundled, itself first; packages are left out. */
  files: string[];
  /** What V8 calls the bundle in stacks. */
  bundlePath: string;
  /** Runs the code from the top, and gives what it exports. */
  evaluate(): Record<string, unknown>;
  /** Where in the user's code an error came from; null when no frame of its stack lies there. */
  positionOf(error: unknown): SourcePosition | null;
  /** Where a function of the user's code is defined; null when it comes from elsewhere. */
  definitionOf(exported: CallableFunction): SourcePosition | null;
  /**
   * What calls in the bundle are in the user's files, those in packages left out; null when none is left. A column is
   * that of the name that is called (`conv2d` in `tf.layers.conv2d(…)`), or of `new`.
   */
  sourceOf(calls: readonly BundleCall[]): LayerSource | null;
}

/** Packages for which the model code gets our own tfjs: layers of two copies of it don't work together. */
const tfjsPackages = /^@tensorflow\/tfjs(?:-(?:core|layers|node|node-gpu|converter|backend-[a-z]+))?$/;

/**
 * Bundles a TypeScript or JavaScript file and what it imports. Types are stripped, not checked.
 *
 * @param file - absolute path of a file that exists.
 * @throws ModelError `bad-model` for syntax errors and imports that cannot be found, with the place.
 */
export async function bundleModelFile(file: string): Promise<ModelFile> {
  const folder = dirname(file);
  const bundlePath = `${file}.bundle.cjs`;
  let result: BuildResult<{ write: false; metafile: true }>;
  try {
    result = await build({
      entryPoints: [file],
      absWorkingDir: folder,
      outfile: bundlePath,
      bundle: true,
      write: false,
      metafile: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      keepNames: true,
      // Kept out of the code: Node would map the stack by itself when started with --enable-source-maps.
      sourcemap: 'external',
      sourcesContent: false,
      external: ['@tensorflow/*'],
      logLevel: 'silent',
      logOverride: { 'empty-import-meta': 'error' },
    });
  } catch (error) {
    if (isBuildFailure(error)) throw bundleError(error, file);
    throw error;
  }
  const textOf = (ending: string) => result.outputFiles.find(({ path }) => path.endsWith(ending))!.text;
  const code = textOf('.cjs');
  const mapText = await withKnownNames(textOf('.map'), folder);
  announceBundle({ path: bundlePath, sourceMap: mapText });
  let places: Places | undefined;
  // Most models are built without anybody asking where something stands.
  const find: Places = (line, column) => (places ??= placesOf(mapText, folder))(line, column);
  return {
    file,
    files: userFiles(result.metafile, folder, file),
    bundlePath,
    evaluate: () => evaluateBundle(code, bundlePath, file),
    positionOf: (error) => positionOf(error, bundlePath, find),
    definitionOf(exported) {
      const start = startOf(exported, code);
      if (start < 0) return null;
      const before = code.slice(0, start).split('\n');
      return find(before.length, before.at(-1)!.length + 1);
    },
    sourceOf(calls) {
      const chain = calls.flatMap(({ line, column, function: name }) => {
        const place = find(line, column);
        if (place === null || isInPackage(place.file)) return [];
        // CommonJS files are wrapped in functions that are called after the file.
        const isFile = name !== null && place.file.replaceAll('\\', '/').endsWith(`/${basename(name)}`);
        return [{ ...place, function: isFile ? null : name }];
      });
      const [first] = chain;
      return first === undefined ? null : { file: first.file, line: first.line, column: first.column, chain };
    },
  };
}

/**
 * A source map with the names by which people know the files: esbuild writes those that links lead to, which are other
 * files to an editor whose folder was opened through a link.
 *
 * @param folder what the source map is relative to.
 */
async function withKnownNames(mapText: string, folder: string): Promise<string> {
  const real = await realpath(folder);
  if (real === folder) return mapText;
  const map = z.looseObject({ sources: z.array(z.string()) }).parse(JSON.parse(mapText));
  const known = async (source: string): Promise<string> => {
    const written = resolve(folder, source);
    const candidate = resolve(folder, relative(real, written));
    const [target, same] = await Promise.all([written, candidate].map(realOf));
    return target !== null && target === same ? candidate : source;
  };
  return JSON.stringify({ ...map, sources: await Promise.all(map.sources.map(known)) });
}

/** What a path leads to; null where nothing is. */
async function realOf(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch {
    // Bundlers name sources that are in no file.
    return null;
  }
}

/** Finds the place in the user's files of a line and column of the bundle, all from 1; null where there is none. */
type Places = (line: number, column: number) => SourcePosition | null;

/** @param folder what the source map is relative to. */
function placesOf(mapText: string, folder: string): Places {
  const sourceMap = new SourceMap(sourceMapSchema.parse(JSON.parse(mapText)));
  const known = new Map<string, SourcePosition | null>();
  return (line, column) => {
    const key = `${line}:${column}`;
    let place = known.get(key);
    if (place === undefined) {
      // A source map counts from 0.
      const entry = sourceMap.findEntry(line - 1, column - 1);
      place =
        'originalSource' in entry
          ? {
              file: resolve(folder, entry.originalSource),
              line: entry.originalLine + 1,
              column: entry.originalColumn + 1,
            }
          : null;
      known.set(key, place);
    }
    return place;
  };
}

function userFiles({ inputs }: Metafile, folder: string, file: string): string[] {
  const files = Object.keys(inputs)
    .map((name) => resolve(folder, name))
    .filter((name) => name !== file && !isInPackage(name));
  return [file, ...files.sort()];
}

function isInPackage(file: string): boolean {
  return /[\\/]node_modules[\\/]/.test(file);
}

/** Where the text of a function begins in the code of a bundle; −1 when it is not there. */
function startOf(exported: CallableFunction, code: string): number {
  const text = Function.prototype.toString.call(exported);
  // Of functions with the same text, the one that esbuild gives this name.
  const named = code.indexOf(`${text}, ${JSON.stringify(exported.name)})`);
  return named < 0 ? code.indexOf(text) : named;
}

const sourceMapSchema = z.object({
  version: z.int(),
  sources: z.array(z.string()),
  sourcesContent: z.array(z.string()).default([]),
  names: z.array(z.string()),
  mappings: z.string(),
  file: z.string().default(''),
  sourceRoot: z.string().default(''),
}) satisfies z.ZodType<SourceMapPayload>;

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

function bundleError(failure: BuildFailure, file: string): ModelError {
  const [first] = failure.errors;
  if (first === undefined)
    return new ModelError('bad-model', failure.message, null, null, { cause: failure });
  const more = failure.errors.length > 1 ? ` (and ${failure.errors.length - 1} more)` : '';
  const message = explainBundleMessage(first) + otherPlace(first, dirname(file)) + more;
  return new ModelError('bad-model', message, null, messagePosition(first, dirname(file)), {
    cause: failure,
  });
}

function explainBundleMessage({ id, text }: Message): string {
  if (text.startsWith('Top-level await')) {
    return 'Model code cannot use `await` at the top level: it must build the model at once.';
  }
  if (id === 'empty-import-meta') {
    return 'Model code cannot use `import.meta`: it runs as one CommonJS file. Use `__dirname`, the folder of the model file.';
  }
  return text.endsWith('.') ? text : `${text}.`;
}

/** Where the other of two things stands that cannot go together, such as two exports with one name. */
function otherPlace({ notes }: Message, folder: string): string {
  const [note] = notes.filter(({ location, text }) => location !== null && text.endsWith(':'));
  const place = note && messagePosition(note, folder);
  return place ? ` ${note.text} ${place.file}:${place.line}:${place.column}.` : '';
}

function messagePosition({ location }: Pick<Message, 'location'>, folder: string): SourcePosition | null {
  if (location === null) return null;
  // esbuild counts columns in bytes from 0, people in characters from 1.
  const before = Buffer.from(location.lineText, 'utf8').subarray(0, location.column).toString('utf8');
  return { file: resolve(folder, location.file), line: location.line, column: before.length + 1 };
}

function evaluateBundle(code: string, bundlePath: string, file: string): Record<string, unknown> {
  const userRequire = createRequire(file);
  const modelRequire = (id: string): unknown => {
    if (tfjsPackages.test(id)) return tfjsOfModels;
    if (id.startsWith('@tensorflow/tfjs')) {
      throw new Error(`Model code cannot use ${id}: import what you need from '@tensorflow/tfjs'.`);
    }
    return userRequire(id);
  };
  const module: { exports: unknown } = { exports: {} };
  const parameters = ['exports', 'require', 'module', '__filename', '__dirname'];
  const run: unknown = compileFunction(code, parameters, { filename: bundlePath });
  if (typeof run !== 'function') throw new TypeError('compileFunction gave no function.');
  Reflect.apply(run, module.exports, [module.exports, modelRequire, module, file, dirname(file)]);
  const { exports } = module;
  if (typeof exports === 'function') return { default: exports };
  return typeof exports === 'object' ? { ...exports } : {};
}

function positionOf(error: unknown, bundlePath: string, find: Places): SourcePosition | null {
  if (!(error instanceof Error) || error.stack === undefined) return null;
  for (const frame of error.stack.split('\n')) {
    const start = frame.indexOf(bundlePath);
    if (start < 0) continue;
    const place = /^:(\d+):(\d+)/.exec(frame.slice(start + bundlePath.length));
    if (place === null) continue;
    const position = find(Number(place[1]), Number(place[2]));
    if (position !== null && !isInPackage(position.file)) return position;
  }
  return null;
}
