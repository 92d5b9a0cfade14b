import { expect, it } from 'vitest';
import { assignSlots, DISTINCT_STYLES, styleOfSlot } from './palette';

it('tells at least a dozen runs apart', () => {
  const styles = Array.from({ length: DISTINCT_STYLES }, (_, slot) => JSON.stringify(styleOfSlot(slot)));
  expect(DISTINCT_STYLES).toBeGreaterThanOrEqual(12);
  expect(new Set(styles).size).toBe(DISTINCT_STYLES);
  expect(styleOfSlot(DISTINCT_STYLES)).toEqual(styleOfSlot(0));
});

it('changes the hue before the dash', () => {
  expect(styleOfSlot(0)).toEqual({ hue: 0, dash: [] });
  expect(styleOfSlot(5).dash).toEqual([]);
  expect(styleOfSlot(6)).toMatchObject({ hue: 0 });
  expect(styleOfSlot(6).dash).not.toEqual([]);
});

it('keeps the slots of runs that stay, and gives a new run the lowest free one', () => {
  const first = assignSlots({}, ['a', 'b', 'c']);
  expect(first).toEqual({ a: 0, b: 1, c: 2 });
  const second = assignSlots(first, ['c', 'a']);
  expect(second).toEqual({ a: 0, c: 2 });
  expect(assignSlots(second, ['d', 'c', 'a', 'e'])).toEqual({ a: 0, c: 2, d: 1, e: 3 });
});

it('repairs saved slots that two runs share', () => {
  expect(assignSlots({ a: 1, b: 1 }, ['a', 'b'])).toEqual({ a: 1, b: 0 });
});
