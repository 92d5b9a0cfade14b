import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { referencedFiles } from '../experiment/files';
import { parseExperiment } from '../experiment/parse';

const experimentSuffix = '.distill.yaml';
/** More folders than this are no longer looked through: the workspace may be the root of anything. */
const mostFolders = 2_000;

/**
 * Whether an experiment of the workspace names this one as its teacher.
 * @param file Absolute path of the experiment that may be a teacher.
 * @param workspace Absolute path of the folder that is looked through, folders within it too, but not hidden ones and
 *   packages.
 */
export async function isTeacherInWorkspace(file: string, workspace: string): Promise<boolean> {
  // Students mostly lie beside their teacher.
  const pending = [dirname(file), workspace];
  const seen = new Set<string>();
  for (let folder = pending.shift(); folder !== undefined; folder = pending.shift()) {
    if (seen.has(folder)) continue;
    if (seen.size >= mostFolders) return false;
    seen.add(folder);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.name.endsWith(experimentSuffix) && (await namesAsTeacher(path, file))) return true;
      const isPassedOver = entry.name.startsWith('.') || entry.name === 'node_modules';
      if (entry.isDirectory() && !isPassedOver) pending.push(path);
    }
  }
  return false;
}

async function namesAsTeacher(student: string, teacher: string): Promise<boolean> {
  const text = await readFile(student, 'utf8').catch(() => '');
  // Parsing is for those that may name it.
  if (student === teacher || !text.includes(basename(teacher))) return false;
  const { draft } = parseExperiment(text, student);
  const files = draft === null ? [] : referencedFiles(draft);
  return files.some(
    (named) => named.kind === 'experiment' && resolve(dirname(student), named.file) === teacher,
  );
}
