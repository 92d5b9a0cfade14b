import * as vscode from 'vscode';
import type { ExperimentFiles } from '../experiments/files';
import { exampleFiles, freeBaseName, planFiles, type TemplateFile } from './plan';
import { askExperiment } from './questions';
import { WorkspaceSearch } from './search';

/** The argument with which the welcome view asks for the example, without a question. */
const exampleArgument = 'example';

/**
 * Writes a new experiment with what it needs (a teacher, a model to begin with) into a workspace folder, and opens it.
 * Does nothing when a question was left unanswered.
 * @param what `example` for the example; else the person is asked.
 */
export async function newExperiment(files: ExperimentFiles, what: unknown): Promise<void> {
  const folder = await chooseFolder();
  if (folder === undefined) return;
  await files.refresh();
  const search = new WorkspaceSearch(folder, files);
  const wanted = what === exampleArgument ? { kind: 'example' as const } : await askExperiment(search);
  if (wanted === undefined) return;
  const written =
    wanted.kind === 'example' ? freeExample(search.takenNames()) : planFiles(wanted.choice, wanted.base);
  await write(search, written);
}

function freeExample(taken: ReadonlySet<string>): TemplateFile[] {
  const namesOf = (base: string): string[] => exampleFiles(base).map(({ name }) => name);
  return exampleFiles(freeBaseName('digits', namesOf, taken));
}

/** Writes all files by one edit, which one undo takes back, and shows the last one. */
async function write(search: WorkspaceSearch, files: readonly TemplateFile[]): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  for (const { name, text } of files) edit.createFile(search.uriOf(name), { contents: Buffer.from(text) });
  if (!(await vscode.workspace.applyEdit(edit))) {
    const names = files.map(({ name }) => name).join(', ');
    throw new Error(
      `The experiment could not be written to ${search.folder.uri.fsPath}: one of ${names} is there already, or the folder cannot be written to.`,
    );
  }
  const experiment = files.at(-1);
  if (experiment !== undefined) await vscode.window.showTextDocument(search.uriOf(experiment.name));
}

async function chooseFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (folders.length === 0) throw new Error('Open a folder first: experiments and their runs live in it.');
  if (folders.length === 1) return folders[0];
  return vscode.window.showWorkspaceFolderPick({ placeHolder: 'Where to create the experiment' });
}
