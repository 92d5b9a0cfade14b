import * as vscode from 'vscode';
import type { CommandName } from '../commandNames';
import { codeLensSetting, isCodeLensShown } from '../settings';
import type { LayerLine, Side } from './layerLines';
import type { OpenModels } from './openModels';
import { hoverText, lensTexts, type Links } from './texts';

/** Model code may be written in any language: the layers of an exported file come from Python, those of Darknet from cfg. */
const anyFile: vscode.DocumentSelector = { scheme: 'file' };

export const pickCommands: Readonly<Record<Side, CommandName>> = {
  teacher: 'distillery.useAsHintLayer',
  student: 'distillery.useAsGuidedLayer',
};

/** Shows above and in lines of code which layers they make. */
export function registerLenses(models: OpenModels): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const lenses: vscode.CodeLensProvider = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: async (document) => {
      if (!isCodeLensShown(document.uri)) return [];
      return (await models.linesIn(document)).flatMap((line) => lensesOf(document, line));
    },
  };
  const hovers: vscode.HoverProvider = {
    provideHover: async (document, position) => {
      const lines = await models.linesIn(document);
      const line = lines.find((each) => each.line === position.line + 1);
      return line === undefined ? undefined : hoverOf(document, line);
    },
  };
  return vscode.Disposable.from(
    changed,
    models.onDidChange(() => {
      changed.fire();
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(codeLensSetting)) changed.fire();
    }),
    vscode.languages.registerCodeLensProvider(anyFile, lenses),
    vscode.languages.registerHoverProvider(anyFile, hovers),
  );
}

function lensesOf(document: vscode.TextDocument, line: LayerLine): vscode.CodeLens[] {
  const { range } = document.lineAt(line.line - 1);
  const { summary, actions } = lensTexts(line);
  // Without a command of its own, a lens is a text.
  return [
    new vscode.CodeLens(range, { title: summary, command: '' }),
    ...actions.map(({ side, title }) => {
      const parameters = [document.uri, line.line];
      return new vscode.CodeLens(range, { title, command: pickCommands[side], arguments: parameters });
    }),
  ];
}

function hoverOf(document: vscode.TextDocument, line: LayerLine): vscode.Hover {
  const text = new vscode.MarkdownString(hoverText(line, links));
  return new vscode.Hover(text, document.lineAt(line.line - 1).range);
}

const links: Links = {
  position: ({ file, line, column }) =>
    vscode.Uri.file(file)
      .with({ fragment: `L${line},${column}` })
      .toString(),
  file: (path) => vscode.Uri.file(path).toString(),
  name: (path) => path.split(/[/\\]/).at(-1) ?? path,
};
