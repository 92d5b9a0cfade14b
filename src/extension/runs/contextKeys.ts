import * as vscode from 'vscode';
import type { ContextKeys } from '../commandNames';
import type { LocatedRun, RunLibrary } from './library';
import { isResumable } from './treeItems';

/** Keeps the keys that the `when` clauses of package.json ask in step with the runs. */
export class RunContextKeys implements vscode.Disposable {
  private readonly subscription: vscode.Disposable;
  /** As JSON: setting a key makes every menu of the window be looked at again. */
  private readonly set = new Map<string, string>();

  constructor(private readonly library: RunLibrary) {
    this.subscription = library.onDidChange(() => {
      this.follow();
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }

  setKey<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): void {
    const text = JSON.stringify(value);
    if (this.set.get(key) === text) return;
    this.set.set(key, text);
    void vscode.commands.executeCommand('setContext', key, value);
  }

  private follow(): void {
    const { runs } = this.library;
    const running = runs.filter(({ run }) => run.state === 'running');
    this.setKey('distillery.hasRuns', runs.length > 0);
    this.setKey('distillery.hasRunning', running.length > 0);
    this.setKey(
      'distillery.hasResumable',
      runs.some(({ run }) => isResumable(run)),
    );
    this.setKey(
      'distillery.hasArchived',
      runs.some(({ run }) => run.labels.archived),
    );
    this.setKey('distillery.runningExperiments', [
      ...new Set(running.map((each) => experimentUri(each).fsPath)),
    ]);
  }
}

/** The experiment file that a run was started from. */
export function experimentUri({ folder, run }: LocatedRun): vscode.Uri {
  return vscode.Uri.joinPath(folder.uri, run.experimentPath);
}
