import { describe, expect, it } from 'vitest';
import { logTicks } from './ticks';

describe('logTicks', () => {
  it('draws 1 to 9 and labels as many as there is room for', () => {
    const { places, labelled } = logTicks(0.05, 2, 6);
    expect(places).toEqual([0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2]);
    expect([...labelled]).toEqual([0.05, 0.1, 0.2, 0.5, 1, 2]);
  });

  it('labels every tick of a short stretch', () => {
    expect([...logTicks(0.35, 0.62, 6).labelled]).toEqual([0.4, 0.5, 0.6]);
  });

  it('spaces ticks evenly where the stretch has no two of them', () => {
    const { places, labelled } = logTicks(0.061, 0.069, 4);
    expect(places).toEqual([0.062, 0.064, 0.066, 0.068]);
    expect(labelled.size).toBe(4);
  });

  it('labels only some powers of ten of a long stretch', () => {
    const { labelled } = logTicks(1e-12, 1, 6);
    expect(labelled.size).toBeLessThanOrEqual(6);
    expect([...labelled].every((place) => Number.isInteger(Math.round(Math.log10(place) * 1e9) / 1e9))).toBe(
      true,
    );
  });
});
