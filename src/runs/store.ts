import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { didYouMean, nearestWords } from '../experiment/nearest';
import { hasCode, isMissing, writeJson } from './files';
import { readRunFolder, standingOf, type RunFolder } from './folder';
import { RUN_FILES, type RunLabels } from './record';
import { describePhase } from './state';
import type { RunSummary } from './summary';
import { runsFolder } from './workspace';

/** Enough to keep the threads that Node reads with busy, few enough for any limit of open files. */
const concurrentReads = 32;
/** A folder without a record is one that is being made, for this long. */
const makingMilliseconds = 15_000;
/** A folder that changed this recently may change again without its time telling. */
const settledMilliseconds = 3_000;

/** A folder among the runs that cannot be read as one, and why. */
export interface BrokenRun {
  directory: string;
  reason: string;
}

export interface RunList {
  /** Newest first. */
  runs: RunSummary[];
  broken: BrokenRun[];
}

/** No run, or more than one, goes by the given name; the message lists what there is. */
export class UnknownRunError extends Error {
  override name = 'UnknownRunError';
}

/**
 * The runs of a workspace, read from the small files of their folders each time. A store may be kept and asked again:
 * it remembers runs that have ended for as long as their folder does not change.
 */
export class RunStore {
  /** Where the run folders are: `<workspace>/.distillery/runs`. */
  readonly folder: string;
  private readonly ended = new Map<string, { changedAt: number; summary: RunSummary }>();

  /** @param workspace Absolute path of the folder that holds `.distillery`. */
  constructor(readonly workspace: string) {
    this.folder = runsFolder(workspace);
  }

  /** Every run, newest first; none when the workspace has none yet. */
  async list(): Promise<RunList> {
    const list: RunList = { runs: [], broken: [] };
    const ids = await this.ids();
    await forEachConcurrently(ids, async (id) => {
      const directory = this.directoryOf(id);
      try {
        const summary = await this.summarize(id);
        if (summary !== null) list.runs.push(summary);
      } catch (error) {
        list.broken.push({ directory, reason: error instanceof Error ? error.message : String(error) });
      }
    });
    list.runs.sort((one, other) => compareText(other.id, one.id));
    list.broken.sort((one, other) => compareText(one.directory, other.directory));
    this.forgetAllBut(new Set(ids));
    return list;
  }

  /**
   * One run by its whole id.
   * @throws {UnknownRunError} When there is no such run.
   * @throws {Error} When its folder cannot be read.
   */
  async get(id: string): Promise<RunSummary> {
    const summary = (await this.ids()).includes(id) ? await this.summarize(id) : null;
    if (summary === null) throw new UnknownRunError(`There is no run ${id} in ${this.folder}.`);
    return summary;
  }

  /**
   * One run by what a person types: its id, the start or the last part of its id, or its name, which means the newest
   * run of that name.
   * @throws {UnknownRunError} When nothing or more than one run matches.
   */
  async resolve(text: string): Promise<RunSummary> {
    const ids = await this.ids();
    if (ids.includes(text)) return this.get(text);
    const matching = text === '' ? [] : ids.filter((id) => id.startsWith(text) || id.endsWith(`-${text}`));
    const [only] = matching;
    if (only !== undefined && matching.length === 1) return this.get(only);
    const { runs } = await this.list();
    const named = runs.find(({ name }) => name === text);
    if (named !== undefined) return named;
    throw new UnknownRunError(
      matching.length > 1
        ? `${text} is the start or end of ${matching.length} runs; say more of the id:\n  ${matching.slice(0, 10).join('\n  ')}`
        : unknownMessage(text, runs, this.folder),
    );
  }

  /**
   * Changes what people say of a run; what is not given stays.
   * @throws {UnknownRunError} When there is no such run.
   */
  async setLabels(id: string, labels: Partial<RunLabels>): Promise<RunLabels> {
    const summary = await this.get(id);
    const changed = { ...summary.labels, ...labels };
    await writeJson(join(summary.directory, RUN_FILES.labels), changed);
    this.ended.delete(id);
    return changed;
  }

  /**
   * Deletes a run for good.
   * @throws {UnknownRunError} When there is no such run.
   * @throws {Error} When it is running.
   */
  async remove(id: string): Promise<void> {
    const { directory, state } = await this.get(id);
    if (state === 'running') throw new Error(`Run ${id} is running; stop it before deleting it.`);
    // First out of everyone's sight in one go: nobody shall list a run that is half gone.
    const hidden = join(this.folder, `.deleted-${id}`);
    await rename(directory, hidden);
    await rm(hidden, { recursive: true, force: true, maxRetries: 5 });
    this.ended.delete(id);
  }

  private directoryOf(id: string): string {
    return join(this.folder, id);
  }

  private async ids(): Promise<string[]> {
    try {
      const entries = await readdir(this.folder, { withFileTypes: true });
      return entries
        .filter((entry) => !entry.isFile() && !entry.name.startsWith('.'))
        .map(({ name }) => name);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** Null for a folder that is just being made or has just been deleted. */
  private async summarize(id: string): Promise<RunSummary | null> {
    const directory = this.directoryOf(id);
    const changedAt = await modifiedAt(directory);
    if (changedAt === null) return null;
    const known = this.ended.get(id);
    if (known?.changedAt === changedAt) return known.summary;
    let folder: RunFolder;
    try {
      folder = await readRunFolder(directory);
    } catch (error) {
      if ((await modifiedAt(join(directory, RUN_FILES.record))) !== null) throw error;
      const isBeingMade = Date.now() - changedAt < makingMilliseconds;
      if (isBeingMade || (await modifiedAt(directory)) === null) return null;
      throw error;
    }
    const summary = await summarizeFolder(folder);
    if (summary.end !== null && Date.now() - changedAt > settledMilliseconds) {
      this.ended.set(id, { changedAt, summary });
    }
    return summary;
  }

  private forgetAllBut(ids: ReadonlySet<string>): void {
    for (const id of this.ended.keys()) if (!ids.has(id)) this.ended.delete(id);
  }
}

/** What lists show of a run, from its folder. */
export async function summarizeFolder(read: RunFolder): Promise<RunSummary> {
  const { folder, state } = await standingOf(read);
  const { directory, record, progress, end, labels } = folder;
  const phase = describePhase(folder, state, Date.now());
  return {
    id: record.id,
    directory,
    name: record.name,
    role: record.role,
    state,
    experimentPath: record.experiment.path,
    fingerprint: record.experiment.fingerprint,
    baselineFingerprint: record.experiment.baselineFingerprint,
    createdAt: record.createdAt,
    seed: record.resolved.seed,
    progress: progress === null ? null : { ...progress, phase: phase ?? progress.phase },
    end,
    labels,
  };
}

function unknownMessage(text: string, runs: readonly RunSummary[], folder: string): string {
  if (runs.length === 0) return `There are no runs in ${folder} yet.`;
  const names = [...new Set(runs.map(({ name }) => name))];
  const near = nearestWords(text, [...names, ...runs.map(({ id }) => id)]);
  const hint = near.length > 0 ? didYouMean(near) : '';
  return `No run has the id or name ${text}.${hint} \`distillery ls\` lists all ${runs.length}.`;
}

async function modifiedAt(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (isMissing(error) || hasCode(error, 'ENOTDIR')) return null;
    throw error;
  }
}

async function forEachConcurrently<T>(
  items: readonly T[],
  action: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await action(item);
  };
  await Promise.all(Array.from({ length: concurrentReads }, worker));
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
