import { dirname } from 'node:path';
import * as vscode from 'vscode';

/** Programs that write a file in several steps are waited for. */
const settleMilliseconds = 50;

/** Tells of changes of single files, wherever they lie and whoever makes them. */
export class FileWatch implements vscode.Disposable {
  private files: ReadonlySet<string> = new Set();
  /** By folder: its files alone, not those of its folders. */
  private readonly watchers = new Map<string, vscode.FileSystemWatcher>();
  private readonly changed = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  /** @param onChange Told the files that have changed, were made or deleted. */
  constructor(private readonly onChange: (files: ReadonlySet<string>) => void) {}

  dispose(): void {
    clearTimeout(this.timer);
    this.set([]);
  }

  /** Watches these files, absolute paths, and no other ones. */
  set(files: readonly string[]): void {
    this.files = new Set(files);
    const folders = new Set(files.map((file) => dirname(file)));
    for (const [folder, watcher] of this.watchers) {
      if (folders.has(folder)) continue;
      watcher.dispose();
      this.watchers.delete(folder);
    }
    for (const folder of folders) {
      if (!this.watchers.has(folder)) this.watchers.set(folder, this.watcherOf(folder));
    }
  }

  private watcherOf(folder: string): vscode.FileSystemWatcher {
    const pattern = new vscode.RelativePattern(vscode.Uri.file(folder), '*');
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const note = ({ fsPath }: vscode.Uri): void => {
      if (!this.files.has(fsPath)) return;
      this.changed.add(fsPath);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        const files = new Set(this.changed);
        this.changed.clear();
        this.onChange(files);
      }, settleMilliseconds);
    };
    watcher.onDidChange(note);
    watcher.onDidCreate(note);
    watcher.onDidDelete(note);
    return watcher;
  }
}
