import * as vscode from 'vscode';
import type { Problem } from '../../experiment/problem';
import type { ExperimentPictures } from '../inspector/pictures';
import { isExperiment } from './files';
import { fileProbe } from '../../runs/fileProbe';
import { ModelDiagnostics } from './modelDiagnostics';
import { carryProblems, mergeProblems, ProblemBoard, withoutProblems } from './problems';

const typingMilliseconds = 200;
const yamlExtension = 'redhat.vscode-yaml';

/** An experiment in an editor, and what is known to be wrong with it. */
interface OpenExperiment {
  document: vscode.TextDocument;
  schema: Problem[];
  meaning: Problem[];
  /** What only the models could tell, carried through the edits since. */
  deep: Problem[];
  typing: NodeJS.Timeout | undefined;
}

/**
 * Underlines what is wrong with the experiments that are open. What the text alone tells is checked here while it is
 * typed; what the models tell (layers, shapes, weights) comes with the pictures of them, and only in a trusted folder,
 * since it takes executing their code. A model that fails is underlined in its own file too.
 */
export class ExperimentDiagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('distillery');
  private readonly board = new ProblemBoard();
  private readonly models = new ModelDiagnostics();
  /** By path. */
  private readonly open = new Map<string, OpenExperiment>();
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly pictures: ExperimentPictures) {
    const { workspace } = vscode;
    this.subscriptions = [
      workspace.onDidOpenTextDocument((document) => {
        this.follow(document);
      }),
      workspace.onDidChangeTextDocument((event) => {
        this.carry(event);
      }),
      workspace.onDidSaveTextDocument((document) => {
        this.checkAfterSave(document);
      }),
      workspace.onDidCloseTextDocument((document) => {
        this.close(document);
      }),
      pictures.onDidChange((uri) => {
        void this.takePicture(uri);
      }),
      vscode.extensions.onDidChange(() => {
        for (const each of this.open.values()) this.publish(each);
      }),
    ];
    for (const document of workspace.textDocuments) this.follow(document);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    for (const each of this.open.values()) stopChecking(each);
    this.collection.dispose();
    this.models.dispose();
  }

  /** The problems of a file as they are underlined. */
  problemsOf(uri: vscode.Uri): Problem[] {
    return this.board.of(uri.fsPath);
  }

  private follow(document: vscode.TextDocument): void {
    if (!isExperiment(document.uri)) return;
    const experiment: OpenExperiment = {
      document,
      schema: [],
      meaning: [],
      deep: [],
      typing: undefined,
    };
    this.open.set(document.uri.fsPath, experiment);
    void this.checkText(experiment);
    void this.takePicture(document.uri);
  }

  private close(document: vscode.TextDocument): void {
    const experiment = this.open.get(document.uri.fsPath);
    if (experiment === undefined) return;
    stopChecking(experiment);
    this.open.delete(document.uri.fsPath);
    this.show(this.board.remove(document.uri.fsPath));
    this.models.remove(document.uri);
  }

  private carry({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const experiment = this.open.get(document.uri.fsPath);
    if (experiment === undefined || contentChanges.length === 0) return;
    for (const { range, text } of contentChanges) {
      experiment.deep = carryProblems(experiment.deep, {
        line: range.start.line + 1,
        column: range.start.character + 1,
        endLine: range.end.line + 1,
        endColumn: range.end.character + 1,
        insertedLines: text.split('\n').length - 1,
      });
    }
    clearTimeout(experiment.typing);
    experiment.typing = setTimeout(() => {
      void this.checkText(experiment);
    }, typingMilliseconds);
  }

  private checkAfterSave(document: vscode.TextDocument): void {
    const saved = this.open.get(document.uri.fsPath);
    for (const experiment of this.open.values()) {
      // A saved teacher may mend or break the experiments that use it.
      if (experiment === saved || isExperiment(document.uri)) void this.checkText(experiment);
    }
  }

  private async checkText(experiment: OpenExperiment): Promise<void> {
    clearTimeout(experiment.typing);
    // Loaded when it is first needed: the language of experiments takes longer to load than the rest together.
    const { quickCheck } = await import('./check');
    const { document } = experiment;
    if (document.isClosed) return;
    const probe = fileProbe((file) => this.open.get(file)?.document.getText());
    Object.assign(experiment, quickCheck(document.getText(), document.uri.fsPath, probe));
    this.publish(experiment);
  }

  /** Takes over what the newest picture of an experiment tells. */
  private async takePicture(uri: vscode.Uri): Promise<void> {
    const experiment = this.open.get(uri.fsPath);
    const state = this.pictures.of(uri);
    if (experiment === undefined || state === undefined || state.busy) return;
    const { document } = experiment;
    // A picture of an earlier text has its problems in the wrong places; the next one is on its way.
    if (state.version !== document.version) return;
    if (state.failure === null) {
      experiment.deep = state.picture.problems;
    } else {
      const { failureProblem } = await import('./check');
      const { failure, failureSource } = state;
      const failed = failureProblem(document.getText(), uri.fsPath, failure, failureSource);
      // What was wrong with the models before may still be; what failed before is told anew.
      experiment.deep = [...experiment.deep.filter(({ code }) => code !== failed.code), failed];
    }
    this.models.set(uri, state);
    this.publish(experiment);
    // Files that are not there, or are there again, are told by the text.
    void this.checkText(experiment);
  }

  private publish(experiment: OpenExperiment): void {
    const { document, schema, meaning, deep } = experiment;
    if (document.isClosed) return;
    const beyondText = withoutProblems(deep, schema);
    const ours = mergeProblems(meaning, beyondText);
    const all = isSchemaShownByOthers(document.uri) ? ours : mergeProblems(schema, ours);
    this.show(this.board.set(document.uri.fsPath, all));
  }

  private show(files: readonly string[]): void {
    for (const file of files)
      this.collection.set(vscode.Uri.file(file), this.board.of(file).map(diagnosticOf));
  }
}

/** The stretch of a text that a problem is about. */
export function rangeOf({ line, column, endLine, endColumn }: Problem): vscode.Range {
  return new vscode.Range(line - 1, column - 1, endLine - 1, endColumn - 1);
}

function stopChecking(experiment: OpenExperiment): void {
  clearTimeout(experiment.typing);
}

/** Whether the YAML extension underlines what the schema says; then we do not say it a second time. */
function isSchemaShownByOthers(uri: vscode.Uri): boolean {
  if (vscode.extensions.getExtension(yamlExtension) === undefined) return false;
  return vscode.workspace.getConfiguration('yaml', uri).get<unknown>('validate') !== false;
}

const severities: Readonly<Record<Problem['severity'], vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
};

function diagnosticOf(problem: Problem): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(rangeOf(problem), problem.message, severities[problem.severity]);
  diagnostic.source = 'Distillery';
  diagnostic.code = problem.code;
  if (problem.code === 'unused') diagnostic.tags = [vscode.DiagnosticTag.Unnecessary];
  return diagnostic;
}
