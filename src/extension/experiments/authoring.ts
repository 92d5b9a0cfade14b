import * as vscode from 'vscode';
import type { ExperimentPictures } from '../inspector/pictures';
import { registerCompletion } from './completion';
import { registerDefinition } from './definition';
import type { ExperimentDiagnostics } from './diagnostics';
import { registerFixes } from './fixes';
import { registerFolding } from './folding';
import { registerHover } from './hover';
import { registerOutline } from './outline';
import { registerReferences } from './references';

/** Everything that helps to write an experiment in its editor. Nothing of it is loaded before it is asked for. */
export function registerAuthoring(
  pictures: ExperimentPictures,
  diagnostics: ExperimentDiagnostics,
): vscode.Disposable {
  return vscode.Disposable.from(
    registerCompletion(pictures),
    registerHover(pictures),
    registerDefinition(pictures),
    registerReferences(pictures),
    registerOutline(),
    registerFolding(),
    registerFixes(diagnostics),
  );
}
