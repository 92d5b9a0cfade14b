import * as vscode from 'vscode';
import type { LocatedRun, RunLibrary } from '../runs/library';
import type { CurvesPanel } from './panel';

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
  async open(runs: readonly LocatedRun[]): Promise<void> {
    const code = await loadPanel();
    const ids = runs.map(({ run }) => run.id);
    const last = [...this.panels].at(-1);
    if (last === undefined) {
      const panel = vscode.window.createWebviewPanel(curvesViewType, 'Curves', columnForCurves());
      this.adopt(panel, new code.CurvesPanel(panel, ids, this.library, this.extension, this.log));
    } else {
      last.reveal(ids);
    }
  }

  /** Takes over a panel of an earlier session; its page remembers what it showed. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    const code = await loadPanel();
    this.adopt(panel, new code.CurvesPanel(panel, null, this.library, this.extension, this.log));
  }

  /** Whether the person sees the curves of this run now. */
  isShowing(run: string): boolean {
    return [...this.panels].some((panel) => panel.isShowing(run));
  }

  private adopt(panel: vscode.WebviewPanel, curves: CurvesPanel): void {
    const media = vscode.Uri.joinPath(this.extension, 'media');
    panel.iconPath = {
      light: vscode.Uri.joinPath(media, 'curves-light.svg'),
      dark: vscode.Uri.joinPath(media, 'curves-dark.svg'),
    };
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

/** Loaded with the first panel: most windows never open one. */
function loadPanel(): Promise<{ CurvesPanel: typeof CurvesPanel }> {
  return import('./panel');
}

/** Beside a text that is being edited, else where the person is. */
function columnForCurves(): vscode.ViewColumn {
  return vscode.window.activeTextEditor === undefined ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside;
}
