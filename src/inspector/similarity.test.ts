import { describe, expect, test } from 'vitest';
import { planBatches } from './similarity';

describe('planBatches', () => {
  const sights = (values: number) => ({ teacher: { values }, student: { values } });

  test('shows all images at once where what the layers give fits into memory', () => {
    expect(planBatches(256, sights(10_000))).toEqual({ batch: 256, batches: 1, estimator: 'biased' });
  });

  test('makes batches of one size where it does not, with the estimator for that', () => {
    // 8 MB for each image: 32 fit.
    expect(planBatches(256, sights(1024 * 1024))).toEqual({ batch: 32, batches: 8, estimator: 'unbiased' });
    expect(planBatches(100, sights(1024 * 1024))).toEqual({ batch: 25, batches: 4, estimator: 'unbiased' });
  });

  test('never makes batches that are too small to tell anything', () => {
    const plan = planBatches(100, sights(1024 * 1024 * 1024));
    expect(plan.batch).toBeGreaterThanOrEqual(7);
    expect(plan.estimator).toBe('unbiased');
    expect(planBatches(3, sights(1024 * 1024 * 1024))).toEqual({ batch: 3, batches: 1, estimator: 'biased' });
  });
});
