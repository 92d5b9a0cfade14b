import { basename } from 'node:path';
import * as vscode from 'vscode';
import { addHint, changeHint, removeHint } from '../../experiment/edits';
import { parseExperiment } from '../../experiment/parse';
import type { LayerTable, SourcePosition } from '../../layers/table';
import { Channel, ChannelError } from '../../protocol/channel';
import {
  pickerHostMethods,
  pickerPageMethods,
  type HintsState,
  type HintTarget,
  type LayerAddress,
  type ModelsState,
  type PickerHostApi,
  type PickerPageApi,
  type PickerState,
  type SimilarityState,
} from '../../protocol/hints';
import type { InspectedModel } from '../../protocol/inspection';
import { textOf, type ExperimentPictures } from '../inspector/pictures';
import { loadPage } from '../panel/page';
import { editExperiment } from './edit';
import { revealText } from './reveal';
import { hintChanges, hintsState, indexOfHint, modelsState, writtenHint } from './state';

/** As many images as tell layers apart, and few enough for seconds. */
const comparedImages = 128;
/** A cursor that is moved by keys comes to rest first. */
const cursorMilliseconds = 120;
/** Models change in steps (stale, busy, done) that need not all be drawn. */
const modelsMilliseconds = 60;

/** The host's side of one hint picker, which is about one experiment. */
export class HintsPanel implements vscode.Disposable {
  private readonly channel: Channel<PickerPageApi, PickerHostApi>;
  private readonly subscriptions: vscode.Disposable[];
  private isListening = false;
  private text: HintsState | null = null;
  private similarity: SimilarityState | null = null;
  private comparison: vscode.CancellationTokenSource | null = null;
  private cursor: NodeJS.Timeout | undefined;
  private sending: NodeJS.Timeout | undefined;

  constructor(
    private readonly panel: vscode.WebviewPanel,
    readonly experiment: vscode.Uri,
    private readonly pictures: ExperimentPictures,
    extension: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.channel = new Channel<PickerPageApi, PickerHostApi>({
      post: (message) => panel.webview.postMessage(message),
      remote: pickerPageMethods,
      local: pickerHostMethods,
      handlers: {
        ready: () => this.ready(),
        addHint: (hint) => this.edit((text) => addHint(text, writtenHint(hint))),
        changeHint: (target, changed) =>
          this.edit((text) => changeHint(text, this.find(text, target), hintChanges(target.hint, changed))),
        removeHint: (target) => this.edit((text) => removeHint(text, this.find(text, target))),
        showHint: (target) => this.showHint(target),
        showSource: (layer, frame) => this.showSource(layer, frame),
        showFailure: (model) => this.showFailure(model),
        compare: (member) => {
          void this.compare(member);
          return Promise.resolve();
        },
        stopComparing: () => {
          this.comparison?.cancel();
          return Promise.resolve();
        },
        refresh: () => {
          pictures.refresh(experiment);
          return Promise.resolve();
        },
        showExperiment: () => this.showExperiment(),
        manageTrust: async () => {
          await vscode.commands.executeCommand('workbench.trust.manage');
        },
      },
      onStray: (problem) => {
        log.debug(`Hint picker: ${problem}`);
      },
    });
    const { workspace, window } = vscode;
    this.subscriptions = [
      pictures.hold(experiment),
      panel.webview.onDidReceiveMessage((message) => {
        this.channel.receive(message);
      }),
      panel.onDidChangeViewState(() => {
        // A hidden page is gone; it says that it is ready when it is there again.
        if (!panel.visible) this.isListening = false;
      }),
      pictures.onDidChange((uri) => {
        if (!this.isOurs(uri)) return;
        this.sendModelsSoon();
        // Of a text that is in no editor, nothing else tells that it has changed.
        if (!workspace.textDocuments.some((document) => this.isOurs(document.uri))) void this.readAgain();
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (this.isOurs(document.uri) && contentChanges.length > 0) this.followText(document.getText());
      }),
      workspace.onDidGrantWorkspaceTrust(() => {
        pictures.refresh(experiment);
        this.sendModelsSoon();
      }),
      window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
        const [selection] = selections;
        if (selection !== undefined) this.followCursor(textEditor.document.uri, selection.active.line + 1);
      }),
    ];
    loadPage(panel.webview, extension, 'hints', 'Pick Hints');
  }

  dispose(): void {
    clearTimeout(this.cursor);
    clearTimeout(this.sending);
    this.comparison?.cancel();
    for (const subscription of this.subscriptions) subscription.dispose();
    this.channel.dispose();
  }

  reveal(): void {
    this.panel.reveal(undefined, false);
  }

  private async ready(): Promise<PickerState> {
    const hints = this.read(await textOf(this.experiment));
    const known = this.pictures.of(this.experiment);
    // Of an experiment that is in no editor nobody has made a picture yet.
    if (known === undefined) this.pictures.refresh(this.experiment);
    this.isListening = true;
    return {
      models: this.modelsNow(),
      hints,
      similarity: this.similarity,
    };
  }

  private isOurs(uri: vscode.Uri): boolean {
    return uri.toString() === this.experiment.toString();
  }

  private read(text: string): HintsState {
    const { experiment } = this;
    const about = {
      file: experiment.fsPath,
      name: basename(experiment.path),
      path: experiment.toString(),
    };
    this.text = hintsState(text, about, this.text?.hints);
    return this.text;
  }

  private followText(text: string): void {
    const state = this.read(text);
    if (this.isListening) void this.deliver(this.channel.call('hints', state));
  }

  private async readAgain(): Promise<void> {
    try {
      this.followText(await textOf(this.experiment));
    } catch (error) {
      this.log.warn(`${this.experiment.fsPath} could not be read for its hint picker. ${messageOf(error)}`);
    }
  }

  private modelsNow(): ModelsState {
    return modelsState(this.pictures.of(this.experiment), {
      isTrusted: vscode.workspace.isTrusted,
      isInFolder: vscode.workspace.getWorkspaceFolder(this.experiment) !== undefined,
    });
  }

  private sendModelsSoon(): void {
    this.sending ??= setTimeout(() => {
      this.sending = undefined;
      if (this.isListening) void this.deliver(this.channel.call('models', this.modelsNow()));
    }, modelsMilliseconds);
  }

  private followCursor(uri: vscode.Uri, line: number): void {
    const files = this.pictures.of(this.experiment)?.picture.files ?? [];
    if (uri.scheme !== 'file' || !files.includes(uri.fsPath)) return;
    clearTimeout(this.cursor);
    this.cursor = setTimeout(() => {
      if (this.isListening) void this.deliver(this.channel.call('selectBySource', uri.fsPath, line));
    }, cursorMilliseconds);
  }

  private edit(make: Parameters<typeof editExperiment>[1]): Promise<void> {
    return editExperiment(this.experiment, make);
  }

  private find(text: string, target: HintTarget): number {
    return indexOfHint(text, this.experiment.fsPath, target);
  }

  private async showHint(target: HintTarget): Promise<void> {
    const document = await vscode.workspace.openTextDocument(this.experiment);
    const text = document.getText();
    const parsed = parseExperiment(text, this.experiment.fsPath);
    const range = parsed.rangeOf(['distill', 'hints', this.find(text, target)]);
    await revealText(this.experiment, range, this.panel.viewColumn);
  }

  private async showExperiment(): Promise<void> {
    const document = await vscode.workspace.openTextDocument(this.experiment);
    const [first] = parseExperiment(document.getText(), this.experiment.fsPath).problems;
    const range = first ?? { line: 1, column: 1, endLine: 1, endColumn: 1 };
    await revealText(this.experiment, range, this.panel.viewColumn);
  }

  private async showSource({ side, member, layer }: LayerAddress, frame: number): Promise<void> {
    const row = this.tableOf(side, member)?.rows.find(({ name }) => name === layer);
    const source = frame === 0 ? row?.source : row?.source?.chain[frame];
    if (source == null) throw new Error(`It is not known where ${layer} is made.`);
    await this.showPlace(source);
  }

  private async showFailure(model: { side: LayerAddress['side']; member: number } | null): Promise<void> {
    const source =
      model === null
        ? this.pictures.of(this.experiment)?.failureSource
        : this.modelOf(model.side, model.member)?.failure?.source;
    if (source == null) throw new Error('It is not known where that happened.');
    await this.showPlace(source);
  }

  private showPlace({ file, line, column }: SourcePosition): Promise<void> {
    const range = { line, column, endLine: line, endColumn: column };
    return revealText(vscode.Uri.file(file), range, this.panel.viewColumn);
  }

  private modelOf(side: LayerAddress['side'], member: number): InspectedModel | null {
    const picture = this.pictures.of(this.experiment)?.picture;
    return (side === 'student' ? picture?.student : picture?.teachers[member]) ?? null;
  }

  private tableOf(side: LayerAddress['side'], member: number): LayerTable | null {
    return this.modelOf(side, member)?.table ?? null;
  }

  private async compare(member: number): Promise<void> {
    this.comparison?.cancel();
    const comparison = new vscode.CancellationTokenSource();
    this.comparison = comparison;
    const tell = (state: SimilarityState | null): void => {
      if (this.comparison !== comparison) return;
      this.similarity = state;
      if (this.isListening) void this.deliver(this.channel.call('similarity', state));
    };
    tell({ kind: 'running', member, message: 'Comparing the layers…', share: 0 });
    try {
      const { token } = comparison;
      const matrix = await this.pictures.similarity(
        this.experiment,
        member,
        comparedImages,
        token,
        (message, share) => {
          tell({ kind: 'running', member, message, share });
        },
      );
      tell({ kind: 'done', member, matrix });
    } catch (error) {
      const isCancelled = error instanceof vscode.CancellationError;
      tell(isCancelled ? null : { kind: 'failed', member, message: messageOf(error) });
    } finally {
      comparison.dispose();
    }
  }

  /** Waits for something that is on its way to the page. */
  private async deliver(message: Promise<void>): Promise<void> {
    try {
      await message;
    } catch (error) {
      // The page was hidden or closed meanwhile; when it is back, it is sent everything.
      if (error instanceof ChannelError && error.code !== 'bad-message') this.log.debug(error.message);
      else this.log.error('The hint picker could not be told what has changed.', error);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
