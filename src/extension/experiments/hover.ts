import * as vscode from 'vscode';
import type { ExperimentPictures } from '../inspector/pictures';
import { experimentSelector, isToldByOthers, rangeOfOffsets, surroundingsOf } from './nearby';

/** Tells what keys mean, and what layers and models are. */
export function registerHover(pictures: ExperimentPictures): vscode.Disposable {
  return vscode.languages.registerHoverProvider(experimentSelector, {
    provideHover: async (document, position) => {
      const { hoverAt } = await import('../../authoring/hover');
      const found = hoverAt(
        document.getText(),
        document.offsetAt(position),
        surroundingsOf(document, pictures),
        isToldByOthers(document.uri, 'hover'),
      );
      if (found === null) return null;
      const range = rangeOfOffsets(document, found.start, found.end);
      return new vscode.Hover(new vscode.MarkdownString(found.markdown), range);
    },
  });
}
