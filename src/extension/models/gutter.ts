import * as vscode from 'vscode';
import type { Side } from './layerLines';
import type { OpenModels } from './openModels';

const sides: readonly Side[] = ['teacher', 'student'];
const pictures: Readonly<Record<Side, string>> = { teacher: 'hint', student: 'guided' };

/** Marks the lines of code whose layers an open experiment uses: hint layers of teachers, guided layers of students. */
export function registerGutter(
  models: OpenModels,
  extension: vscode.Uri,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  const marks = new Map(sides.map((side) => [side, markOf(extension, pictures[side])]));
  const draw = async (editor: vscode.TextEditor): Promise<void> => {
    try {
      const lines = await models.linesIn(editor.document);
      for (const [side, mark] of marks) {
        const used = lines.filter(({ layers }) =>
          layers.some(({ uses }) => uses.some((use) => use.side === side)),
        );
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

function markOf(extension: vscode.Uri, name: string): vscode.TextEditorDecorationType {
  const icon = (theme: string): vscode.Uri => vscode.Uri.joinPath(extension, 'media', `${name}-${theme}.svg`);
  return vscode.window.createTextEditorDecorationType({
    gutterIconSize: 'contain',
    dark: { gutterIconPath: icon('dark') },
    light: { gutterIconPath: icon('light') },
    overviewRulerColor: new vscode.ThemeColor(name === 'hint' ? 'charts.orange' : 'charts.blue'),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
}
