import * as vscode from 'vscode';
import type { KnownExperiment } from '../../authoring/uses';
import type { ExperimentPictures } from '../inspector/pictures';
import { isExperiment } from './files';
import { experimentSelector, rangeOfText, tablesOf } from './nearby';

/** Finds the hints of all open experiments that name a layer, and the line that makes it. */
export function registerReferences(pictures: ExperimentPictures): vscode.Disposable {
  return vscode.languages.registerReferenceProvider(experimentSelector, {
    provideReferences: async (document, position, { includeDeclaration }): Promise<vscode.Location[]> => {
      const { layerAt, usesOfLayer } = await import('../../authoring/uses');
      const tables = tablesOf(document.uri, pictures);
      const layer = layerAt(document.getText(), document.offsetAt(position), tables);
      if (layer === null) return [];
      const uses = usesOfLayer(layer, openExperiments(pictures)).map(
        ({ file, range }) => new vscode.Location(vscode.Uri.file(file), rangeOfText(range)),
      );
      const { source } = layer.row;
      if (!includeDeclaration || source === null) return uses;
      const place = new vscode.Position(source.line - 1, source.column - 1);
      return [new vscode.Location(vscode.Uri.file(source.file), place), ...uses];
    },
  });
}

function openExperiments(pictures: ExperimentPictures): KnownExperiment[] {
  return vscode.workspace.textDocuments
    .filter(({ uri }) => isExperiment(uri))
    .map((document) => ({
      file: document.uri.fsPath,
      text: document.getText(),
      tables: tablesOf(document.uri, pictures),
    }));
}
