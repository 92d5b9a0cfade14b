import * as vscode from 'vscode';
import type { ExperimentFiles } from '../experiments/files';
import type { RunChanges } from './changes';
import type { LocatedRun, RunLibrary } from './library';
import {
  experimentRow,
  groupByExperiment,
  runRow,
  runTooltip,
  type ExperimentGroup,
  type TreeRow,
} from './treeItems';

/** An experiment file in the run browser. */
export class ExperimentNode {
  readonly id: string;

  constructor(
    readonly folder: vscode.WorkspaceFolder,
    /** Relative to the workspace folder, with `/`. */
    readonly path: string,
  ) {
    this.id = `experiment ${folder.uri.toString()} ${path}`;
  }

  get uri(): vscode.Uri {
    return vscode.Uri.joinPath(this.folder.uri, this.path);
  }
}

/** A run in the run browser; what is known of it stands in the library, under its folder. */
export class RunNode {
  readonly id: string;

  constructor(
    readonly directory: string,
    readonly parent: ExperimentNode,
  ) {
    this.id = `run ${directory}`;
  }
}

export type TreeNode = ExperimentNode | RunNode;

/** The run browser: experiments, and under each its runs. A projection of the library and of the files. */
export class RunTree implements vscode.TreeDataProvider<TreeNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  /** VS Code tells rows apart by their node, so each is made once. */
  private readonly nodes = new Map<string, TreeNode>();
  /** What each row last showed: a heartbeat that changes nothing to see redraws nothing. */
  private readonly shown = new Map<string, string>();
  private readonly subscriptions: vscode.Disposable[];
  /** By URI of the workspace folder, then by path; made anew after every change. */
  private groups = new Map<string, ReadonlyMap<string, ExperimentGroup>>();
  private archivedShown = false;

  constructor(
    private readonly library: RunLibrary,
    private readonly files: ExperimentFiles,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscriptions = [
      library.onDidChange((changes) => {
        this.follow(changes);
      }),
      files.onDidChange(() => {
        this.redraw();
      }),
    ];
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }

  /** Shows archived runs too, or hides them. */
  showArchived(shown: boolean): void {
    this.archivedShown = shown;
    this.redraw();
  }

  getChildren(node?: TreeNode): TreeNode[] {
    if (node instanceof RunNode) return [];
    if (node instanceof ExperimentNode) {
      return this.groupOf(node).runs.map(({ directory }) => this.keep(new RunNode(directory, node)));
    }
    return this.library.folders.flatMap((folder) =>
      [...this.groupsIn(folder).keys()].map((path) => this.keep(new ExperimentNode(folder, path))),
    );
  }

  getParent(node: TreeNode): TreeNode | undefined {
    return node instanceof RunNode ? node.parent : undefined;
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    const row = this.rowOf(node);
    this.shown.set(node.id, JSON.stringify(row));
    return node instanceof RunNode ? runItem(node, row) : this.experimentItem(node, row);
  }

  /** Fills in the tooltip of a run, which needs a file that its row does not. */
  async resolveTreeItem(item: vscode.TreeItem, node: TreeNode): Promise<vscode.TreeItem> {
    if (node instanceof ExperimentNode) return item;
    const known = this.library.find(node.directory);
    if (known === undefined) return item;
    const { readRunRecord } = await import('../../runs/folder');
    const record = await readRunRecord(node.directory).catch((error: unknown) => {
      this.log.warn(`The record of ${node.directory} could not be read.`, error);
      return null;
    });
    item.tooltip = new vscode.MarkdownString(runTooltip(known.run, record, Date.now()));
    return item;
  }

  private redraw(): void {
    this.groups.clear();
    this.changed.fire(undefined);
  }

  private follow({ added, removed, changed }: RunChanges<LocatedRun>): void {
    this.groups.clear();
    const isRegrouped = changed.some(
      ({ before, after }) => before.run.labels.archived !== after.run.labels.archived,
    );
    if (added.length > 0 || removed.length > 0 || isRegrouped) {
      for (const { run } of removed) this.forget(`run ${run.directory}`);
      this.redraw();
      return;
    }
    const stale = changed.flatMap(({ after }) => {
      const node = this.nodes.get(`run ${after.run.directory}`);
      return node instanceof RunNode ? [node, node.parent].filter((each) => this.isStale(each)) : [];
    });
    if (stale.length > 0) this.changed.fire([...new Set(stale)]);
  }

  private isStale(node: TreeNode): boolean {
    return this.shown.get(node.id) !== JSON.stringify(this.rowOf(node));
  }

  private forget(id: string): void {
    this.nodes.delete(id);
    this.shown.delete(id);
  }

  private keep(node: TreeNode): TreeNode {
    const kept = this.nodes.get(node.id);
    if (kept !== undefined) return kept;
    this.nodes.set(node.id, node);
    return node;
  }

  private groupsIn(folder: vscode.WorkspaceFolder): ReadonlyMap<string, ExperimentGroup> {
    const key = folder.uri.toString();
    const known = this.groups.get(key);
    if (known !== undefined) return known;
    const runs = this.library.runsIn(folder).map(({ run }) => run);
    const listed = this.archivedShown ? runs : runs.filter(({ labels }) => !labels.archived);
    const made = groupByExperiment(listed, this.files.pathsIn(folder));
    const groups = new Map(made.map((group) => [group.path, group]));
    this.groups.set(key, groups);
    return groups;
  }

  private groupOf({ folder, path }: ExperimentNode): ExperimentGroup {
    return this.groupsIn(folder).get(path) ?? { path, present: false, runs: [] };
  }

  private rowOf(node: TreeNode): TreeRow {
    if (node instanceof ExperimentNode) {
      const isOneOfSeveral = this.library.folders.length > 1;
      return experimentRow(this.groupOf(node), isOneOfSeveral ? node.folder.name : null);
    }
    const known = this.library.find(node.directory);
    if (known === undefined) return goneRow;
    return runRow(known.run, this.groupOf(node.parent), known.isStopping, Date.now());
  }

  private experimentItem(node: ExperimentNode, row: TreeRow): vscode.TreeItem {
    const hasRuns = this.groupOf(node).runs.length > 0;
    const { Expanded, None } = vscode.TreeItemCollapsibleState;
    const item = itemOf(node, row, hasRuns ? Expanded : None);
    item.tooltip = node.uri.fsPath;
    if (!hasRuns) {
      // VS Code would keep the row of its first run folded up; under another id it is a new row, and unfolded.
      item.id = `${node.id} without runs`;
      item.command = { command: 'distillery.openExperiment', title: 'Open Experiment', arguments: [node] };
    }
    return item;
  }
}

/** Shown for the moment between the deletion of a run and the next look at the tree. */
const goneRow: TreeRow = {
  label: 'deleted',
  description: '',
  icon: { name: 'trash' },
  contextValue: 'gone',
  spoken: 'deleted run',
};

function runItem(node: RunNode, row: TreeRow): vscode.TreeItem {
  const item = itemOf(node, row, vscode.TreeItemCollapsibleState.None);
  item.command = { command: 'distillery.openCurves', title: 'Open Curves', arguments: [node] };
  return item;
}

function itemOf(node: TreeNode, row: TreeRow, state: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  const item = new vscode.TreeItem(row.label, state);
  item.id = node.id;
  item.description = row.description;
  item.contextValue = row.contextValue;
  item.accessibilityInformation = { label: row.spoken };
  const { name, color } = row.icon;
  item.iconPath = new vscode.ThemeIcon(name, color === undefined ? undefined : new vscode.ThemeColor(color));
  return item;
}
