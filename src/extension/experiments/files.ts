import * as vscode from 'vscode';

/** What makes a file an experiment. */
export const experimentSuffix = '.distill.yaml';
const experimentPattern = `**/*${experimentSuffix}`;
/** Copies that others made, and our own folder. */
const passedOver = '**/{node_modules,.distillery,.git,dist,out}/**';
/** A workspace with more than this is a data set. */
const mostFiles = 2_000;

/** Whether a document or file is an experiment on disk. */
export function isExperiment(uri: vscode.Uri): boolean {
  return uri.scheme === 'file' && uri.path.endsWith(experimentSuffix);
}

/** The experiment files of the workspace, kept up to date. */
export class ExperimentFiles implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: vscode.Disposable[];
  private known = new Map<string, vscode.Uri>();

  constructor(private readonly log: vscode.LogOutputChannel) {
    const watcher = vscode.workspace.createFileSystemWatcher(experimentPattern, false, true, false);
    this.subscriptions = [
      watcher,
      watcher.onDidCreate((uri) => {
        if (/\/(?:node_modules|\.distillery)\//.test(uri.path)) return;
        this.known.set(uri.toString(), uri);
        this.changed.fire();
      }),
      watcher.onDidDelete((uri) => {
        if (this.known.delete(uri.toString())) this.changed.fire();
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        void this.refresh();
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }

  get all(): vscode.Uri[] {
    return [...this.known.values()];
  }

  /** The experiments of a workspace folder, relative to it, with `/`. */
  pathsIn(folder: vscode.WorkspaceFolder): string[] {
    const key = folder.uri.toString();
    return this.all
      .filter((uri) => vscode.workspace.getWorkspaceFolder(uri)?.uri.toString() === key)
      .map((uri) => vscode.workspace.asRelativePath(uri, false));
  }

  /** Looks for experiments anew. Never rejects. */
  async refresh(): Promise<void> {
    try {
      const found = await vscode.workspace.findFiles(experimentPattern, passedOver, mostFiles);
      this.known = new Map(found.filter(isExperiment).map((uri) => [uri.toString(), uri]));
      this.changed.fire();
    } catch (error) {
      this.log.error('The experiments of the workspace could not be listed.', error);
    }
  }
}
