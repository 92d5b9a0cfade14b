import type { RunCurves } from './data';

interface Entry<T> {
  version: number;
  parameter: number;
  value: T;
}

/**
 * Remembers what was derived from the rows of a run until rows are added. Finished runs are thus never derived again,
 * however many deltas their neighbours get.
 */
export class CurvesMemo<T> {
  private readonly entries = new WeakMap<RunCurves, Map<string, Entry<T>>>();

  /**
   * @param key What is derived.
   * @param parameter What it depends on besides the rows; only the value of the newest parameter is kept.
   */
  get(curves: RunCurves, key: string, parameter: number, derive: () => T): T {
    const { version } = curves;
    const ofRun = this.entries.get(curves) ?? new Map<string, Entry<T>>();
    this.entries.set(curves, ofRun);
    const found = ofRun.get(key);
    if (found?.version === version && found.parameter === parameter) return found.value;
    const value = derive();
    ofRun.set(key, { version, parameter, value });
    return value;
  }
}
