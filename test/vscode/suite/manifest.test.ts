import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension('distillery.distillery');
  assert.ok(found, 'VS Code does not know the extension distillery.distillery');
  return found;
}

describe('manifest', () => {
  it('activates', async () => {
    console.log(
      vscode.version,
      vscode.env.uiKind,
      vscode.workspace.workspaceFolders?.[0]?.uri.toString(),
      Object.keys(extension()),
    );
    await extension().activate();
  });
});
