import * as vscode from 'vscode';
import type { Fix } from '../../authoring/fixes';
import type { Problem } from '../../experiment/problem';
import { rangeOf, type ExperimentDiagnostics } from './diagnostics';
import { experimentSelector, workspaceEdit } from './nearby';
import { replacementText } from './problems';

const { QuickFix, RefactorRewrite } = vscode.CodeActionKind;

/** What a problem suggests for these is an adapter, which goes into the hint and not into the place of its words. */
const isSuggestionPartOf = (code: Problem['code']): boolean =>
  code === 'shape-mismatch' || code === 'adapter-not-needed';

/** Offers what mends problems: the nearest right word, the adapter that fits, the stage that is missing. */
export function registerFixes(diagnostics: ExperimentDiagnostics): vscode.Disposable {
  return vscode.languages.registerCodeActionsProvider(
    experimentSelector,
    { provideCodeActions: (document, range) => fixesAt(diagnostics, document, range) },
    { providedCodeActionKinds: [QuickFix, RefactorRewrite] },
  );
}

async function fixesAt(
  diagnostics: ExperimentDiagnostics,
  document: vscode.TextDocument,
  range: vscode.Range,
): Promise<vscode.CodeAction[]> {
  const { fixesFor, hintsFirst } = await import('../../authoring/fixes');
  const text = document.getText();
  const quick = diagnostics
    .problemsOf(document.uri)
    .filter((problem) => rangeOf(problem).intersection(range) !== undefined)
    .flatMap((problem) => [
      ...nearestWord(document, problem),
      ...fixesFor(problem, text).map((fix) => quickFix(document, problem, fix)),
    ]);
  const rewrite = hintsFirst(text, document.offsetAt(range.start));
  return rewrite === null ? quick : [...quick, actionOf(document, rewrite, RefactorRewrite)];
}

function nearestWord(document: vscode.TextDocument, problem: Problem): vscode.CodeAction[] {
  if (problem.suggestion === undefined || isSuggestionPartOf(problem.code)) return [];
  const { line, column, endLine, endColumn } = problem;
  const text = replacementText(document.getText(rangeOf(problem)), problem.suggestion, problem.code);
  const edit = { range: { line, column, endLine, endColumn }, text };
  return [quickFix(document, problem, { title: `Change to \`${text}\``, edit, isPreferred: true })];
}

function quickFix(document: vscode.TextDocument, problem: Problem, fix: Fix): vscode.CodeAction {
  const action = actionOf(document, fix, QuickFix);
  action.isPreferred = fix.isPreferred;
  const faulty = rangeOf(problem);
  // The underline that the fix removes is the one that VS Code knows under the same words.
  action.diagnostics = vscode.languages
    .getDiagnostics(document.uri)
    .filter(({ message, range }) => message === problem.message && range.isEqual(faulty));
  return action;
}

function actionOf(document: vscode.TextDocument, fix: Fix, kind: vscode.CodeActionKind): vscode.CodeAction {
  const action = new vscode.CodeAction(fix.title, kind);
  action.edit = workspaceEdit(document.uri, fix.edit);
  return action;
}
