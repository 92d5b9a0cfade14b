import * as vscode from 'vscode';
import type { RunContextKeys } from '../runs/contextKeys';
import { registerGutter } from './gutter';
import { registerLenses } from './lenses';
import type { OpenModels } from './openModels';

/** Shows in files of model code which layers they make and how open experiments use them. */
export function registerModelMarks(
  models: OpenModels,
  keys: RunContextKeys,
  extension: vscode.Uri,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  return vscode.Disposable.from(
    models.onDidChange(() => {
      keys.setKey('distillery.layerFiles', [...models.filesWithLayers()]);
    }),
    registerLenses(models),
    registerGutter(models, extension, log),
  );
}
