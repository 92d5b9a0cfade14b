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

/** Adds a file and what it imports, in the order of the imports. */
async function collect(file: string, texts: Map<string, string>): Promise<boolean> {
  if (texts.has(file)) return true;
  const text = await readIfFile(file);
  if (text === null) return false;
  texts.set(file, text);
  for (const [, , specifier] of text.matchAll(relativeImport)) {
    const target = resolve(dirname(file), specifier!);
    // TypeScript lets an import say `./blocks.js` and mean `./blocks.ts`.
    const stem = target.replace(/\.[mc]?js$/, '');
    for (const candidate of new Set(
      [target, stem].flatMap((start) => endings.map((ending) => start + ending)),
    )) {
      if (await collect(candidate, texts)) break;
    }
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
