import * as vscode from 'vscode';
import { isExperiment, type ExperimentFiles } from './experiments/files';
import { chooseRun, chooseRuns } from './runs/choose';
import type { LocatedRun, RunLibrary } from './runs/library';
import { ExperimentNode, RunNode, type TreeNode } from './runs/tree';

/** The argument with which a key of the run browser calls a command (package.json, `keybindings`). */
const selectionArgument = 'selection';

/**
 * Finds out what a command is about. Menus of the run browser hand over rows, those of the editor and the explorer a
 * file, the status bar and the curves the folders of runs, and the palette nothing: then the person chooses.
 */
export class Targets {
  constructor(
    private readonly library: RunLibrary,
    private readonly files: ExperimentFiles,
    private readonly view: vscode.TreeView<TreeNode>,
  ) {}

  /** The runs that were handed over, be it none; undefined when the command was called with nothing. */
  given(parameters: readonly unknown[]): LocatedRun[] | undefined {
    const [first, selected] = parameters;
    if (first === undefined) return undefined;
    const items: readonly unknown[] =
      first === selectionArgument
        ? this.view.selection
        : Array.isArray(selected) && selected.length > 0
          ? selected
          : Array.isArray(first)
            ? first
            : [first];
    const runs = items.flatMap((item) => this.runsOf(item));
    return [...new Map(runs.map((known) => [known.run.directory, known])).values()];
  }

  /** The runs that a command is about and that it can do something with; undefined when none was chosen. */
  async runs(
    parameters: readonly unknown[],
    purpose: string,
    isMeant: (known: LocatedRun) => boolean = () => true,
  ): Promise<LocatedRun[] | undefined> {
    const given = this.given(parameters);
    if (given !== undefined) return given.filter(isMeant);
    await this.library.loaded;
    const chosen = await chooseRun(this.library.runs.filter(isMeant), purpose);
    return chosen === undefined ? undefined : [chosen];
  }

  /** The same, where several can be chosen. */
  async severalRuns(parameters: readonly unknown[], purpose: string): Promise<LocatedRun[] | undefined> {
    const given = this.given(parameters);
    if (given !== undefined) return given;
    await this.library.loaded;
    return chooseRuns(this.library.runs, purpose);
  }

  /** The experiment file that a command is about: handed over, else in the active editor, else chosen. */
  async experiment(parameters: readonly unknown[], purpose: string): Promise<vscode.Uri | undefined> {
    const [first] = parameters;
    if (first instanceof vscode.Uri) return first;
    if (first instanceof ExperimentNode) return first.uri;
    const active = vscode.window.activeTextEditor?.document.uri;
    if (active !== undefined && isExperiment(active)) return active;
    return this.chooseExperiment(purpose);
  }

  /** Lets the person choose among the experiment files of the workspace. */
  async chooseExperiment(purpose: string): Promise<vscode.Uri | undefined> {
    await this.files.refresh();
    const rows = this.files.all
      .map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }))
      .sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }));
    if (rows.length === 0) {
      throw new Error(
        'There is no experiment in this folder. "Distillery: New Experiment" writes an example.',
      );
    }
    const chosen = await vscode.window.showQuickPick(rows, { placeHolder: purpose });
    return chosen?.uri;
  }

  private runsOf(item: unknown): LocatedRun[] {
    if (typeof item === 'string' || item instanceof RunNode) {
      const known = this.library.find(typeof item === 'string' ? item : item.directory);
      return known === undefined ? [] : [known];
    }
    if (item instanceof ExperimentNode) {
      return this.library.runsIn(item.folder).filter(({ run }) => run.experimentPath === item.path);
    }
    if (item instanceof vscode.Uri) {
      return this.library.runs.filter((known) => experimentPath(known) === item.fsPath);
    }
    return [];
  }
}

function experimentPath({ folder, run }: LocatedRun): string {
  return vscode.Uri.joinPath(folder.uri, run.experimentPath).fsPath;
}
