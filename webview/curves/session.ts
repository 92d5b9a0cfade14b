import type { HostApi, RunAction, RunsState, WebviewApi } from '../../src/protocol/messages';
import type { CurveDelta } from '../../src/runs/series';
import type { RunSummary } from '../../src/runs/summary';
import { mergeDelta, type RunCurves } from './data';
import { assignSlots } from './palette';
import { restoreSettings, type Settings } from './settings';

export interface SessionEffects {
  /** Keeps the settings for the next time the panel is opened. */
  save: (settings: Settings) => void;
  /** Something that is shown changed. */
  changed: () => void;
}

/**
 * The state of the panel and the conversation that keeps it up to date. It owns the curves (gathered from deltas) and
 * the settings (what the person chose); what is known of the runs belongs to the host and is only mirrored.
 */
export class Session implements WebviewApi {
  phase: 'loading' | 'ready' | 'failed' = 'loading';
  list: readonly RunSummary[] = [];
  settings: Settings;
  /** What went wrong last, until it is dismissed. */
  problem: string | null = null;
  private readonly held = new Map<string, RunCurves>();
  /** Runs that were asked for again and have not begun to arrive. */
  private readonly awaited = new Set<string>();
  /** Choices of this side that the host has not confirmed; until then its own are out of date. */
  private unconfirmed = 0;

  constructor(
    private readonly host: HostApi,
    saved: unknown,
    private readonly effects: SessionEffects,
  ) {
    this.settings = restoreSettings(saved);
  }

  /** Tells the host that this side listens, and takes over what it knows. */
  async start(): Promise<void> {
    this.phase = 'loading';
    this.problem = null;
    this.effects.changed();
    try {
      this.adopt(await this.host.ready(this.settings.shown));
      this.phase = 'ready';
    } catch (error) {
      this.phase = 'failed';
      this.problem = `The runs could not be read: ${messageOf(error)}`;
    }
    this.effects.changed();
  }

  runs(state: RunsState): Promise<void> {
    this.adopt(state);
    this.effects.changed();
    return Promise.resolve();
  }

  curves(delta: CurveDelta): Promise<void> {
    const merge = mergeDelta(this.held.get(delta.run), delta);
    if (merge.kind === 'merged') {
      this.held.set(delta.run, merge.curves);
      if (delta.seq === 0) this.awaited.delete(delta.run);
      this.effects.changed();
    } else if (merge.kind === 'gap') {
      void this.resync(delta.run);
    }
    return Promise.resolve();
  }

  curvesOf(run: string): RunCurves | undefined {
    return this.held.get(run);
  }

  /** The overlaid runs that exist, in the order they were added. */
  get shownRuns(): RunSummary[] {
    const byId = new Map(this.list.map((run) => [run.id, run]));
    return this.settings.shown.flatMap((id) => byId.get(id) ?? []);
  }

  /** Changes settings of the view; which runs are overlaid is changed by `setShown`. */
  change(settings: Partial<Omit<Settings, 'shown' | 'slots'>>): void {
    this.settings = { ...this.settings, ...settings };
    this.effects.save(this.settings);
    this.effects.changed();
  }

  async setShown(runs: readonly string[]): Promise<void> {
    this.overlay(runs);
    this.effects.changed();
    this.unconfirmed += 1;
    try {
      await this.host.show([...runs]);
    } catch (error) {
      this.report(`The choice of runs did not reach the extension: ${messageOf(error)}`);
    } finally {
      this.unconfirmed -= 1;
    }
  }

  async act(action: RunAction, run: string): Promise<void> {
    try {
      await this.host.act(action, run);
    } catch (error) {
      this.report(messageOf(error));
    }
  }

  dismissProblem(): void {
    this.problem = null;
    this.effects.changed();
  }

  private adopt(state: RunsState): void {
    this.list = state.runs;
    if (this.unconfirmed === 0) this.overlay(state.shown);
  }

  private overlay(runs: readonly string[]): void {
    const shown = [...new Set(runs)];
    const { slots, mutedRuns } = this.settings;
    this.settings = {
      ...this.settings,
      shown,
      slots: assignSlots(slots, shown),
      mutedRuns: mutedRuns.filter((run) => shown.includes(run)),
    };
    for (const run of this.held.keys()) {
      if (!shown.includes(run)) this.held.delete(run);
    }
    this.effects.save(this.settings);
  }

  private async resync(run: string): Promise<void> {
    if (this.awaited.has(run) || !this.settings.shown.includes(run)) return;
    this.awaited.add(run);
    try {
      await this.host.resync(run);
    } catch (error) {
      // The next delta of the run will ask again.
      this.awaited.delete(run);
      this.report(`Curves are missing and could not be asked for again: ${messageOf(error)}`);
    }
  }

  private report(problem: string): void {
    this.problem = problem;
    this.effects.changed();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
