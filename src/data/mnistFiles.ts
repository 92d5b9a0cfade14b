import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ExperimentPath } from '../experiment/problem';
import { cacheDirectory } from './cache';
import { DataError } from './dataset';
import { downloadFile, isPublished, type DownloadOptions } from './download';
import { errorCode, errorText } from './failure';
import { MNIST_PARTS, type MnistConfig, type MnistFacts, type MnistPart } from './mnistFacts';
import type { OpenOptions } from './source';

export type MnistPaths = Record<MnistPart, string>;

/**
 * Finds the four files in `data.path`, or else in `$DISTILLERY_DATA/<dataset>/`, or else in `$DISTILLERY_DATA` itself.
 *
 * @returns null when they are to be taken from the download cache.
 * @throws DataError when a folder that is named does not exist, or holds some of the files but not all.
 */
export async function findMnist(
  facts: MnistFacts,
  config: MnistConfig,
  options: OpenOptions,
): Promise<MnistPaths | null> {
  if (config.path !== undefined) {
    const folder = resolve(options.baseDirectory, config.path);
    const at = ['data', 'path'];
    const paths = findInFolder(facts, folder, await listFolder(folder, at), at);
    if (paths !== null) return paths;
    throw missingFiles(facts, folder, MNIST_PARTS, at);
  }
  const root = (options.environment ?? process.env)['DISTILLERY_DATA'];
  if (root === undefined || root === '') return null;
  const names = await listFolder(resolve(root), ['data', 'dataset'], ' (from DISTILLERY_DATA)');
  if (names.includes(facts.dataset)) {
    const folder = resolve(root, facts.dataset);
    const at = ['data', 'dataset'];
    const paths = findInFolder(facts, folder, await listFolder(folder, at), at);
    if (paths !== null) return paths;
  }
  return findInFolder(facts, resolve(root), names, ['data', 'dataset']);
}

/**
 * The four files in the download cache; those that are missing or damaged are downloaded first.
 *
 * @throws DataError when a download fails: what each mirror said, and how to put the files in place by hand.
 */
export async function fetchMnist(
  facts: MnistFacts,
  options: OpenOptions,
  download: DownloadOptions = {},
): Promise<MnistPaths> {
  const folder = join(cacheDirectory(options.environment), 'datasets', facts.dataset);
  const paths = pathsIn(folder, (part) => facts.files[part].name);
  const missing: MnistPart[] = [];
  for (const part of MNIST_PARTS) {
    if (!(await isPublished(paths[part], facts.files[part]))) missing.push(part);
  }
  const total = missing.reduce((sum, part) => sum + facts.files[part].bytes, 0);
  let before = 0;
  for (const part of missing) {
    const file = facts.files[part];
    const onBytes = (received: number): void => {
      options.onProgress?.(`Downloading ${facts.title}: ${file.name}`, (before + received) / total);
    };
    onBytes(0);
    try {
      await downloadFile(file, facts.mirrors, paths[part], { ...download, onBytes });
    } catch (error) {
      throw withInstructions(facts, folder, error);
    }
    before += file.bytes;
  }
  return paths;
}

function pathsIn(folder: string, nameOf: (part: MnistPart) => string): MnistPaths {
  return {
    trainImages: join(folder, nameOf('trainImages')),
    trainLabels: join(folder, nameOf('trainLabels')),
    testImages: join(folder, nameOf('testImages')),
    testLabels: join(folder, nameOf('testLabels')),
  };
}

function withInstructions(facts: MnistFacts, cache: string, error: unknown): unknown {
  if (!(error instanceof DataError)) return error;
  const names = MNIST_PARTS.map((part) => facts.files[part].name).join(', ');
  return new DataError(
    `${facts.title} is not on this machine. ${error.message}\n` +
      `To go on without a download, get ${names} in another way and put them into a folder: name it as data.path, ` +
      `or put them into ${facts.dataset}/ of the folder that the environment variable DISTILLERY_DATA names, or into ${cache}.`,
    error.file,
    { at: ['data', 'dataset'], code: error.code, cause: error },
  );
}

async function listFolder(folder: string, at: ExperimentPath, from = ''): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const missing = errorCode(error) === 'ENOENT';
    throw new DataError(
      missing
        ? `${folder}${from}: there is no such folder.`
        : `${folder}${from}: cannot be listed (${errorText(error)}).`,
      folder,
      { at, code: missing ? 'missing-file' : 'bad-data', cause: error },
    );
  }
}

/** @returns null when none of the files is in the folder. @throws DataError when only some of them are. */
function findInFolder(
  facts: MnistFacts,
  folder: string,
  names: readonly string[],
  at: ExperimentPath,
): MnistPaths | null {
  const present = new Map<MnistPart, string>();
  for (const part of MNIST_PARTS) {
    const name = namesOf(facts.files[part].name).find((candidate) => names.includes(candidate));
    if (name !== undefined) present.set(part, name);
  }
  if (present.size === 0) return null;
  const missing = MNIST_PARTS.filter((part) => !present.has(part));
  if (missing.length > 0) throw missingFiles(facts, folder, missing, at);
  return pathsIn(folder, (part) => present.get(part) ?? facts.files[part].name);
}

/** Names that a file goes by: packed or not, and as some programs unpack it (`train-images.idx3-ubyte`). */
function namesOf(packed: string): string[] {
  const plain = packed.replace(/\.gz$/, '');
  const dotted = plain.replace(/-(idx\d-)/, '.$1');
  return [packed, plain, `${dotted}.gz`, dotted];
}

function missingFiles(
  facts: MnistFacts,
  folder: string,
  parts: readonly MnistPart[],
  at: ExperimentPath,
): DataError {
  const names = parts.map((part) => facts.files[part].name).join(', ');
  return new DataError(
    `${folder}: ${facts.title} needs four files; ${names} (with or without .gz) ${parts.length === 1 ? 'is' : 'are'} not in this folder.`,
    folder,
    { at, code: 'missing-file' },
  );
}
