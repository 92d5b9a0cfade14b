import * as vscode from 'vscode';
import type { Program } from '../program';
import { isTrustedFor } from '../trust';
import { experimentUri } from './contextKeys';
import type { LocatedRun, RunLibrary } from './library';
import { momentText } from './texts';
import { isResumable } from './treeItems';

/** What can be done with runs. Every function throws an error whose message is for people. */
export class RunActions {
  constructor(
    private readonly library: RunLibrary,
    private readonly program: Program,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Asks running runs to stop, and sees to it that they do. */
  async stop(runs: readonly LocatedRun[]): Promise<void> {
    const running = runs.filter(({ run }) => run.state === 'running');
    if (running.length === 0) throw new Error('Nothing to stop: no such run is running.');
    await Promise.all(running.map((known) => this.stopOne(known)));
  }

  /** Goes on with runs that have not finished, from their last checkpoints. */
  async resume(runs: readonly LocatedRun[]): Promise<void> {
    if (!(await isTrustedFor('resuming a run'))) return;
    for (const { folder, run } of runs.filter((known) => isResumable(known.run))) {
      const result = await this.program.run(folder, ['resume', run.id, '--detach', '--json']);
      if (result.code !== 0) throw new Error(`${run.name} could not be resumed. ${result.errors.trim()}`);
      this.log.info(`Resumed ${run.id}.`);
    }
    await this.library.refresh();
  }

  async setArchived(runs: readonly LocatedRun[], archived: boolean): Promise<void> {
    for (const known of runs) await this.library.setArchived(known, archived);
  }

  /** Moves runs to the trash, after a confirmation. */
  async remove(runs: readonly LocatedRun[]): Promise<void> {
    // The trainer may have been resumed from a terminal a moment ago.
    await this.library.refresh();
    const current = runs.flatMap(({ run }) => this.library.find(run.directory) ?? []);
    const running = current.find(({ run }) => run.state === 'running');
    if (running !== undefined) throw new Error(`${running.run.name} is running; stop it before deleting it.`);
    const [first] = current;
    if (first === undefined) return;
    const moment = momentText(first.run.createdAt, Date.now());
    const subject =
      current.length === 1 ? `the run of ${moment} of "${first.run.name}"` : `${current.length} runs`;
    const answer = await vscode.window.showWarningMessage(
      `Delete ${subject}?`,
      { modal: true, detail: 'The curves, the log and the checkpoints go to the trash.' },
      'Move to Trash',
    );
    if (answer === undefined) return;
    const stuck = await this.moveToTrash(current);
    if (stuck.length > 0) await this.deleteForGood(stuck);
    await this.library.refresh();
  }

  /** Opens what the trainer printed. */
  async showLog({ run }: LocatedRun): Promise<void> {
    const { RUN_FILES } = await import('../../runs/record');
    const file = vscode.Uri.joinPath(vscode.Uri.file(run.directory), RUN_FILES.log);
    try {
      await vscode.window.showTextDocument(file, { preview: true });
    } catch (error) {
      throw new Error(`${run.name} has no log that can be read: ${file.fsPath}`, { cause: error });
    }
  }

  /** Shows the folder of a run in the file manager, or in the explorer where there is none. */
  async reveal({ run }: LocatedRun): Promise<void> {
    const folder = vscode.Uri.file(run.directory);
    const isRemote = vscode.env.remoteName !== undefined || vscode.env.uiKind === vscode.UIKind.Web;
    await vscode.commands.executeCommand(isRemote ? 'revealInExplorer' : 'revealFileInOS', folder);
  }

  /** Opens the experiment file of a run. */
  async openExperiment(known: LocatedRun): Promise<void> {
    const file = experimentUri(known);
    try {
      await vscode.window.showTextDocument(file);
    } catch (error) {
      throw new Error(
        `${file.fsPath} is no longer there. The text that was run is kept in ${known.run.directory}.`,
        { cause: error },
      );
    }
  }

  private async stopOne({ run }: LocatedRun): Promise<void> {
    const { stopRun } = await import('../../runs/stop');
    const { refused } = await stopRun(run.directory, {
      by: 'VS Code',
      onRung: (rung) => {
        this.log.info(`Stopping ${run.id}: ${rung}.`);
        void this.library.refresh();
      },
    });
    await this.library.refresh();
    if (refused !== null) throw new Error(`${run.name}: ${refused}`);
  }

  /** Returns the runs whose file system has no trash. */
  private async moveToTrash(runs: readonly LocatedRun[]): Promise<LocatedRun[]> {
    const stuck: LocatedRun[] = [];
    for (const known of runs) {
      try {
        await vscode.workspace.fs.delete(vscode.Uri.file(known.run.directory), {
          recursive: true,
          useTrash: true,
        });
      } catch (error) {
        this.log.info(`${known.run.directory} cannot be moved to the trash.`, error);
        stuck.push(known);
      }
    }
    return stuck;
  }

  private async deleteForGood(runs: readonly LocatedRun[]): Promise<void> {
    const subject = runs.length === 1 ? 'The run' : `${runs.length} runs`;
    const answer = await vscode.window.showWarningMessage(
      `${subject} cannot be moved to the trash here. Delete for good?`,
      { modal: true, detail: 'This cannot be undone.' },
      'Delete for Good',
    );
    if (answer === undefined) return;
    for (const known of runs) await this.library.removeForGood(known);
  }
}
