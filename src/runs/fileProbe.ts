import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { FileProbe } from '../experiment/files';

/**
 * The files of this machine, for the checks of an experiment.
 * @param unsaved The text of a file as it stands in an editor; undefined when the disk has it.
 */
export function fileProbe(unsaved: (file: string) => string | undefined): FileProbe {
  return {
    resolve: (file, reference) => resolve(dirname(file), reference),
    exists: existsSync,
    list: (folder) => {
      try {
        return readdirSync(folder);
      } catch {
        // There is no such folder, or it is closed to us: then there is nothing near to propose.
        return [];
      }
    },
    read: (file) => {
      const text = unsaved(file);
      if (text !== undefined) return text;
      try {
        return readFileSync(file, 'utf8');
      } catch {
        // Reported by whoever names the file.
        return null;
      }
    },
  };
}
