import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { hasCode, isMissing } from './files';

/** What may stand for the ending that an import leaves out, in the order in which bundlers try. */
const endings = ['', '.ts', '.tsx', '.mts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js'];
const relativeImport = /\b(?:from|import|require)\s*\(?\s*(['"`])(\.{1,2}\/[^'"`\n]+)\1/g;

/**
 * sha256, in hex, of a file of model code and of all files of the workspace that it imports: changes whenever the model
 * may have changed. Where the files lie does not count. Null when the file does not exist.
 *
 * Imports are found by their look, without a parser: an import in a comment counts too, which does no harm.
 */
export async function hashModelCode(file: string): Promise<string | null> {
  const texts = new Map<string, string>();
  if (!(await collect(file, texts))) return null;
  const hash = createHash('sha256');
  for (const text of texts.values()) hash.update(`${Buffer.byteLength(text)}\n${text}`);
  return hash.digest('hex');
}

/**
 * Absolute paths of a file of model code and of all files of the workspace that it imports, itself first. Those that it
 * imports and that are not there are left out of `files`; `missing` has the names that would be looked for.
 */
export async function modelCodeFiles(file: string): Promise<{ files: string[]; missing: string[] }> {
  const texts = new Map<string, string>();
  const missing = new Set<string>();
  if (!(await collect(file, texts, missing))) missing.add(file);
  return { files: [...texts.keys()], missing: [...missing] };
}

/** Adds a file and what it imports, in the order of the imports. */
async function collect(
  file: string,
  texts: Map<string, string>,
  missing = new Set<string>(),
): Promise<boolean> {
  if (texts.has(file)) return true;
  const text = await readIfFile(file);
  if (text === null) return false;
  texts.set(file, text);
  for (const [, , specifier] of text.matchAll(relativeImport)) {
    const target = resolve(dirname(file), specifier!);
    // TypeScript lets an import say `./blocks.js` and mean `./blocks.ts`.
    const stem = target.replace(/\.[mc]?js$/, '');
    const candidates = new Set([target, stem].flatMap((start) => endings.map((ending) => start + ending)));
    let isFound = false;
    for (const candidate of candidates) {
      isFound = await collect(candidate, texts, missing);
      if (isFound) break;
    }
    if (!isFound) for (const candidate of candidates) missing.add(candidate);
  }
  return true;
}

async function readIfFile(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error) || hasCode(error, 'EISDIR') || hasCode(error, 'ENOTDIR')) return null;
    throw error;
  }
}
