import { stat, writeFile, mkdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { hasCode, isMissing } from './files';

/** The folder of a workspace that holds what Distillery writes. */
export const distilleryFolder = '.distillery';

/** Where the runs of a workspace live: `<workspace>/.distillery/runs`. */
export function runsFolder(workspace: string): string {
  return join(workspace, distilleryFolder, 'runs');
}

/** Where targets of teachers are kept: `<workspace>/.distillery/cache/targets`. Nothing there is missed when deleted. */
export function targetsFolder(workspace: string): string {
  return join(workspace, distilleryFolder, 'cache', 'targets');
}

/** The workspace of a run folder, `<workspace>/.distillery/runs/<id>`. */
export function workspaceOf(runDirectory: string): string {
  return dirname(dirname(dirname(runDirectory)));
}

/**
 * The workspace that a folder belongs to: the nearest folder upwards that has a `.distillery`, else the nearest root of
 * a git repository, else the folder itself.
 * @param folder Absolute path of the folder of an experiment file, or the working directory.
 */
export async function findWorkspace(folder: string): Promise<string> {
  const ancestors = ancestorsOf(folder);
  for (const ancestor of ancestors) {
    if (await isFolder(join(ancestor, distilleryFolder))) return ancestor;
  }
  for (const ancestor of ancestors) {
    // A file in worktrees and submodules.
    if (await exists(join(ancestor, '.git'))) return ancestor;
  }
  return folder;
}

/**
 * Makes `.distillery/runs`, and the `.gitignore` that keeps it out of version control.
 * @returns The folder of the runs.
 */
export async function prepareWorkspace(workspace: string): Promise<string> {
  const folder = runsFolder(workspace);
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(join(workspace, distilleryFolder, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  return folder;
}

/** A path as records hold it: relative to the workspace, with `/` on every system. */
export function workspaceRelative(workspace: string, path: string): string {
  return relative(workspace, path).split(sep).join('/');
}

function ancestorsOf(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestorsOf(parent)];
}

async function exists(path: string): Promise<boolean> {
  return (await statIfPresent(path)) !== null;
}

async function isFolder(path: string): Promise<boolean> {
  return (await statIfPresent(path))?.isDirectory() ?? false;
}

async function statIfPresent(path: string): Promise<Awaited<ReturnType<typeof stat>> | null> {
  try {
    return await stat(path);
  } catch (error) {
    // EACCES: a folder above that others keep closed is not our workspace.
    if (isMissing(error) || hasCode(error, 'ENOTDIR') || hasCode(error, 'EACCES')) return null;
    throw error;
  }
}
