import { expect, it } from 'vitest';
import { restoreSettings } from './settings';

const fresh = restoreSettings(undefined);

it('starts with defaults', () => {
  expect(fresh).toEqual({
    shown: [],
    slots: {},
    mutedRuns: [],
    hiddenCharts: [],
    smoothing: 0.6,
    logarithmic: false,
    axis: 'step',
    asTable: false,
    zoom: null,
  });
});

it('restores what was saved', () => {
  const saved = { ...fresh, shown: ['a'], slots: { a: 3 }, axis: 'time', zoom: { min: 1, max: 2 } };
  expect(restoreSettings(JSON.parse(JSON.stringify(saved)))).toEqual(saved);
});

it('replaces only the fields that cannot be read', () => {
  const saved = { shown: ['a'], slots: { a: -1 }, smoothing: 7, axis: 'miles', zoom: { min: 3, max: 2 } };
  expect(restoreSettings(saved)).toEqual({ ...fresh, shown: ['a'] });
});

it.each([null, 'text', 7, []])('takes %j for nothing', (saved) => {
  expect(restoreSettings(saved)).toEqual(fresh);
});
