import * as vscode from 'vscode';
import type { TextRange } from '../../experiment/problem';
import { columnForText, type EditorGroup } from './columns';

/**
 * Shows a place in a text beside a panel, which keeps its place: in the column that shows the text already, else in a
 * column of texts, else in a new one.
 */
export async function revealText(
  uri: vscode.Uri,
  { line, column, endLine, endColumn }: TextRange,
  panel: vscode.ViewColumn | undefined,
): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  const chosen = columnForText(vscode.window.tabGroups.all.map(groupOf), document.uri.toString(), panel);
  const start = new vscode.Position(line - 1, column - 1);
  const range = document.validateRange(
    new vscode.Range(start, new vscode.Position(endLine - 1, endColumn - 1)),
  );
  const editor = await vscode.window.showTextDocument(document, {
    viewColumn: chosen ?? vscode.ViewColumn.Beside,
    selection: range,
    preview: true,
  });
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

function groupOf({ viewColumn, activeTab, tabs }: vscode.TabGroup): EditorGroup<vscode.ViewColumn> {
  return {
    column: viewColumn,
    shown: activeTab?.input instanceof vscode.TabInputWebview ? 'webview' : addressOf(activeTab),
    texts: tabs.flatMap((tab) => addressOf(tab) ?? []),
    isEmpty: tabs.length === 0,
  };
}

function addressOf(tab: vscode.Tab | undefined): string | null {
  return tab?.input instanceof vscode.TabInputText ? tab.input.uri.toString() : null;
}
