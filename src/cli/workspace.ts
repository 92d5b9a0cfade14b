import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { findWorkspace } from '../runs/workspace';
import { CommandError } from './exit';

/**
 * The workspace that is named, or the one that the working directory belongs to.
 *
 * @throws CommandError when the named folder does not exist.
 */
export async function chosenWorkspace(workspace: string | undefined): Promise<string> {
  if (workspace === undefined) return findWorkspace(process.cwd());
  const folder = path.resolve(workspace);
  if (!existsSync(folder)) throw new CommandError(`The workspace ${folder} does not exist.`);
  return folder;
}
