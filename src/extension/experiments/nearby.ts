import { readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as vscode from 'vscode';
import type { FolderEntry, ModelTables, NearbyFiles, Surroundings } from '../../authoring/surroundings';
import type { TextEdit } from '../../experiment/edits';
import type { TextRange } from '../../experiment/problem';
import { fileProbe } from '../../runs/fileProbe';
import type { ExperimentPictures } from '../inspector/pictures';
import { experimentSuffix } from './files';

/** The documents that all helpers for experiments are registered for. */
export const experimentSelector: vscode.DocumentSelector = {
  scheme: 'file',
  pattern: `**/*${experimentSuffix}`,
};

const yamlExtension = 'redhat.vscode-yaml';

/** What may be asked of the models and files around an experiment that is open. */
export function surroundingsOf(document: vscode.TextDocument, pictures: ExperimentPictures): Surroundings {
  return { file: document.uri.fsPath, tables: tablesOf(document.uri, pictures), files: nearbyFiles };
}

/** The layer tables of an experiment, as far as they are known. */
export function tablesOf(uri: vscode.Uri, pictures: ExperimentPictures): ModelTables {
  const picture = pictures.of(uri)?.picture;
  return {
    student: picture?.student?.table ?? null,
    teachers: picture?.teachers.map(({ table }) => table) ?? [],
  };
}

/** Whether the YAML extension, which knows our schema, helps in the same way; then we tell only what it cannot know. */
export function isToldByOthers(uri: vscode.Uri, help: 'completion' | 'hover'): boolean {
  if (vscode.extensions.getExtension(yamlExtension) === undefined) return false;
  return vscode.workspace.getConfiguration('yaml', uri).get<unknown>(help) !== false;
}

/** A range of offsets, or of lines and columns from 1. */
export function rangeOfOffsets(document: vscode.TextDocument, start: number, end: number): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}

export function rangeOfText({ line, column, endLine, endColumn }: TextRange): vscode.Range {
  return new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1);
}

/** A minimal edit as one that VS Code can apply and undo. */
export function workspaceEdit(uri: vscode.Uri, { range, text }: TextEdit): vscode.WorkspaceEdit {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(uri, rangeOfText(range), text);
  return edit;
}

const probe = fileProbe((file) =>
  vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'file' && uri.fsPath === file)?.getText(),
);

const nearbyFiles: NearbyFiles = {
  resolve: (file, reference) => resolve(dirname(file), reference),
  list: entriesOf,
  read: (file) => probe.read(file),
  show: (file) => vscode.workspace.asRelativePath(file),
};

function entriesOf(folder: string): FolderEntry[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith('.'))
      .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  } catch {
    // There is no such folder, or it is closed to us: then there is nothing to propose.
    return [];
  }
}
