import * as vscode from 'vscode';
import type { LocatedRun } from './library';
import { pickRows } from './pickRows';

/**
 * Lets a person choose a run, also where there is only one: it shows what the command is going to act on.
 * @param purpose What it is chosen for, as the prompt of the list.
 * @returns Undefined when nothing was chosen.
 */
export async function chooseRun(
  runs: readonly LocatedRun[],
  purpose: string,
): Promise<LocatedRun | undefined> {
  if (runs.length === 0) {
    void vscode.window.showInformationMessage(`${purpose}: there is no such run.`);
    return undefined;
  }
  const chosen = await vscode.window.showQuickPick(rowsOf(runs), pickOptions(purpose));
  return chosen?.known;
}

/** Lets a person choose several runs; undefined when nothing was chosen. */
export async function chooseRuns(
  runs: readonly LocatedRun[],
  purpose: string,
): Promise<LocatedRun[] | undefined> {
  const chosen = await vscode.window.showQuickPick(rowsOf(runs), {
    ...pickOptions(purpose),
    canPickMany: true,
  });
  return chosen === undefined || chosen.length === 0 ? undefined : chosen.map(({ known }) => known);
}

interface RunPick extends vscode.QuickPickItem {
  known: LocatedRun;
}

function rowsOf(runs: readonly LocatedRun[]): RunPick[] {
  const byDirectory = new Map(runs.map((known) => [known.run.directory, known]));
  const rows = pickRows(
    runs.map(({ run }) => run),
    Date.now(),
  );
  return rows.flatMap(({ label, description, detail, run }) => {
    const known = byDirectory.get(run.directory);
    return known === undefined ? [] : [{ label, description, detail, known }];
  });
}

function pickOptions(placeHolder: string): vscode.QuickPickOptions {
  return { placeHolder, matchOnDescription: true, matchOnDetail: true };
}
