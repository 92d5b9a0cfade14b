import { mkdir, readdir, rm, stat, statfs, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing, removeAbandonedTemporaries } from '../runs/files';
import { openTargets, TargetsWriter, type OpenTargets, type TargetsForm } from './file';

/** What the targets of a workspace may take together. */
export const defaultLimitBytes = 4 * 1024 ** 3;
/** What a disk keeps free for everything else. */
const reservedBytes = 1024 ** 3;
const ending = '.safetensors';

/** The files of targets of a workspace, `<key>.safetensors`. Any of them may be deleted at any time. */
export class TargetsStore {
  /**
   * @param folder absolute; need not exist.
   * @param limitBytes what all files together may take: those that were not used for the longest time make room.
   */
  constructor(
    readonly folder: string,
    private readonly limitBytes = defaultLimitBytes,
  ) {}

  fileOf(key: string): string {
    return join(this.folder, `${key}${ending}`);
  }

  /** {@link openTargets}; what is found is noted as used. */
  async open(
    form: TargetsForm,
    between: () => Promise<void>,
  ): Promise<OpenTargets | { problem: string } | null> {
    const found = await openTargets(this.fileOf(form.key), form, between);
    if (found !== null && 'handle' in found) {
      const now = new Date();
      await utimes(this.fileOf(form.key), now, now);
    }
    return found;
  }

  /** A writer of the targets of a key. Several programs may write the same: the last one to finish is kept. */
  async create(form: TargetsForm, about: string): Promise<TargetsWriter> {
    return TargetsWriter.create(this.fileOf(form.key), form, about);
  }

  /**
   * Makes the folder where it is missing, and removes what killed programs left in it.
   * @returns how many bytes the targets of one run may take: the limit, or less where the disk is fuller.
   */
  async room(): Promise<number> {
    await mkdir(this.folder, { recursive: true });
    await removeAbandonedTemporaries(this.folder);
    const { bavail, bsize } = await statfs(this.folder);
    const kept = (await this.list()).reduce((sum, { bytes }) => sum + bytes, 0);
    return Math.max(0, Math.min(this.limitBytes, bavail * bsize + kept - reservedBytes));
  }

  /**
   * Deletes what was not used for the longest time until `bytes` more fit. A file that another program has open stays
   * readable for it where the system is so kind, and stays where it is not.
   *
   * @param keep keys that are needed now.
   */
  async makeRoom(bytes: number, keep: ReadonlySet<string>): Promise<void> {
    const files = await this.list();
    let excess = files.reduce((sum, file) => sum + file.bytes, bytes) - (await this.room());
    for (const { key, bytes: freed } of files.sort((a, b) => a.usedAt - b.usedAt)) {
      if (excess <= 0) return;
      if (keep.has(key)) continue;
      try {
        await rm(this.fileOf(key), { force: true });
        excess -= freed;
      } catch {
        // Windows does not delete a file that someone reads; the limit is exceeded for as long.
      }
    }
  }

  private async list(): Promise<{ key: string; bytes: number; usedAt: number }[]> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith(ending));
    const files = await Promise.all(
      names.map(async (name) => {
        try {
          const { size, mtimeMs } = await stat(join(this.folder, name));
          return [{ key: name.slice(0, -ending.length), bytes: size, usedAt: mtimeMs }];
        } catch (error) {
          if (isMissing(error)) return [];
          throw error;
        }
      }),
    );
    return files.flat();
  }
}
