import { readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { CommandError } from './exit';

/**
 * The names of classes that lie beside a model: `coco.names`, the only `*.names`, or what `names=` of the only `*.data`
 * names. Names of another number of classes are not taken.
 *
 * @param model the file of a model; undefined for one of the zoo.
 * @returns null when there are none that fit.
 */
export async function namesBeside(model: string | undefined, classes: number): Promise<string[] | null> {
  if (model === undefined) return null;
  const folder = path.dirname(model);
  const files = await readdir(folder).catch(() => []);
  const names = files.filter((name) => name.endsWith('.names'));
  const chosen = names.includes('coco.names') ? 'coco.names' : names.length === 1 ? names[0]! : null;
  const file = chosen === null ? await namesOfData(folder, files) : path.join(folder, chosen);
  if (file === null) return null;
  const read = await readNames(file).catch(() => null);
  return read?.length === classes ? read : null;
}

/** `names=` of the only `*.data` file of a folder. */
async function namesOfData(folder: string, files: readonly string[]): Promise<string | null> {
  const [data, ...others] = files.filter((name) => name.endsWith('.data'));
  if (data === undefined || others.length > 0) return null;
  const text = await readFile(path.join(folder, data), 'utf8').catch(() => '');
  const found = /^\s*names\s*=\s*(\S+)/m.exec(text)?.[1];
  return found === undefined ? null : path.resolve(folder, found);
}

/**
 * The names of a file that was asked for.
 *
 * @throws CommandError when it cannot be read or names another number of classes.
 */
export async function namesOf(file: string, classes: number): Promise<string[]> {
  const names = await readNames(file).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`The names ${file} cannot be read: ${reason}.`);
  });
  if (names.length === classes) return names;
  throw new CommandError(`${file} names ${names.length} classes; the model knows ${classes}.`);
}

/** One name a line. */
async function readNames(file: string): Promise<string[]> {
  const lines = (await readFile(file, 'utf8')).split(/\r?\n/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}
