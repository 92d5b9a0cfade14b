import { basename } from 'node:path';
import * as vscode from 'vscode';
import { experimentSuffix, isExperiment } from '../experiments/files';
import type { ExperimentPictures } from '../inspector/pictures';
import type { HintsPanel } from './panel';

/** As in `onWebviewPanel:` of package.json. */
export const hintsViewType = 'distillery.hints';

/** The hint pickers of the window, one for each experiment. */
export class HintsPanels implements vscode.WebviewPanelSerializer, vscode.Disposable {
  /** By address of the experiment. */
  private readonly panels = new Map<string, HintsPanel>();

  constructor(
    private readonly pictures: ExperimentPictures,
    private readonly extension: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  dispose(): void {
    for (const panel of this.panels.values()) panel.dispose();
  }

  /** Shows the picker of an experiment, beside its text. */
  async open(experiment: vscode.Uri): Promise<void> {
    const code = await loadPanel();
    if (this.reveal(experiment)) return;
    const isSeen = vscode.window.visibleTextEditors.some(
      ({ document }) => document.uri.toString() === experiment.toString(),
    );
    if (!isSeen) await vscode.window.showTextDocument(experiment, { preview: true });
    // A second press of the button may have opened it meanwhile.
    if (this.reveal(experiment)) return;
    const panel = vscode.window.createWebviewPanel(
      hintsViewType,
      titleOf(experiment),
      vscode.ViewColumn.Beside,
    );
    this.adopt(panel, experiment, code);
  }

  /** Takes over a panel of an earlier session; its page remembers the experiment. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, saved: unknown): Promise<void> {
    const experiment = experimentOf(saved);
    if (experiment === undefined || !isExperiment(experiment)) {
      this.log.debug('A hint picker of an earlier session does not know its experiment, and is closed.');
      panel.dispose();
      return;
    }
    this.adopt(panel, experiment, await loadPanel());
  }

  /** @returns whether there is a picker of the experiment. */
  private reveal(experiment: vscode.Uri): boolean {
    const known = this.panels.get(experiment.toString());
    known?.reveal();
    return known !== undefined;
  }

  private adopt(panel: vscode.WebviewPanel, experiment: vscode.Uri, code: PanelCode): void {
    const key = experiment.toString();
    const media = vscode.Uri.joinPath(this.extension, 'media');
    panel.iconPath = {
      light: vscode.Uri.joinPath(media, 'hints-light.svg'),
      dark: vscode.Uri.joinPath(media, 'hints-dark.svg'),
    };
    panel.title = titleOf(experiment);
    const hints = new code.HintsPanel(panel, experiment, this.pictures, this.extension, this.log);
    this.panels.set(key, hints);
    panel.onDidDispose(() => {
      if (this.panels.get(key) === hints) this.panels.delete(key);
      hints.dispose();
    });
  }
}

interface PanelCode {
  HintsPanel: typeof HintsPanel;
}

/** Loaded with the first picker: most windows never open one. */
function loadPanel(): Promise<PanelCode> {
  return import('./panel');
}

/** The experiment in what the page keeps over a reload of the window. Without zod, which is not loaded with a window. */
function experimentOf(saved: unknown): vscode.Uri | undefined {
  if (typeof saved !== 'object' || saved === null || !('experiment' in saved)) return undefined;
  const { experiment } = saved;
  return typeof experiment === 'string' && experiment !== '' ? vscode.Uri.parse(experiment) : undefined;
}

function titleOf(experiment: vscode.Uri): string {
  return `Hints: ${basename(experiment.path, experimentSuffix)}`;
}
