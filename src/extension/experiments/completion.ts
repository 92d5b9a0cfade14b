import * as vscode from 'vscode';
import type { Completion } from '../../authoring/completionSite';
import type { ExperimentPictures } from '../inspector/pictures';
import { experimentSelector, isToldByOthers, rangeOfOffsets, surroundingsOf } from './nearby';

/** Characters behind which something can be named: values, keys in brackets, folders, exports. */
const triggers = [' ', '/', '#', '{', '[', ',', '"', "'"];

const kinds: Readonly<Record<Completion['kind'], vscode.CompletionItemKind>> = {
  key: vscode.CompletionItemKind.Property,
  word: vscode.CompletionItemKind.EnumMember,
  part: vscode.CompletionItemKind.Snippet,
  layer: vscode.CompletionItemKind.Reference,
  model: vscode.CompletionItemKind.Module,
  file: vscode.CompletionItemKind.File,
  folder: vscode.CompletionItemKind.Folder,
  export: vscode.CompletionItemKind.Function,
};

/** Completes keys, words, layers, models and files in experiments. */
export function registerCompletion(pictures: ExperimentPictures): vscode.Disposable {
  return vscode.languages.registerCompletionItemProvider(
    experimentSelector,
    {
      provideCompletionItems: async (document, position, token, context) => {
        if (!isWanted(document, position, context)) return [];
        // Loaded when it is first needed, as is everything that knows the language of experiments.
        const { completionsAt } = await import('../../authoring/completion');
        if (token.isCancellationRequested) return [];
        const found = completionsAt(
          document.getText(),
          document.offsetAt(position),
          surroundingsOf(document, pictures),
          isToldByOthers(document.uri, 'completion'),
        );
        return found.map((completion) => itemOf(document, completion));
      },
    },
    ...triggers,
  );
}

/** A blank means something behind a colon, a comma, a bracket or a dash only; elsewhere Enter should end the line. */
function isWanted(
  document: vscode.TextDocument,
  position: vscode.Position,
  { triggerCharacter }: vscode.CompletionContext,
): boolean {
  if (triggerCharacter !== ' ') return true;
  return /[:,{[] $|^\s*(?:- )+$/.test(document.lineAt(position).text.slice(0, position.character));
}

function itemOf(document: vscode.TextDocument, completion: Completion): vscode.CompletionItem {
  const { label, kind, detail, beside, documentation, insert, isSnippet, sortText, goesOn } = completion;
  const item = new vscode.CompletionItem(beside === '' ? label : { label, description: beside }, kinds[kind]);
  item.detail = detail;
  item.documentation = new vscode.MarkdownString(documentation);
  item.insertText = isSnippet ? new vscode.SnippetString(insert) : insert;
  item.range = {
    inserting: rangeOfOffsets(document, completion.start, completion.cursor),
    replacing: rangeOfOffsets(document, completion.start, completion.end),
  };
  item.sortText = sortText;
  // What is written may be quoted or lead by a blank; what is compared with it is the name.
  item.filterText = label;
  if (goesOn) item.command = { command: 'editor.action.triggerSuggest', title: 'Suggest' };
  return item;
}
