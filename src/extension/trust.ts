import * as vscode from 'vscode';

const manage = 'Manage Workspace Trust';

/**
 * Whether code of the workspace may run. If not, the person is told why it matters here and can change it.
 * @param what What is refused, e.g. `running an experiment`.
 */
export async function isTrustedFor(what: string): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const answer = await vscode.window.showWarningMessage(
    `This folder is not trusted: ${what} executes model code that the folder contains.`,
    manage,
  );
  if (answer === manage) await vscode.commands.executeCommand('workbench.trust.manage');
  return vscode.workspace.isTrusted;
}
