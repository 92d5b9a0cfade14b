import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

/** The extension under test. */
export function distillery(): vscode.Extension<unknown> {
  const extension = vscode.extensions.getExtension('distillery.distillery');
  assert.ok(extension, 'VS Code does not know the extension distillery.distillery.');
  return extension;
}

/** The folder that the window has open. */
export function workspaceFolder(): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0];
  assert.ok(folder, 'The window has no folder open.');
  return folder.uri;
}

/** Writes a file of the workspace. */
export async function writeText(name: string, text: string): Promise<vscode.Uri> {
  const uri = vscode.Uri.joinPath(workspaceFolder(), name);
  await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
  return uri;
}

/**
 * Waits until something is there and returns it.
 * @throws {Error} When the time of the test is nearly over; the message says what was waited for.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 100,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`Waited ${seconds} s in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
