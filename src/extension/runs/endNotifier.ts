import * as vscode from 'vscode';
import type { RunSummary } from '../../runs/summary';
import { notifiesWhenRunEnds, stopNotifying } from '../settings';
import { endingNotice } from './endings';
import type { RunLibrary } from './library';

const openCurves = 'Open Curves';
const showLog = 'Show Run Log';
const neverAgain = "Don't Show Again";

/**
 * Tells once when a run ends that the person does not have before their eyes.
 * @param isShowing Whether the curves of a run are on screen.
 */
export function notifyOfEnds(library: RunLibrary, isShowing: (run: string) => boolean): vscode.Disposable {
  return library.onDidChange(({ changed }) => {
    for (const { before, after } of changed) {
      const notice = endingNotice(before.run.state, after.run);
      const isSeen = vscode.window.state.focused && isShowing(after.run.id);
      if (notice === null || isSeen || !notifiesWhenRunEnds()) continue;
      void tell(notice.severity, notice.message, after.run);
    }
  });
}

async function tell(severity: 'information' | 'error', message: string, run: RunSummary): Promise<void> {
  const answer = await (severity === 'information'
    ? vscode.window.showInformationMessage(message, openCurves, neverAgain)
    : vscode.window.showErrorMessage(message, showLog, openCurves, neverAgain));
  if (answer === openCurves) await vscode.commands.executeCommand('distillery.openCurves', [run.directory]);
  else if (answer === showLog) await vscode.commands.executeCommand('distillery.showRunLog', [run.directory]);
  else if (answer === neverAgain) await stopNotifying();
}
