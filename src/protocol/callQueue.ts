/** Work that waits its turn, and who waits for it. */
interface Waiting {
  key: string | null;
  work: () => Promise<unknown>;
  resolve: (result: unknown) => void;
  reject: (reason: Error) => void;
}

/**
 * Does one piece of work after the other. Newer work with the key of work that still waits takes its place: those who
 * asked for the older get what the newer gives, which is what they would ask for by now.
 */
export class CallQueue {
  private readonly waiting: Waiting[] = [];
  private isBusy = false;

  /**
   * @param key what the work is about; null for work that nothing replaces. All work with one key gives results of one
   *   type.
   */
  add<Result>(key: string | null, work: () => Promise<Result>): Promise<Result> {
    return new Promise<Result>((settle, reject) => {
      const resolve = (result: unknown): void => {
        settle(result as Result);
      };
      const older = key === null ? undefined : this.waiting.find((each) => each.key === key);
      if (older === undefined) {
        this.waiting.push({ key, work, resolve, reject });
      } else {
        const { resolve: resolveOlder, reject: rejectOlder } = older;
        older.work = work;
        older.resolve = (result) => {
          resolveOlder(result);
          resolve(result);
        };
        older.reject = (reason) => {
          rejectOlder(reason);
          reject(reason);
        };
      }
      void this.next();
    });
  }

  /** Gives up all work that waits; what is being done goes on. */
  clear(reason: Error): void {
    for (const { reject } of this.waiting.splice(0)) reject(reason);
  }

  private async next(): Promise<void> {
    if (this.isBusy) return;
    const first = this.waiting.shift();
    if (first === undefined) return;
    this.isBusy = true;
    try {
      first.resolve(await first.work());
    } catch (error) {
      first.reject(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.isBusy = false;
      void this.next();
    }
  }
}
