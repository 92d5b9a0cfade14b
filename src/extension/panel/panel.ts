import * as vscode from 'vscode';
import { Channel, ChannelError } from '../../protocol/channel';
import {
  hostMethods,
  webviewMethods,
  type HostApi,
  type RunAction,
  type RunsState,
  type WebviewApi,
} from '../../protocol/messages';
import type { CommandName } from '../commandNames';
import type { LocatedRun, RunLibrary } from '../runs/library';
import { CurveFeed } from './feed';
import { loadPage } from './page';

/** How often the event logs of running runs are looked at. */
const tickMilliseconds = 400;
/** Heartbeats of several runs come in one message. */
const listMilliseconds = 500;

const commandsOfActions: Readonly<Record<RunAction, CommandName>> = {
  stop: 'distillery.stopRun',
  resume: 'distillery.resumeRun',
  openExperiment: 'distillery.openExperiment',
  revealFolder: 'distillery.revealRunFolder',
};

/**
 * The host's side of one curves panel. VS Code throws the page away whenever the panel is hidden; what it showed is
 * kept here, the curves in their feeds, and handed over again when the page comes back and says that it is ready.
 */
export class CurvesPanel implements vscode.Disposable {
  private readonly channel: Channel<WebviewApi, HostApi>;
  private readonly subscriptions: vscode.Disposable[];
  /** By id of the run; kept until the panel is closed, so that no log is read twice. */
  private readonly feeds = new Map<string, CurveFeed>();
  private isListening = false;
  private tick: NodeJS.Timeout | undefined;
  private listing: NodeJS.Timeout | undefined;

  /**
   * @param shown Ids of the runs that are overlaid; null for a panel of an earlier session, which remembers them.
   */
  constructor(
    private readonly panel: vscode.WebviewPanel,
    private shown: readonly string[] | null,
    private readonly library: RunLibrary,
    extension: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.channel = new Channel<WebviewApi, HostApi>({
      post: (message) => panel.webview.postMessage(message),
      remote: webviewMethods,
      local: hostMethods,
      handlers: {
        ready: (saved) => this.ready(saved),
        show: (runs) => {
          this.setShown(runs);
          return Promise.resolve();
        },
        resync: (run) => {
          void this.deliver(this.feedOf(run)?.restart());
          return Promise.resolve();
        },
        act: (action, run) => this.act(action, run),
      },
      onStray: (problem) => {
        log.debug(`Curves panel: ${problem}`);
      },
    });
    this.subscriptions = [
      panel.webview.onDidReceiveMessage((message) => {
        this.channel.receive(message);
      }),
      panel.onDidChangeViewState(() => {
        this.followVisibility();
      }),
      library.onDidChange(() => {
        this.followLibrary();
      }),
    ];
    loadPage(panel.webview, extension, 'curves', 'Curves');
    this.followVisibility();
    this.nameTab();
  }

  dispose(): void {
    clearTimeout(this.tick);
    clearTimeout(this.listing);
    for (const subscription of this.subscriptions) subscription.dispose();
    this.channel.dispose();
    this.library.setVisible(this, false);
  }

  /** Whether a person sees the curves of a run now. */
  isShowing(run: string): boolean {
    return this.panel.visible && (this.shown?.includes(run) ?? false);
  }

  /** Brings the panel to the front, with these runs overlaid. */
  reveal(runs: readonly string[]): void {
    this.setShown(runs);
    this.panel.reveal(undefined, false);
    this.sendList();
  }

  private async ready(saved: readonly string[]): Promise<RunsState> {
    await this.library.loaded;
    this.shown ??= saved;
    this.isListening = true;
    this.nameTab();
    const state = this.state();
    for (const run of state.shown) void this.deliver(this.feedOf(run)?.restart());
    this.advance();
    return state;
  }

  private setShown(runs: readonly string[]): void {
    const before = new Set(this.shown);
    this.shown = [...new Set(runs)];
    this.nameTab();
    if (!this.isListening) return;
    // The page forgets the curves of runs that it no longer shows.
    for (const run of this.shown) if (!before.has(run)) void this.deliver(this.feedOf(run)?.restart());
    this.advance();
  }

  private async act(action: RunAction, id: string): Promise<void> {
    const known = this.library.findById(id);
    if (known === undefined) throw new Error(`Run ${id} is no longer there.`);
    await vscode.commands.executeCommand(commandsOfActions[action], [known.run.directory]);
  }

  private state(): RunsState {
    const shown = this.shown ?? [];
    const runs = this.library.runs
      .map(({ run }) => run)
      .filter((run) => !run.labels.archived || shown.includes(run.id));
    return { runs, shown: shown.filter((id) => this.library.findById(id) !== undefined) };
  }

  private followVisibility(): void {
    this.library.setVisible(this, this.panel.visible);
    // A hidden page is gone; it says that it is ready when it is there again.
    if (!this.panel.visible) this.isListening = false;
  }

  private followLibrary(): void {
    this.nameTab();
    this.listing ??= setTimeout(() => {
      this.listing = undefined;
      this.sendList();
    }, listMilliseconds);
    // Also what a run wrote last before it ended.
    this.advance();
  }

  private sendList(): void {
    if (this.isListening) void this.deliver(this.channel.call('runs', this.state()));
  }

  /** Sends what the shown runs have written since, and comes back while one of them runs. */
  private advance(): void {
    clearTimeout(this.tick);
    if (!this.isListening) return;
    for (const run of this.shown ?? []) void this.deliver(this.feedOf(run)?.advance());
    if (!this.shownRuns().some(({ run }) => run.state === 'running')) return;
    this.tick = setTimeout(() => {
      this.advance();
    }, tickMilliseconds);
  }

  private feedOf(id: string): CurveFeed | undefined {
    const feed = this.feeds.get(id);
    if (feed !== undefined) return feed;
    const known = this.library.findById(id);
    if (known === undefined) return undefined;
    const made = new CurveFeed(known.run, (delta) => this.channel.call('curves', delta));
    this.feeds.set(id, made);
    return made;
  }

  private shownRuns(): LocatedRun[] {
    return (this.shown ?? []).flatMap((id) => this.library.findById(id) ?? []);
  }

  private nameTab(): void {
    const runs = this.shownRuns();
    const [first] = runs;
    const title =
      first === undefined
        ? 'Curves'
        : runs.length === 1
          ? `Curves: ${first.run.name}`
          : `Curves: ${runs.length} runs`;
    if (this.panel.title !== title) this.panel.title = title;
  }

  /** Waits for something that is on its way to the page. */
  private async deliver(message: Promise<void> | undefined): Promise<void> {
    try {
      await message;
    } catch (error) {
      // The page was hidden or closed meanwhile; when it is back, it is sent everything.
      if (error instanceof ChannelError && error.code !== 'bad-message') this.log.debug(error.message);
      else this.log.error('The curves could not be sent.', error);
    }
  }
}
