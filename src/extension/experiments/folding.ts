import * as vscode from 'vscode';
import { experimentSelector } from './nearby';

/** Folds the parts, items and comments of experiments. */
export function registerFolding(): vscode.Disposable {
  return vscode.languages.registerFoldingRangeProvider(experimentSelector, {
    provideFoldingRanges: async (document) => {
      const { foldsOf } = await import('../../authoring/folding');
      return foldsOf(document.getText()).map(({ start, end, isComment }) =>
        isComment
          ? new vscode.FoldingRange(start, end, vscode.FoldingRangeKind.Comment)
          : new vscode.FoldingRange(start, end),
      );
    },
  });
}
