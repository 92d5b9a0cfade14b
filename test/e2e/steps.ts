import { beforeEach } from 'vitest';

/**
 * Makes the tests of a suite the steps of one story: after a step that fails, the others are not tried, and say so.
 * @param onFailure Called once, for the step that failed, with its name.
 */
export function oneAfterAnother(onFailure: (step: string) => Promise<void>): void {
  let failed: string | undefined;
  beforeEach(({ task, onTestFailed }) => {
    if (failed !== undefined) throw new Error(`Not tried, because the step "${failed}" failed.`);
    onTestFailed(async () => {
      if (failed !== undefined) return;
      failed = task.name;
      await onFailure(task.name);
    });
  });
}
