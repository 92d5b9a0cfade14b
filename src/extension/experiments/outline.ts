import * as vscode from 'vscode';
import type { OutlineSymbol, SymbolKind } from '../../authoring/outline';
import { experimentSelector, rangeOfOffsets } from './nearby';

const kinds: Readonly<Record<SymbolKind, vscode.SymbolKind>> = {
  data: vscode.SymbolKind.Array,
  model: vscode.SymbolKind.Class,
  part: vscode.SymbolKind.Module,
  term: vscode.SymbolKind.Function,
  hint: vscode.SymbolKind.Interface,
  stage: vscode.SymbolKind.Event,
  value: vscode.SymbolKind.Property,
};

/** Outlines experiments: data, teachers and student, terms and hints, stages. */
export function registerOutline(): vscode.Disposable {
  return vscode.languages.registerDocumentSymbolProvider(
    experimentSelector,
    {
      provideDocumentSymbols: async (document) => {
        const { outlineOf } = await import('../../authoring/outline');
        return outlineOf(document.getText()).map((symbol) => symbolOf(document, symbol));
      },
    },
    { label: 'Distillery' },
  );
}

function symbolOf(document: vscode.TextDocument, symbol: OutlineSymbol): vscode.DocumentSymbol {
  const { name, detail, kind, start, end, nameStart, nameEnd, children } = symbol;
  const made = new vscode.DocumentSymbol(
    name,
    detail,
    kinds[kind],
    rangeOfOffsets(document, start, end),
    rangeOfOffsets(document, nameStart, nameEnd),
  );
  made.children = children.map((child) => symbolOf(document, child));
  return made;
}
