import { expect, it } from 'vitest';
import { fabricateCurves } from '../../test/webview/fabricate';
import { curvesModel } from './charts';
import { mergeDelta } from './data';
import { styleOfSlot } from './palette';
import { cursorStops, SampleMemo, sampleChart } from './sampling';

function lossChart(rows: number, logarithmic = false) {
  const merge = mergeDelta(undefined, fabricateCurves({ id: 'a', rows, terms: ['hard'] }));
  if (merge.kind !== 'merged') throw new Error(merge.kind);
  const run = { id: 'a', label: 'a', style: styleOfSlot(0), curves: merge.curves };
  const settings = { axis: 'step', smoothing: 0.5, logarithmic, hiddenCharts: [], zoom: null } as const;
  return curvesModel([run], settings, null).charts.find(({ id }) => id === 'loss:total')!;
}

it('stops the cursor at rows, not beside them', () => {
  const chart = lossChart(50);
  const all = cursorStops(chart, sampleChart(chart, { min: 0, max: 500, columns: 700 }));
  expect(all).toEqual(Array.from({ length: 50 }, (_, row) => (row + 1) * 10));
  const zoomed = cursorStops(chart, sampleChart(chart, { min: 95, max: 125, columns: 700 }));
  expect(zoomed).toEqual([100, 110, 120]);
});

it('stops at one row or two for each column of a long curve', () => {
  const chart = lossChart(5000);
  const stops = cursorStops(chart, sampleChart(chart, { min: 0, max: 50_000, columns: 100 }));
  expect(stops.length).toBeGreaterThanOrEqual(100);
  expect(stops.length).toBeLessThanOrEqual(202);
  expect([stops[0], stops.at(-1)]).toEqual([10, 50_000]);
});

it('samples again only when something changed', () => {
  const memo = new SampleMemo();
  const chart = lossChart(50);
  const grid = { min: 0, max: 500, columns: 100 };
  const first = memo.get(chart, grid);
  expect(memo.get(chart, { ...grid })).toBe(first);
  expect(memo.get(chart, { ...grid, max: 400 })).not.toBe(first);
  const again = memo.get(chart, grid);
  chart.lines[0]!.run.curves.version += 1;
  expect(memo.get(chart, grid)).not.toBe(again);
  expect(memo.get({ ...chart, logarithmic: true }, grid)).not.toBe(again);
});
