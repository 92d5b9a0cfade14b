import { describe, expect, it } from 'vitest';
import { fabricateCurves, type Plan } from '../../test/webview/fabricate';
import { curvesModel, type ChartModel, type CurvesModel, type ModelSettings } from './charts';
import { mergeDelta } from './data';
import { styleOfSlot } from './palette';
import { dataTable, placeText, readings, spokenReading } from './readout';

const settings: ModelSettings = {
  axis: 'step',
  smoothing: 0,
  logarithmic: false,
  hiddenCharts: [],
  zoom: null,
};
const plans: Plan[] = [
  { id: 'long', rows: 400, terms: ['hard'] },
  { id: 'short', rows: 100, terms: ['hard'] },
];

function view(id: string, changes: Partial<ModelSettings> = {}): { model: CurvesModel; chart: ChartModel } {
  const runs = plans.map((plan, slot) => {
    const merge = mergeDelta(undefined, fabricateCurves(plan));
    if (merge.kind !== 'merged') throw new Error(merge.kind);
    return { id: plan.id, label: plan.id, style: styleOfSlot(slot), curves: merge.curves };
  });
  const model = curvesModel(runs, { ...settings, ...changes }, null);
  return { model, chart: model.charts.find((chart) => chart.id === id)! };
}

describe('readings', () => {
  it('are those of the nearest row', () => {
    const { chart } = view('learning-rate');
    const [at, near] = [readings(chart, 2000), readings(chart, 2004)];
    expect(at[0]).toEqual(near[0]);
    expect(readings(chart, 2006)[0]).not.toEqual(at[0]);
  });

  it('are missing where a run has not come, and the newest without a cursor', () => {
    const { chart } = view('loss:total');
    expect(readings(chart, 2000).map(({ main }) => main === null)).toEqual([false, true]);
    expect(readings(chart, null).every(({ main }) => main !== null)).toBe(true);
  });

  it('have test and train side by side', () => {
    const [long] = readings(view('accuracy').chart, null);
    expect(long?.main).toMatch(/%$/);
    expect(long?.train).toMatch(/%$/);
    expect(long?.main).not.toBe(long?.train);
  });
});

it('speaks where the cursor is and what is there', () => {
  const { model, chart } = view('learning-rate');
  expect(spokenReading(model, chart, 2000)).toMatch(/^step 2,000\. long: 0\.000\d+; short: no value\.$/);
});

it.each([
  ['step', 1204, 'step 1,204'],
  ['epoch', 3.2142, 'epoch 3.21'],
  ['time', 187, '3:07'],
] as const)('names places by %s', (axis, x, text) => {
  expect(placeText(axis, x)).toBe(text);
});

describe('dataTable', () => {
  it('has the places of the densest curve, thinned with both ends kept', () => {
    const { model, chart } = view('loss:total');
    const { header, rows } = dataTable(model, chart, 40);
    expect(header).toEqual(['Step', 'long', 'short']);
    expect(rows).toHaveLength(40);
    expect([rows[0]![0], rows.at(-1)![0]]).toEqual(['10', '4,000']);
    expect(rows.at(-1)![2]).toBe('–');
  });

  it('is limited to what is looked at', () => {
    const { model, chart } = view('loss:total', { zoom: { min: 100, max: 140 } });
    expect(dataTable(model, chart, 40).rows.map(([place]) => place)).toEqual([
      '100',
      '110',
      '120',
      '130',
      '140',
    ]);
  });

  it('has a column each for test and train', () => {
    const { model, chart } = view('accuracy');
    const { header, rows } = dataTable(model, chart, 40);
    expect(header).toEqual(['Step', 'long, test', 'long, train', 'short, test', 'short, train']);
    expect(rows.every((row) => row.length === header.length)).toBe(true);
  });
});
