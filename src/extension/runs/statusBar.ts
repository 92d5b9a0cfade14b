import * as vscode from 'vscode';
import type { RunLibrary } from './library';
import { statusText } from './status';

/** The status bar item that is there while something runs; a click opens the curves of what runs. */
export class RunStatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'distillery.running',
    vscode.StatusBarAlignment.Left,
  );
  private readonly subscription: vscode.Disposable;

  constructor(private readonly library: RunLibrary) {
    this.item.name = 'Distillery Runs';
    this.subscription = library.onDidChange(() => {
      this.update();
    });
    this.update();
  }

  dispose(): void {
    this.subscription.dispose();
    this.item.dispose();
  }

  private update(): void {
    const running = this.library.runs.filter(({ run }) => run.state === 'running').map(({ run }) => run);
    const status = statusText(running);
    if (status === null) {
      this.item.hide();
      return;
    }
    this.item.text = status.text;
    this.item.tooltip = status.tooltip;
    this.item.command = {
      command: 'distillery.openCurves',
      title: 'Open Curves',
      arguments: [running.map(({ directory }) => directory)],
    };
    this.item.show();
  }
}
