import * as vscode from 'vscode';
import { DEFAULT_TIME_LIMIT } from '../protocol/inspectorProcess';

const timeLimitSetting = 'inspector.timeLimit';

/** The settings of package.json that say where and how experiments are run. */
export interface RunSettings {
  /** Engine that is asked for, `auto` unless chosen. */
  engine: string;
  /** Node.js that runs the trainer; empty: to be found. */
  nodePath: string;
}

/** The settings that hold for a file or folder, or for none. */
export function runSettings(scope?: vscode.Uri): RunSettings {
  const settings = vscode.workspace.getConfiguration('distillery', scope);
  const engine = textOf(settings.get<unknown>('engine'));
  return { engine: engine === '' ? 'auto' : engine, nodePath: textOf(settings.get<unknown>('nodePath')) };
}

/** Seconds that code of a model may take in the inspector: from 1 to an hour. */
export function inspectorTimeLimit(scope?: vscode.Uri): number {
  const setting = vscode.workspace.getConfiguration('distillery', scope).get<unknown>(timeLimitSetting);
  if (typeof setting !== 'number' || !Number.isFinite(setting)) return DEFAULT_TIME_LIMIT;
  return Math.min(3600, Math.max(1, setting));
}

/** Whether to tell when a run ends that is not on screen. */
export function notifiesWhenRunEnds(): boolean {
  return vscode.workspace.getConfiguration('distillery').get<unknown>('notifyWhenRunEnds') !== false;
}

export const codeLensSetting = 'distillery.codeLens';

/** Whether lines of code that make layers say so. */
export function isCodeLensShown(scope: vscode.Uri): boolean {
  return vscode.workspace.getConfiguration('distillery', scope).get<unknown>('codeLens') !== false;
}

/** Switches the notices about ended runs off, in the settings of the person. */
export async function stopNotifying(): Promise<void> {
  await vscode.workspace
    .getConfiguration('distillery')
    .update('notifyWhenRunEnds', false, vscode.ConfigurationTarget.Global);
}

/** Has an engine train from now on, in the settings of the person. */
export async function chooseEngine(name: string): Promise<void> {
  await vscode.workspace
    .getConfiguration('distillery')
    .update('engine', name, vscode.ConfigurationTarget.Global);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
