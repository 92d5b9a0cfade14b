import * as vscode from 'vscode';
import type { TextEdit } from '../../experiment/edits';

/**
 * Changes the text of an experiment by one small edit, which one undo takes back. The edit is made from the text as it
 * stands; when that changes before the edit arrives, it is made once more.
 *
 * @throws {Error} What `make` throws, and when VS Code refuses the edit twice.
 */
export async function editExperiment(uri: vscode.Uri, make: (text: string) => TextEdit): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const document = await vscode.workspace.openTextDocument(uri);
    const { range, text } = make(document.getText());
    const edit = new vscode.WorkspaceEdit();
    edit.replace(
      document.uri,
      new vscode.Range(range.line - 1, range.column - 1, range.endLine - 1, range.endColumn - 1),
      inLinesOf(document, text),
    );
    // VS Code refuses the edit when the document is no longer of the version that it was made for.
    if (await vscode.workspace.applyEdit(edit)) return;
  }
  throw new Error('The text of the experiment changed at the same time. Try again.');
}

function inLinesOf({ eol }: vscode.TextDocument, text: string): string {
  return eol === vscode.EndOfLine.CRLF ? text.replace(/\r?\n/g, '\r\n') : text;
}
