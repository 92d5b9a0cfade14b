import * as vscode from 'vscode';
import { rangeOf, type ExperimentDiagnostics } from './diagnostics';
import { experimentSuffix } from './files';
import { replacementText } from './problems';

const selector: vscode.DocumentSelector = { scheme: 'file', pattern: `**/*${experimentSuffix}` };

/** Offers the nearest right word for a wrong one, as a quick fix. */
export function registerFixes(diagnostics: ExperimentDiagnostics): vscode.Disposable {
  return vscode.languages.registerCodeActionsProvider(
    selector,
    { provideCodeActions: (document, range) => fixesAt(diagnostics, document, range) },
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
  );
}

function fixesAt(
  diagnostics: ExperimentDiagnostics,
  document: vscode.TextDocument,
  range: vscode.Range,
): vscode.CodeAction[] {
  return diagnostics.problemsOf(document.uri).flatMap((problem) => {
    const faulty = rangeOf(problem);
    if (problem.suggestion === undefined || faulty.intersection(range) === undefined) return [];
    const text = replacementText(document.getText(faulty), problem.suggestion, problem.code);
    const fix = new vscode.CodeAction(`Change to \`${text}\``, vscode.CodeActionKind.QuickFix);
    fix.edit = new vscode.WorkspaceEdit();
    fix.edit.replace(document.uri, faulty, text);
    fix.isPreferred = true;
    // The underline that the fix removes is the one that VS Code knows under the same words.
    fix.diagnostics = vscode.languages
      .getDiagnostics(document.uri)
      .filter(({ message, range: place }) => message === problem.message && place.isEqual(faulty));
    return [fix];
  });
}
