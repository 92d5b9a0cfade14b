import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { SourcePosition } from '../../layers/table';
import type { ExperimentPicture, SimilarityMatrix } from '../../protocol/inspection';
import { isExperiment } from '../experiments/files';
import type { Program } from '../program';
import { inspectorTimeLimit } from '../settings';
import { FileWatch } from './fileWatch';
import { isPartlyOld, keepLastGood } from './merge';
import type { InspectorProcess } from './process';

const typingMilliseconds = 300;
/** How long the processes stay without work. Comparing layers takes much memory, looking at models little. */
const pictureIdleMilliseconds = 30 * 60_000;
const similarityIdleMilliseconds = 60_000;

/** What is known of the models of an experiment. */
export interface PictureState {
  /** The newest picture, empty before the first; of a model that does not build any more, the last table that it had. */
  picture: ExperimentPicture;
  /** Whether the picture, or a part of it, shows what was there before: the text has changed, or something fails now. */
  isStale: boolean;
  /** Why there is no newer picture, for people; failures of single models are told in the picture. */
  failure: string | null;
  /** Where in the files of a model that happened. */
  failureSource: SourcePosition | null;
  /** Whether a newer picture is being made. */
  busy: boolean;
  /** The version of the document that the picture or the failure is about; null before the first, and without document. */
  version: number | null;
}

/** An experiment that is looked at. */
interface Followed {
  uri: vscode.Uri;
  state: PictureState;
  typing: NodeJS.Timeout | undefined;
  /** Counts the requests, to tell the newest. */
  request: number;
}

/** The processes of a workspace folder. */
interface Inspectors {
  pictures: InspectorProcess;
  similarity: InspectorProcess;
}

/**
 * Keeps pictures of the models of experiments: of those that are open, from their opening on, through every change of
 * their text and of the files that they depend on; of others, when `refresh` asks for one. Pictures are made in a
 * child process, which is started with the first of them, and only in trusted workspaces, since that executes their
 * code.
 */
export class ExperimentPictures implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  /** Fired with the URI of an experiment whose state has changed. */
  readonly onDidChange = this.changed.event;
  /** By URI. */
  private readonly followed = new Map<string, Followed>();
  /** By URI: how many show the picture of an experiment, in an editor or not. */
  private readonly holders = new Map<string, number>();
  /** By URI of the workspace folder. */
  private readonly inspectors = new Map<string, Promise<Inspectors>>();
  private readonly watch: FileWatch;
  private readonly subscriptions: vscode.Disposable[];
  private disposed = false;

  constructor(
    private readonly program: Program,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const { workspace } = vscode;
    this.watch = new FileWatch((files) => {
      this.refreshUsers(files);
    });
    this.subscriptions = [
      workspace.onDidOpenTextDocument(({ uri }) => {
        if (isExperiment(uri)) this.refresh(uri);
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.refreshSoon(document.uri);
      }),
      workspace.onDidSaveTextDocument(({ uri }) => {
        if (isExperiment(uri)) this.refresh(uri);
        this.refreshUsers(new Set([uri.fsPath]), uri);
      }),
      workspace.onDidCloseTextDocument(({ uri }) => {
        // What was not saved is gone: the text is now that of the file.
        if (this.holders.has(uri.toString())) this.refresh(uri);
        else this.forget(uri);
      }),
      workspace.onDidGrantWorkspaceTrust(() => {
        this.refreshOpen();
      }),
      workspace.onDidChangeWorkspaceFolders(({ removed }) => {
        for (const { uri } of removed) this.closeInspectors(uri.toString());
        for (const { uri } of this.followed.values()) if (folderFor(uri) === undefined) this.forget(uri);
        this.refreshOpen();
      }),
      workspace.onDidChangeConfiguration((event) => {
        const isOurs = ['nodePath', 'inspector'].some((name) =>
          event.affectsConfiguration(`distillery.${name}`),
        );
        if (isOurs) void this.restart();
      }),
    ];
    this.refreshOpen();
  }

  dispose(): void {
    this.disposed = true;
    for (const subscription of this.subscriptions) subscription.dispose();
    for (const { typing } of this.followed.values()) clearTimeout(typing);
    this.watch.dispose();
    for (const key of [...this.inspectors.keys()]) this.closeInspectors(key);
    this.changed.dispose();
  }

  /** What is known of an experiment; undefined when nobody asked for a picture of it yet, or nobody may. */
  of(uri: vscode.Uri): PictureState | undefined {
    return this.followed.get(uri.toString())?.state;
  }

  /** The experiments whose newest picture depends on a file. */
  usersOf(file: string): vscode.Uri[] {
    return [...this.followed.values()]
      .filter(({ state }) => state.picture.files.includes(file))
      .map(({ uri }) => uri);
  }

  /** Has a new picture made, of an open document or of a file; `onDidChange` tells when it is there. */
  refresh(uri: vscode.Uri): void {
    void this.look(uri);
  }

  /** Keeps the picture of an experiment up to date until it is let go, also while no editor has its text. */
  hold(uri: vscode.Uri): vscode.Disposable {
    const key = uri.toString();
    this.holders.set(key, (this.holders.get(key) ?? 0) + 1);
    return new vscode.Disposable(() => {
      const others = (this.holders.get(key) ?? 1) - 1;
      if (others > 0) {
        this.holders.set(key, others);
        return;
      }
      this.holders.delete(key);
      if (openDocument(uri) === undefined) this.forget(uri);
    });
  }

  /**
   * Shows images to a teacher and the student of an experiment, as it stands in the editor, and compares all their
   * layers.
   * @param member Index of the teacher.
   * @param images How many images, at least 2.
   * @throws {vscode.CancellationError} When the token is cancelled.
   * @throws {Error} That says why there are no numbers.
   */
  async similarity(
    uri: vscode.Uri,
    member: number,
    images: number,
    token?: vscode.CancellationToken,
    progress?: (message: string, share: number) => void,
  ): Promise<SimilarityMatrix> {
    const folder = folderFor(uri);
    if (folder === undefined) {
      throw new Error(`The layers of ${uri.fsPath} are compared only in a trusted folder that is open.`);
    }
    const inspectors = await this.inspectorsOf(folder);
    const text = await textOf(uri);
    const abortion = new AbortController();
    const cancellation = token?.onCancellationRequested(() => {
      abortion.abort();
    });
    try {
      if (token?.isCancellationRequested === true) throw new vscode.CancellationError();
      return await inspectors.similarity.similarity({ file: uri.fsPath, text }, member, images, {
        signal: abortion.signal,
        ...(progress === undefined ? {} : { onProgress: progress }),
      });
    } catch (error) {
      throw token?.isCancellationRequested === true ? new vscode.CancellationError() : error;
    } finally {
      cancellation?.dispose();
    }
  }

  private refreshOpen(): void {
    for (const { uri } of vscode.workspace.textDocuments) if (isExperiment(uri)) this.refresh(uri);
  }

  private refreshSoon(uri: vscode.Uri): void {
    const followed = this.followed.get(uri.toString());
    if (followed === undefined) return;
    this.update(followed, { isStale: true });
    clearTimeout(followed.typing);
    followed.typing = setTimeout(() => {
      this.refresh(uri);
    }, typingMilliseconds);
  }

  /** Files have changed: what was made from them is made again. */
  private refreshUsers(files: ReadonlySet<string>, except?: vscode.Uri): void {
    for (const { uri, state } of this.followed.values()) {
      if (uri.toString() === except?.toString()) continue;
      const isOwnText = openDocument(uri) === undefined && files.has(uri.fsPath);
      if (isOwnText || state.picture.files.some((file) => files.has(file))) this.refresh(uri);
    }
  }

  private forget(uri: vscode.Uri): void {
    const followed = this.followed.get(uri.toString());
    if (followed === undefined) return;
    clearTimeout(followed.typing);
    this.followed.delete(uri.toString());
    this.watchFiles();
    this.changed.fire(uri);
  }

  private async look(uri: vscode.Uri): Promise<void> {
    const folder = folderFor(uri);
    if (folder === undefined || this.disposed) return;
    const followed = this.follow(uri);
    clearTimeout(followed.typing);
    followed.request += 1;
    const { request } = followed;
    const document = openDocument(uri);
    const version = document?.version ?? null;
    const isOutdated = (): boolean => this.disposed || followed.request !== request;
    this.update(followed, { busy: true });
    let text = '';
    try {
      text = document?.getText() ?? (await textOf(uri));
      const { pictures } = await this.inspectorsOf(folder);
      const fresh = await pictures.inspect({ file: uri.fsPath, text });
      if (isOutdated()) return;
      const picture = keepLastGood(fresh, followed.state.picture);
      const isStale = isPartlyOld(picture, fresh) || hasMovedOn(document, version);
      this.update(followed, { picture, isStale, failure: null, failureSource: null, busy: false, version });
      this.watchFiles();
    } catch (error) {
      if (isOutdated()) return;
      const { InspectorFailure } = await import('./process');
      const { namedFiles } = await import('../experiments/check');
      if (isOutdated()) return;
      const failure = error instanceof Error ? error.message : String(error);
      const failureSource = error instanceof InspectorFailure ? error.source : null;
      this.log.warn(`The models of ${uri.fsPath} could not be looked at. ${failure}`);
      const named = namedFiles(text, uri.fsPath);
      if (failureSource !== null) named.push(failureSource.file);
      const { picture } = followed.state;
      const files = [...new Set([...picture.files, ...named])];
      this.update(followed, {
        // A change of any of them may mend it.
        picture: { ...picture, files },
        isStale: true,
        failure,
        failureSource,
        busy: false,
        version,
      });
      this.watchFiles();
    }
  }

  private follow(uri: vscode.Uri): Followed {
    const known = this.followed.get(uri.toString());
    if (known !== undefined) return known;
    const state: PictureState = {
      picture: { file: uri.fsPath, problems: [], student: null, teachers: [], files: [] },
      isStale: true,
      failure: null,
      failureSource: null,
      busy: false,
      version: null,
    };
    const followed: Followed = { uri, state, typing: undefined, request: 0 };
    this.followed.set(uri.toString(), followed);
    return followed;
  }

  private update(followed: Followed, change: Partial<PictureState>): void {
    const before = followed.state;
    const keys = Object.keys(change) as (keyof PictureState)[];
    if (keys.every((key) => before[key] === change[key])) return;
    followed.state = { ...before, ...change };
    if (this.followed.get(followed.uri.toString()) === followed) this.changed.fire(followed.uri);
  }

  /** Looks after the files of all pictures, also those that are in no editor. */
  private watchFiles(): void {
    const all = [...this.followed.values()];
    this.watch.set(all.flatMap(({ uri, state }) => [uri.fsPath, ...state.picture.files]));
  }

  private inspectorsOf(folder: vscode.WorkspaceFolder): Promise<Inspectors> {
    const key = folder.uri.toString();
    const known = this.inspectors.get(key);
    if (known !== undefined) return known;
    const made = this.makeInspectors(folder);
    this.inspectors.set(key, made);
    return made;
  }

  private async makeInspectors(folder: vscode.WorkspaceFolder): Promise<Inspectors> {
    // Loaded with the first picture: most windows never make one.
    const { InspectorProcess } = await import('./process');
    const start = async () => ({
      ...(await this.program.starterOf('inspector', folder)),
      directory: folder.uri.fsPath,
      timeLimit: inspectorTimeLimit(folder.uri),
    });
    const onOutput = (line: string): void => {
      this.log.info(`inspector: ${line}`);
    };
    return {
      pictures: new InspectorProcess({ start, onOutput, idleMilliseconds: pictureIdleMilliseconds }),
      similarity: new InspectorProcess({ start, onOutput, idleMilliseconds: similarityIdleMilliseconds }),
    };
  }

  private async restart(): Promise<void> {
    for (const inspectors of this.inspectors.values()) {
      const { pictures, similarity } = await inspectors;
      for (const each of [pictures, similarity]) each.stop('The settings have changed.');
    }
    this.refreshOpen();
  }

  private closeInspectors(key: string): void {
    const inspectors = this.inspectors.get(key);
    this.inspectors.delete(key);
    void inspectors?.then(({ pictures, similarity }) => {
      pictures.dispose();
      similarity.dispose();
    });
  }
}

/** The folder whose inspector may look at an experiment; undefined when nobody may. */
function folderFor(uri: vscode.Uri): vscode.WorkspaceFolder | undefined {
  if (!vscode.workspace.isTrusted || !isExperiment(uri)) return undefined;
  return vscode.workspace.getWorkspaceFolder(uri);
}

function openDocument(uri: vscode.Uri): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
}

function hasMovedOn(document: vscode.TextDocument | undefined, version: number | null): boolean {
  return document !== undefined && document.version !== version;
}

/** The text of an experiment, as it stands in an editor or on the disk. */
export async function textOf(uri: vscode.Uri): Promise<string> {
  return openDocument(uri)?.getText() ?? readFile(uri.fsPath, 'utf8');
}
