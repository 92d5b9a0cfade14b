import * as vscode from 'vscode';
import type { CommandResult } from '../commandLine';
import type { Program } from '../program';
import type { LocatedRun, RunLibrary } from '../runs/library';
import { runSettings } from '../settings';
import { isTrustedFor } from '../trust';
import { experimentSuffix, isExperiment } from './files';

const showProblems = 'Show Problems';
const showLog = 'Show Log';

/** Starts runs of experiments, through the command line, which checks the experiment and detaches its trainer. */
export class ExperimentRunner {
  /** Experiments that are being started, by URI: a second press of the button starts no second run. */
  private readonly starting = new Set<string>();

  constructor(
    private readonly program: Program,
    private readonly library: RunLibrary,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /**
   * Starts a run of an experiment file.
   * @returns The run; undefined when it was refused or has problems, which the person has been told.
   */
  async start(experiment: vscode.Uri): Promise<LocatedRun | undefined> {
    if (!isExperiment(experiment)) {
      throw new Error(`${experiment.fsPath} is no experiment: its name does not end in ${experimentSuffix}.`);
    }
    const folder = vscode.workspace.getWorkspaceFolder(experiment);
    if (folder === undefined) {
      throw new Error(`${experiment.fsPath} is in none of the open folders. Open its folder to run it.`);
    }
    if (!(await isTrustedFor('running an experiment'))) return undefined;
    const key = experiment.toString();
    if (this.starting.has(key)) return undefined;
    this.starting.add(key);
    try {
      return await this.startIn(folder, experiment);
    } finally {
      this.starting.delete(key);
    }
  }

  private async startIn(
    folder: vscode.WorkspaceFolder,
    experiment: vscode.Uri,
  ): Promise<LocatedRun | undefined> {
    await saveChanges(folder);
    const name = vscode.workspace.asRelativePath(experiment, false);
    const { parseStartedRun } = await import('./check');
    const result = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: `Starting ${name}` },
      () => this.program.run(folder, runParameters(experiment, folder)),
    );
    const id = result.code === 0 ? parseStartedRun(result.output) : null;
    if (id === null) {
      void this.tellWhy(name, result);
      return undefined;
    }
    this.log.info(`Started ${id} from ${experiment.fsPath}.`);
    await this.library.refresh();
    return this.library.findById(id);
  }

  private async tellWhy(name: string, result: CommandResult): Promise<void> {
    const { parseCheckReport } = await import('./check');
    const errors = (parseCheckReport(result.output) ?? []).filter(({ severity }) => severity === 'error');
    const details = result.errors.trim();
    this.log.error(
      `${name} was not started (exit code ${result.code ?? 'none'}).\n${details}\n${result.output}`,
    );
    const [first] = errors;
    const why =
      first === undefined
        ? (details.split('\n').at(-1) ?? '')
        : errors.length === 1
          ? `Line ${first.line}: ${first.message}`
          : `It has ${errors.length} problems.`;
    const actions = first === undefined ? [showLog] : [showProblems, showLog];
    const answer = await vscode.window.showErrorMessage(`${name} was not started. ${why}`, ...actions);
    if (answer === showProblems) await vscode.commands.executeCommand('workbench.actions.view.problems');
    else if (answer === showLog) this.log.show();
  }
}

/** The run belongs to the workspace folder, which is where this window looks for it. */
function runParameters(experiment: vscode.Uri, { uri }: vscode.WorkspaceFolder): string[] {
  const { engine } = runSettings(uri);
  return ['run', experiment.fsPath, '--detach', '--json', '--engine', engine, '--workspace', uri.fsPath];
}

/** Saves the files of a folder: an experiment also consists of its models and of its teacher. */
async function saveChanges(folder: vscode.WorkspaceFolder): Promise<void> {
  const changed = vscode.workspace.textDocuments.filter(
    ({ isDirty, uri }) =>
      isDirty &&
      uri.scheme === 'file' &&
      vscode.workspace.getWorkspaceFolder(uri)?.uri.toString() === folder.uri.toString(),
  );
  for (const document of changed) {
    if (!(await document.save()))
      throw new Error(`${document.uri.fsPath} could not be saved, so nothing was started.`);
  }
}
