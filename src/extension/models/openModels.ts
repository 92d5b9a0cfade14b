import * as vscode from 'vscode';
import type { HintConfig } from '../../experiment/schema';
import type { ExperimentPicture } from '../../protocol/inspection';
import { isExperiment } from '../experiments/files';
import { EditHistory } from './carry';
import { layerFiles, layerLines, modelsOf, type KnownExperiment, type LayerLine } from './layerLines';

const quietMilliseconds = 100;

/** What makes pictures of the models of experiments. */
export interface PictureSource {
  of(uri: vscode.Uri): { picture: ExperimentPicture } | undefined;
  readonly onDidChange: vscode.Event<vscode.Uri>;
}

/** The hints of an experiment, as one version of its text has them. */
interface ReadHints {
  version: number;
  hints: readonly HintConfig[];
}

/** Knows which lines of which files make the layers of the experiments that are open, through unsaved edits too. */
export class OpenModels implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  /** Fired when the layers or the hints of an open experiment may have changed. */
  readonly onDidChange = this.changed.event;
  private readonly history = new EditHistory();
  /** By URI of the experiment. */
  private readonly hints = new Map<string, ReadHints>();
  private readonly subscriptions: vscode.Disposable[];
  private quiet: NodeJS.Timeout | undefined;
  /** Asked for with every file that is opened or hovered, most of which have nothing to do with experiments. */
  private files: ReadonlySet<string> | undefined;

  constructor(private readonly pictures: PictureSource) {
    const { workspace } = vscode;
    this.subscriptions = [
      pictures.onDidChange(() => {
        this.meetTables();
        this.tellSoon();
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        this.follow(document, contentChanges);
      }),
      workspace.onDidSaveTextDocument(({ uri }) => {
        this.history.save(uri.fsPath);
      }),
      workspace.onDidCloseTextDocument(({ uri }) => {
        this.history.revert(uri.fsPath);
        if (this.hints.delete(uri.toString())) this.tellSoon();
      }),
      workspace.onDidOpenTextDocument(({ uri }) => {
        if (isExperiment(uri)) this.tellSoon();
      }),
    ];
    this.meetTables();
  }

  dispose(): void {
    clearTimeout(this.quiet);
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }

  /** The open experiments whose models were built. */
  async experiments(): Promise<KnownExperiment[]> {
    const found = openExperiments().flatMap((document) => {
      const picture = this.pictures.of(document.uri)?.picture;
      return picture === undefined ? [] : [{ document, picture }];
    });
    return Promise.all(
      found.map(async ({ document, picture }) => ({
        file: document.uri.fsPath,
        name: vscode.workspace.asRelativePath(document.uri),
        picture,
        hints: await this.hintsOf(document),
      })),
    );
  }

  /** The lines of a document that make layers, as they stand in the editor now. */
  async linesIn(document: vscode.TextDocument): Promise<LayerLine[]> {
    if (document.uri.scheme !== 'file' || !this.filesWithLayers().has(document.uri.fsPath)) return [];
    const lines = layerLines(document.uri.fsPath, await this.experiments(), pathKey, (table, place) =>
      this.history.carry(table, pathKey(place.file), place),
    );
    return lines.filter(({ line }) => line <= document.lineCount);
  }

  /** Paths of all files that make layers of an open experiment. */
  filesWithLayers(): ReadonlySet<string> {
    this.files ??= new Set(
      openExperiments().flatMap(({ uri }) => {
        const picture = this.pictures.of(uri)?.picture;
        return picture === undefined ? [] : layerFiles(picture).map(pathKey);
      }),
    );
    return this.files;
  }

  private async hintsOf(document: vscode.TextDocument): Promise<readonly HintConfig[]> {
    const key = document.uri.toString();
    const known = this.hints.get(key);
    if (known?.version === document.version) return known.hints;
    const { version } = document;
    // Loaded when it is first needed: the language of experiments takes longer to load than the rest together.
    const { parseExperiment } = await import('../../experiment/parse');
    const { draft } = parseExperiment(document.getText(), document.uri.fsPath);
    // A text that is just being typed has the hints that it had before.
    const hints = draft === null ? (known?.hints ?? []) : (draft.distill?.hints ?? []);
    this.hints.set(key, { version, hints });
    return hints;
  }

  private follow(
    document: vscode.TextDocument,
    changes: readonly vscode.TextDocumentContentChangeEvent[],
  ): void {
    if (document.uri.scheme !== 'file' || changes.length === 0) return;
    if (isExperiment(document.uri)) this.tellSoon();
    else if (this.filesWithLayers().has(document.uri.fsPath)) {
      for (const { range, text } of changes) {
        this.history.edit(document.uri.fsPath, {
          line: range.start.line + 1,
          column: range.start.character + 1,
          endLine: range.end.line + 1,
          endColumn: range.end.character + 1,
          insertedLines: text.split('\n').length - 1,
        });
      }
      this.tellSoon();
    }
  }

  private meetTables(): void {
    // A text that is not changed is that of the disk, also where another program has written it, which nobody saved.
    for (const { isDirty, uri } of vscode.workspace.textDocuments)
      if (!isDirty) this.history.save(uri.fsPath);
    for (const { uri } of openExperiments()) {
      const picture = this.pictures.of(uri)?.picture;
      if (picture === undefined) continue;
      for (const { table } of modelsOf(picture)) this.history.meet(table);
    }
  }

  private tellSoon(): void {
    this.files = undefined;
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => {
      this.changed.fire();
    }, quietMilliseconds);
  }
}

function openExperiments(): vscode.TextDocument[] {
  return vscode.workspace.textDocuments.filter(({ uri }) => isExperiment(uri));
}

/** A path as VS Code writes it, e.g. with a small drive letter. */
function pathKey(path: string): string {
  return vscode.Uri.file(path).fsPath;
}
