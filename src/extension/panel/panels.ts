import * as vscode from 'vscode';
import type { LocatedRun, RunLibrary } from '../runs/library';
import { CurvesPanel } from './panel';

/** As in `onWebviewPanel:` of package.json. */
export const curvesViewType = 'distillery.curves';

/** The curves panels of the window: usually one, and those that an earlier session left open. */
export class CurvesPanels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  /** The one used last comes last. */
  private readonly panels = new Set<CurvesPanel>();

  constructor(
    private readonly library: RunLibrary,
    private readonly extension: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  dispose(): void {
    for (const panel of this.panels) panel.dispose();
  }

  /** Shows the curves of these runs, overlaid, in the panel that was used last or in a new one. */
  open(runs: readonly LocatedRun[]): void {
    const ids = runs.map(({ run }) => run.id);
    const last = [...this.panels].at(-1);
    if (last !== undefined) {
      last.reveal(ids);
      return;
    }
    const panel = vscode.window.createWebviewPanel(curvesViewType, 'Curves', columnForCurves());
    this.adopt(panel, ids);
  }

  /** Takes over a panel of an earlier session; its page remembers what it showed. */
  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.adopt(panel, null);
    return Promise.resolve();
  }

  /** Whether the person sees the curves of this run now. */
  isShowing(run: string): boolean {
    return [...this.panels].some((panel) => panel.isShowing(run));
  }

  private adopt(panel: vscode.WebviewPanel, shown: readonly string[] | null): void {
    const media = vscode.Uri.joinPath(this.extension, 'media');
    panel.iconPath = {
      light: vscode.Uri.joinPath(media, 'curves-light.svg'),
      dark: vscode.Uri.joinPath(media, 'curves-dark.svg'),
    };
    const curves = new CurvesPanel(panel, shown, this.library, this.extension, this.log);
    this.panels.add(curves);
    panel.onDidChangeViewState(() => {
      if (!panel.active) return;
      this.panels.delete(curves);
      this.panels.add(curves);
    });
    panel.onDidDispose(() => {
      this.panels.delete(curves);
      curves.dispose();
    });
  }
}

/** Beside a text that is being edited, else where the person is. */
function columnForCurves(): vscode.ViewColumn {
  return vscode.window.activeTextEditor === undefined ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside;
}
