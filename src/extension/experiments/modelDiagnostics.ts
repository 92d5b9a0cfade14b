import * as vscode from 'vscode';
import type { ModelFailure } from '../../protocol/inspection';
import type { PictureState } from '../inspector/pictures';

/** Underlines, in the files of models, the lines at which these fail. */
export class ModelDiagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('distillery models');
  /** What each experiment, by URI, tells of its models. */
  private readonly reports = new Map<string, readonly ModelFailure[]>();

  dispose(): void {
    this.collection.dispose();
  }

  /** Takes over the failures in a picture of an experiment, in place of those in the one before. */
  set(experiment: vscode.Uri, { picture, failure, failureSource }: PictureState): void {
    const models = [picture.student, ...picture.teachers];
    const failures = models.flatMap((model) => model?.failure ?? []);
    if (failure !== null) failures.push({ message: failure, source: failureSource });
    this.replace(experiment, failures);
  }

  /** Forgets what an experiment tells, e.g. when its editor was closed. */
  remove(experiment: vscode.Uri): void {
    this.replace(experiment, []);
    this.reports.delete(experiment.toString());
  }

  private replace(experiment: vscode.Uri, failures: readonly ModelFailure[]): void {
    const before = this.reports.get(experiment.toString()) ?? [];
    this.reports.set(experiment.toString(), failures);
    const files = [...before, ...failures].flatMap(({ source }) => source?.file ?? []);
    for (const file of new Set(files)) this.show(file);
  }

  private show(file: string): void {
    const messages = new Map<string, vscode.Diagnostic>();
    for (const { message, source } of [...this.reports.values()].flat()) {
      if (source?.file !== file) continue;
      const start = new vscode.Position(source.line - 1, source.column - 1);
      const diagnostic = new vscode.Diagnostic(wordAt(file, start), message);
      diagnostic.source = 'Distillery';
      diagnostic.code = 'bad-model';
      // Several experiments may use the model; it fails once.
      messages.set(`${source.line}:${source.column} ${message}`, diagnostic);
    }
    this.collection.set(vscode.Uri.file(file), [...messages.values()]);
  }
}

/** From a place to the end of its line, so that there is something to underline; VS Code shortens what is too long. */
function wordAt(file: string, start: vscode.Position): vscode.Range {
  const document = vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === file);
  const word = document?.getWordRangeAtPosition(start);
  return word ?? new vscode.Range(start, start.translate(0, 1));
}
