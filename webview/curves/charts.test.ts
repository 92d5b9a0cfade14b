import { describe, expect, it } from 'vitest';
import { fabricateCurves, type Plan } from '../../test/webview/fabricate';
import { chartKinds, curvesModel, type ModelSettings } from './charts';
import { mergeDelta } from './data';
import { styleOfSlot } from './palette';
import type { ShownRun } from './shownRun';
import { verticalRange } from './draw';

const settings: ModelSettings = {
  axis: 'step',
  smoothing: 0.6,
  logarithmic: false,
  hiddenCharts: [],
  zoom: null,
};

function shown(...plans: Plan[]): ShownRun[] {
  return plans.map((plan, slot) => {
    const merge = mergeDelta(undefined, fabricateCurves(plan));
    if (merge.kind !== 'merged') throw new Error(merge.kind);
    return { id: plan.id, label: plan.id, style: styleOfSlot(slot), curves: merge.curves };
  });
}

const student: Plan = { id: 'student', terms: ['hard'] };
const kd: Plan = { id: 'kd', terms: ['hard', 'soft'], teacherAccuracy: 0.9891, resumes: [1500] };
const fitnet: Plan = { id: 'fitnet', terms: ['hint 2', 'hard', 'hint 1', 'soft'], hintRows: 100 };

describe('chartKinds', () => {
  it('has a chart for every term, hints last and in order', () => {
    expect(chartKinds(shown(student, fitnet)).map(({ id }) => id)).toEqual([
      'loss:total',
      'accuracy',
      'loss:hard',
      'loss:soft',
      'loss:hint 1',
      'loss:hint 2',
      'test-loss',
      'learning-rate',
      'gradient-norm',
    ]);
  });

  it('has none without rows', () => {
    expect(chartKinds([])).toEqual([]);
  });
});

describe('curvesModel', () => {
  it('draws a run only where it has the term, raw beneath smoothed', () => {
    const { charts } = curvesModel(shown(student, kd), settings, null);
    const soft = charts.find(({ id }) => id === 'loss:soft')!;
    expect(soft.lines.map(({ run, role }) => [run.id, role])).toEqual([
      ['kd', 'raw'],
      ['kd', 'main'],
    ]);
    const total = charts.find(({ id }) => id === 'loss:total')!;
    expect(total.lines.map(({ role }) => role)).toEqual(['raw', 'raw', 'main', 'main']);
  });

  it('draws the rows themselves without smoothing', () => {
    const runs = shown(student);
    const { charts } = curvesModel(runs, { ...settings, smoothing: 0 }, null);
    const { lines } = charts.find(({ id }) => id === 'loss:total')!;
    expect(lines).toHaveLength(1);
    expect(lines[0]!.y).toBe(runs[0]!.curves.training.losses['total']);
  });

  it('smooths again when rows are added, and only then', () => {
    const runs = shown(student);
    const smoothedLine = () =>
      curvesModel(runs, settings, null).charts.find(({ id }) => id === 'loss:total')!.lines[1]!.y;
    const before = smoothedLine();
    expect(smoothedLine()).toBe(before);
    const { curves } = runs[0]!;
    const next = fabricateCurves({ ...student, rows: 1 });
    mergeDelta(curves, { ...next, seq: curves.nextSeq });
    expect(smoothedLine()).toHaveLength(before.length + 1);
  });

  it('marks the best test accuracy and the teacher', () => {
    const runs = shown(kd);
    const accuracy = curvesModel(runs, settings, null).charts.find(({ id }) => id === 'accuracy')!;
    const measured = runs[0]!.curves.evaluation.accuracy;
    expect(accuracy.best).toMatchObject([{ y: Math.max(...measured) }]);
    expect(accuracy.references).toEqual([{ value: 0.9891, label: 'teacher 98.91%', run: null }]);
  });

  it('draws one line for teachers that are equal, and one in the colour of the run for those that are not', () => {
    const references = (...plans: Plan[]) =>
      curvesModel(shown(...plans), settings, null)
        .charts.find(({ id }) => id === 'accuracy')!
        .references.map(({ label, run }) => [label, run?.id ?? null]);
    expect(references(kd, { ...kd, id: 'again' })).toEqual([['teacher 98.91%', null]]);
    expect(references(kd, { ...kd, id: 'other', teacherAccuracy: 0.97 })).toEqual([
      ['teacher 98.91%', 'kd'],
      ['teacher 97.00%', 'other'],
    ]);
  });

  it('breaks at resumes, on every axis', () => {
    expect(curvesModel(shown(kd), settings, null).breaks).toMatchObject([{ x: 1500 }]);
    const byEpoch = curvesModel(shown(kd), { ...settings, axis: 'epoch' }, null);
    expect(byEpoch.breaks[0]!.x).toBeCloseTo(3.75, 10);
  });

  it('shows the whole axis, or the zoom', () => {
    expect(curvesModel(shown(student), settings, null).range).toEqual({ min: 0, max: 4000 });
    const zoom = { min: 100, max: 200 };
    expect(curvesModel(shown(student), { ...settings, zoom }, null)).toMatchObject({
      range: zoom,
      full: { min: 0, max: 4000 },
    });
    expect(curvesModel([], { ...settings, zoom }, null).range).toBeNull();
  });

  it('leaves hidden charts out', () => {
    const { charts } = curvesModel(shown(student), { ...settings, hiddenCharts: ['loss:total'] }, null);
    expect(charts.map(({ id }) => id)).not.toContain('loss:total');
  });
});

describe('stages', () => {
  it('are shaded when all runs with several agree, however far they came', () => {
    const short = { ...fitnet, id: 'short', rows: 400 };
    const { stages } = curvesModel(shown(student, fitnet, short), settings, null);
    expect(stages).toEqual({
      bands: [
        { name: 'hints', from: 0, to: 1000 },
        { name: 'distillation', from: 1000, to: 4000 },
      ],
      edges: [],
    });
  });

  it('are marked in the colour of the run when runs differ, and shaded for the one pointed at', () => {
    const runs = shown(fitnet, { ...fitnet, id: 'other', hintRows: 200 });
    const calm = curvesModel(runs, settings, null).stages;
    expect(calm.bands).toEqual([]);
    expect(calm.edges.map(({ run, x }) => [run.id, x])).toEqual([
      ['fitnet', 1000],
      ['other', 2000],
    ]);
    const pointed = curvesModel(runs, settings, 'other').stages;
    expect(pointed.bands.map(({ from }) => from)).toEqual([0, 2000]);
    expect(pointed.edges.map(({ run }) => run.id)).toEqual(['fitnet']);
  });

  it('are not shown for runs of a single stage', () => {
    expect(curvesModel(shown(student, kd), settings, null).stages).toEqual({ bands: [], edges: [] });
  });
});

describe('verticalRange', () => {
  const chart = (changes: object) => ({
    ...curvesModel(shown(kd), settings, null).charts.find(({ id }) => id === 'loss:total')!,
    ...changes,
  });

  it('leaves room, and goes down to zero when that is near', () => {
    expect(verticalRange(chart({}), 0.02, 2)).toMatchObject({ min: 0 });
    const far = verticalRange(chart({}), 100, 101);
    expect(far.min).toBeGreaterThan(99);
    expect(far.min).toBeLessThan(100);
    expect(far.max).toBeGreaterThan(101);
  });

  it('contains the references', () => {
    const references = [{ value: 5, label: '', run: null }];
    expect(verticalRange(chart({ references }), 1, 2).max).toBeGreaterThan(5);
  });

  it('is a stretch even of a constant, and of nothing', () => {
    for (const [low, high] of [
      [3, 3],
      [0, 0],
      [null, null],
    ] as const) {
      for (const logarithmic of [false, true]) {
        const { min, max } = verticalRange(chart({ logarithmic }), low, high);
        expect(max).toBeGreaterThan(min);
        if (logarithmic) expect(min).toBeGreaterThan(0);
      }
    }
  });
});
