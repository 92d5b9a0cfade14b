import * as vscode from 'vscode';
import type { RunStore } from '../../runs/store';
import type { RunSummary } from '../../runs/summary';
import { runChanges, type KnownRun, type RunChanges } from './changes';

/** A run and the workspace folder that holds it. */
export interface LocatedRun extends KnownRun {
  folder: vscode.WorkspaceFolder;
}

/** Events of one write come in bursts. */
const settleMilliseconds = 100;
/** While something runs, in case the file system does not tell: on network drives, and of trainers that died. */
const pollVisibleMilliseconds = 1_500;
const pollHiddenMilliseconds = 10_000;
const watchedPaths =
  '{.distillery,.distillery/runs,.distillery/runs/*,.distillery/runs/*/*.json,.distillery/runs/*/control/*.json}';

/**
 * The runs of all workspace folders, kept up to date with the disk, whoever writes there. Everything that the window
 * shows of runs is a projection of this.
 */
export class RunLibrary implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<RunChanges<LocatedRun>>();
  /** Something is different from before; also the first look at a folder. */
  readonly onDidChange = this.changed.event;
  /** By URI of the workspace folder. */
  private readonly watched = new Map<string, FolderRuns>();
  private readonly viewers = new Set<object>();
  private readonly subscription: vscode.Disposable;
  /** Settles when every folder has been looked at once. */
  readonly loaded: Promise<void>;
  private poll: NodeJS.Timeout | undefined;

  constructor(private readonly log: vscode.LogOutputChannel) {
    this.subscription = vscode.workspace.onDidChangeWorkspaceFolders(() => {
      this.followFolders();
    });
    this.followFolders();
    this.loaded = this.refresh();
  }

  dispose(): void {
    clearTimeout(this.poll);
    this.subscription.dispose();
    for (const folder of this.watched.values()) folder.dispose();
    this.changed.dispose();
  }

  /** The workspace folders on disk, in their order. */
  get folders(): vscode.WorkspaceFolder[] {
    return [...this.watched.values()].map(({ folder }) => folder);
  }

  get runs(): LocatedRun[] {
    return [...this.watched.values()].flatMap(({ runs }) => [...runs.values()]);
  }

  /** Folders among the runs that cannot be read as such, and why. */
  get broken(): { directory: string; reason: string }[] {
    return [...this.watched.values()].flatMap(({ broken }) => broken);
  }

  runsIn(folder: vscode.WorkspaceFolder): LocatedRun[] {
    return [...(this.watched.get(folder.uri.toString())?.runs.values() ?? [])];
  }

  /** The run of a run folder. */
  find(directory: string): LocatedRun | undefined {
    for (const { runs } of this.watched.values()) {
      const found = runs.get(directory);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  findById(id: string): LocatedRun | undefined {
    return this.runs.find(({ run }) => run.id === id);
  }

  /** Changes what people say of a run. */
  async setArchived({ folder, run }: LocatedRun, archived: boolean): Promise<void> {
    const watched = this.watched.get(folder.uri.toString());
    if (watched === undefined) return;
    await (await watched.store()).setLabels(run.id, { archived });
    await watched.refresh();
  }

  /** Deletes a run without a way back; refuses one that is running. */
  async removeForGood({ folder, run }: LocatedRun): Promise<void> {
    const store = await this.watched.get(folder.uri.toString())?.store();
    await store?.remove(run.id);
  }

  /** Looks at every folder anew; resolves when what is known is what is on disk. */
  async refresh(): Promise<void> {
    await Promise.all([...this.watched.values()].map((folder) => folder.refresh()));
  }

  /** Tells whether something that shows live runs is on screen, which is when they are looked at often. */
  setVisible(viewer: object, visible: boolean): void {
    if (visible) this.viewers.add(viewer);
    else this.viewers.delete(viewer);
    this.schedulePoll();
  }

  private followFolders(): void {
    const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
    const wanted = new Set(folders.map(({ uri }) => uri.toString()));
    for (const [key, watched] of this.watched) {
      if (wanted.has(key)) continue;
      this.watched.delete(key);
      watched.dispose();
      this.changed.fire({ added: [], removed: [...watched.runs.values()], changed: [] });
    }
    for (const folder of folders) {
      const key = folder.uri.toString();
      if (this.watched.has(key)) continue;
      const watched = new FolderRuns(folder, this.log, (changes) => {
        this.changed.fire(changes);
        this.schedulePoll();
      });
      this.watched.set(key, watched);
      watched.refreshSoon();
    }
  }

  private schedulePoll(): void {
    clearTimeout(this.poll);
    if (!this.runs.some(({ run }) => run.state === 'running')) return;
    const wait = this.viewers.size > 0 ? pollVisibleMilliseconds : pollHiddenMilliseconds;
    this.poll = setTimeout(() => {
      void this.refresh().then(() => {
        this.schedulePoll();
      });
    }, wait);
  }
}

/** The runs of one workspace folder. */
class FolderRuns implements vscode.Disposable {
  private opening: Promise<RunStore> | undefined;
  /** By run folder. */
  runs: ReadonlyMap<string, LocatedRun> = new Map();
  broken: { directory: string; reason: string }[] = [];
  private readonly watcher: vscode.FileSystemWatcher;
  private settling: NodeJS.Timeout | undefined;
  /** Looks follow each other, so that an older one never overwrites a newer one. */
  private looking: Promise<void> = Promise.resolve();
  private waiting: Promise<void> | null = null;
  private disposed = false;

  constructor(
    readonly folder: vscode.WorkspaceFolder,
    private readonly log: vscode.LogOutputChannel,
    private readonly onChange: (changes: RunChanges<LocatedRun>) => void,
  ) {
    this.watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, watchedPaths));
    const refreshSoon = (): void => {
      this.refreshSoon();
    };
    this.watcher.onDidCreate(refreshSoon);
    this.watcher.onDidChange(refreshSoon);
    this.watcher.onDidDelete(refreshSoon);
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.settling);
    this.watcher.dispose();
  }

  /** What reads the folder; loaded when the first look is taken, not when the window opens. */
  store(): Promise<RunStore> {
    this.opening ??= import('../../runs/store').then(({ RunStore }) => new RunStore(this.folder.uri.fsPath));
    return this.opening;
  }

  refreshSoon(): void {
    this.settling ??= setTimeout(() => {
      this.settling = undefined;
      void this.refresh();
    }, settleMilliseconds);
  }

  /** Looks at the folder; resolves when a look that began after this call has ended. Never rejects. */
  refresh(): Promise<void> {
    this.waiting ??= this.looking.then(() => {
      this.waiting = null;
      this.looking = this.look();
      return this.looking;
    });
    return this.waiting;
  }

  private async look(): Promise<void> {
    try {
      const { runs, broken } = await (await this.store()).list();
      const located = await Promise.all(
        runs.map(async (run): Promise<[string, LocatedRun]> => {
          return [run.directory, { folder: this.folder, run, isStopping: await this.isStopping(run) }];
        }),
      );
      if (this.disposed) return;
      this.tellOfBroken(broken);
      const changes = runChanges(this.runs, new Map(located));
      this.runs = new Map(located);
      if (changes !== null) this.onChange(changes);
    } catch (error) {
      this.log.error(`The runs of ${this.folder.uri.fsPath} could not be read.`, error);
    }
  }

  private async isStopping(run: RunSummary): Promise<boolean> {
    if (run.state !== 'running') return false;
    const { readStopRequest } = await import('../../runs/control');
    try {
      return (await readStopRequest(run.directory)) !== null;
    } catch (error) {
      this.log.warn(`The request to stop ${run.directory} could not be read.`, error);
      return false;
    }
  }

  private tellOfBroken(broken: { directory: string; reason: string }[]): void {
    const told = new Set(this.broken.map(({ directory }) => directory));
    for (const { directory, reason } of broken) {
      if (!told.has(directory)) this.log.warn(`${directory} cannot be read as a run: ${reason}`);
    }
    this.broken = broken;
  }
}
