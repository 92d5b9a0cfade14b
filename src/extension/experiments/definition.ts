import * as vscode from 'vscode';
import type { ExperimentPictures } from '../inspector/pictures';
import { experimentSelector, rangeOfOffsets, surroundingsOf } from './nearby';

/** Leads from layers to the lines that make them, from models to their exports, from files to themselves. */
export function registerDefinition(pictures: ExperimentPictures): vscode.Disposable {
  return vscode.languages.registerDefinitionProvider(experimentSelector, {
    provideDefinition: async (document, position): Promise<vscode.LocationLink[]> => {
      const { definitionAt } = await import('../../authoring/definition');
      const offset = document.offsetAt(position);
      const found = definitionAt(document.getText(), offset, surroundingsOf(document, pictures));
      if (found === null) return [];
      const { file, line, column } = found.target;
      const place = new vscode.Position(line - 1, column - 1);
      return [
        {
          originSelectionRange: rangeOfOffsets(document, found.start, found.end),
          targetUri: vscode.Uri.file(file),
          targetRange: new vscode.Range(place, place),
        },
      ];
    },
  });
}
