import * as vscode from 'vscode';
import { markOf, type LineMark } from './layerLines';
import type { OpenModels } from './openModels';

/** Their colours beside the scroll bar; their pictures in `media` have their names. */
const colors: Readonly<Record<LineMark, string>> = {
  hint: 'charts.orange',
  guided: 'charts.blue',
  both: 'charts.purple',
};
const kinds: readonly LineMark[] = ['hint', 'guided', 'both'];

/** Marks the lines of code whose layers an open experiment uses: hint layers of teachers, guided layers of students. */
export function registerGutter(
  models: OpenModels,
  extension: vscode.Uri,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const marks = new Map(kinds.map((kind) => [kind, decorationOf(extension, kind)]));
  const draw = async (editor: vscode.TextEditor): Promise<void> => {
    try {
      const lines = await models.linesIn(editor.document);
      for (const [kind, mark] of marks) {
        const used = lines.filter((line) => markOf(line) === kind);
        editor.setDecorations(
          mark,
          used.map(({ line }) => new vscode.Range(line - 1, 0, line - 1, 0)),
        );
      }
    } catch (error) {
      log.warn(`The layers of ${editor.document.uri.fsPath} could not be marked.`, error);
    }
  };
  const drawAll = (): void => {
    for (const editor of vscode.window.visibleTextEditors) void draw(editor);
  };
  drawAll();
  return vscode.Disposable.from(
    ...marks.values(),
    models.onDidChange(drawAll),
    vscode.window.onDidChangeVisibleTextEditors(drawAll),
  );
}

function decorationOf(extension: vscode.Uri, name: LineMark): vscode.TextEditorDecorationType {
  const icon = (theme: string): vscode.Uri => vscode.Uri.joinPath(extension, 'media', `${name}-${theme}.svg`);
  return vscode.window.createTextEditorDecorationType({
    gutterIconSize: 'contain',
    dark: { gutterIconPath: icon('dark') },
    light: { gutterIconPath: icon('light') },
    overviewRulerColor: new vscode.ThemeColor(colors[name]),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
}
