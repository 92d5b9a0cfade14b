import * as vscode from 'vscode';
import { experimentSuffix } from './files';
import { exampleFiles, freeBaseName } from './templates';

/**
 * Writes the commented example, a teacher and its student, into a workspace folder and opens the student.
 * Returns without doing anything when several folders are open and none was chosen.
 */
export async function newExperiment(): Promise<void> {
  const folder = await chooseFolder();
  if (folder === undefined) return;
  const entries = await vscode.workspace.fs.readDirectory(folder.uri);
  const taken = new Set(entries.map(([name]) => name).filter((name) => name.endsWith(experimentSuffix)));
  const { teacher, student } = exampleFiles(freeBaseName('digits', taken));
  const edit = new vscode.WorkspaceEdit();
  for (const { name, text } of [teacher, student]) {
    edit.createFile(vscode.Uri.joinPath(folder.uri, name), { contents: Buffer.from(text) });
  }
  if (!(await vscode.workspace.applyEdit(edit))) {
    throw new Error(`The example could not be written to ${folder.uri.fsPath}.`);
  }
  await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, student.name));
}

async function chooseFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (folders.length === 0) throw new Error('Open a folder first: experiments and their runs live in it.');
  if (folders.length === 1) return folders[0];
  return vscode.window.showWorkspaceFolderPick({ placeHolder: 'Where to create the experiment' });
}
