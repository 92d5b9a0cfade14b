import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../runs/summary';
import { sampleProgress, sampleRun, sampleRunning } from './sampleRun';
import {
  experimentRow,
  groupByExperiment,
  markdownText,
  runRow,
  runTooltip,
  treeMessage,
  type ExperimentGroup,
} from './treeItems';

const now = Date.parse('2026-03-01T12:20:00.000Z');

function groupOf(...runs: RunSummary[]): ExperimentGroup {
  return { path: 'experiments/student.distill.yaml', present: true, runs };
}
const group = groupOf(sampleRun());

describe('runRow', () => {
  it('shows a finished run by its accuracy', () => {
    const row = runRow(sampleRun(), group, false, now);
    expect(row.description).toBe('97.51% (best 97.84%) · seed 7');
    expect(row.contextValue).toBe('run finished');
    expect(row.icon.name).toBe('pass');
    expect(row.spoken).toContain('finished, test accuracy 97.51% (best 97.84%), seed 7');
  });
  it('shows a running run by its epoch, and that it was asked to stop', () => {
    expect(runRow(sampleRunning(), group, false, now).description).toBe(
      'epoch 4/20 · 97.51% (best 97.84%) · seed 7',
    );
    expect(runRow(sampleRunning(), group, true, now).description).toMatch(/^stopping… · /);
    expect(runRow(sampleRunning(), group, false, now).contextValue).toBe('run running');
  });
  it.each(['stopped', 'interrupted', 'failed'] as const)('offers to resume a run that is %s', (state) => {
    const row = runRow(sampleRun({ state }), group, false, now);
    expect(row.contextValue).toBe(`run ${state} resumable`);
    expect(row.description).toBe(`97.51% (best 97.84%) · ${state} · seed 7`);
  });
  it('marks an archived run', () => {
    const row = runRow(sampleRun({ labels: { archived: true, notes: '' } }), group, false, now);
    expect(row.contextValue).toBe('run finished archived');
    expect(row.description).toMatch(/archived$/);
  });
  it('tells the student alone from the distilled ones of the same experiment', () => {
    const alone = sampleRun({ role: 'student' });
    expect(runRow(alone, groupOf(alone, sampleRun()), false, now).description).toBe(
      '97.51% (best 97.84%) · student alone · seed 7',
    );
    expect(runRow(alone, groupOf(alone), false, now).description).not.toContain('alone');
    expect(runRow(sampleRun(), groupOf(alone, sampleRun()), false, now).description).not.toContain('alone');
  });
  it('gets along without progress', () => {
    expect(
      runRow(sampleRun({ state: 'running', progress: null, end: null }), group, false, now).description,
    ).toBe('starting · seed 7');
  });
});

describe('groupByExperiment', () => {
  const older = sampleRun({ id: 'a', createdAt: '2026-03-01T10:00:00.000Z' });
  const newer = sampleRun({ id: 'b', createdAt: '2026-03-01T11:00:00.000Z' });
  const gone = sampleRun({ id: 'c', experimentPath: 'gone.distill.yaml' });

  it('puts runs under their file, newest first, and files in natural order', () => {
    const groups = groupByExperiment(
      [older, gone, newer],
      ['e10.distill.yaml', 'e9.distill.yaml', 'experiments/student.distill.yaml'],
    );
    expect(groups.map(({ path, present, runs }) => [path, present, runs.map(({ id }) => id)])).toEqual([
      ['e9.distill.yaml', true, []],
      ['e10.distill.yaml', true, []],
      ['experiments/student.distill.yaml', true, ['b', 'a']],
      ['gone.distill.yaml', false, ['c']],
    ]);
  });
});

describe('experimentRow', () => {
  it('names the file, its place, and the best accuracy of its runs', () => {
    const better = sampleRun({ progress: sampleProgress({ best: { step: 1, epoch: 1, accuracy: 0.99 } }) });
    const group = { path: 'a/b/kd.distill.yaml', present: true, runs: [sampleRun(), better] };
    const row = experimentRow(group, null);
    expect(row.label).toBe('kd');
    expect(row.description).toBe('a/b · 2 runs · best 99.00%');
    expect(row.contextValue).toBe('experiment');
    expect(experimentRow(group, 'lab').description).toMatch(/^lab\/a\/b · /);
  });
  it('says that there are no runs, or no file', () => {
    expect(experimentRow({ path: 'kd.distill.yaml', present: true, runs: [] }, null).description).toBe(
      'no runs',
    );
    const missing = experimentRow({ path: 'kd.distill.yaml', present: false, runs: [sampleRun()] }, null);
    expect(missing.description).toBe('file missing · 1 run · best 97.84%');
    expect(missing.contextValue).toBe('experiment missing');
  });
});

describe('runTooltip', () => {
  it('tells what is known', () => {
    const text = runTooltip(sampleRun(), null, now);
    expect(text).toContain('| State | finished 10 min ago, after 10 min |');
    expect(text).toContain('| Teacher | wide teacher &#40;99&#46;12%&#41; |');
    expect(text).toContain('| Parameters | 12,345 |');
    expect(text).not.toContain('Reason');
    expect(text).not.toContain('Engine');
  });
  it('tells what trained it, and why', () => {
    const engine = { name: 'wasm', device: 'CPU', reason: 'onnxruntime has no binary here.' };
    const text = runTooltip(sampleRun({ progress: sampleProgress({ engine }) }), null, now);
    expect(text).toContain('| Engine | wasm on CPU |');
    expect(text).toContain('| Engine chosen | onnxruntime has no binary here&#46; |');
  });
  it('gives the reason of a failure on one line', () => {
    const end = {
      state: 'failed',
      at: '2026-03-01T12:10:00.000Z',
      step: 7,
      reason: 'a | b\n  c',
      seconds: 3,
    } as const;
    expect(runTooltip(sampleRun({ state: 'failed', end }), null, now)).toContain('| Reason | a &#124; b c |');
  });
  it('tells a student that was trained alone', () => {
    const run = sampleRun({ role: 'student', progress: sampleProgress({ teachers: [] }) });
    expect(runTooltip(run, null, now)).toContain('| Teacher | none&#58; trained on the labels alone |');
  });
  it('says of an interrupted run when it was last heard of', () => {
    const run = sampleRun({ state: 'interrupted', end: null, progress: sampleProgress({ epoch: 3.2 }) });
    expect(runTooltip(run, null, now)).toContain(
      '| State | interrupted 10 min ago, at epoch 4/20; it can be resumed |',
    );
  });
});

describe('markdownText', () => {
  it('leaves nothing that markdown or HTML would read', () => {
    expect(markdownText('<b> **x** | [a](command:x) & `y`')).not.toMatch(/[<>*|[\]()`:]/);
  });
});

describe('treeMessage', () => {
  it('says why runs cannot be started, and that some cannot be read', () => {
    expect(treeMessage(true, 0)).toBe('');
    expect(treeMessage(false, 0)).toMatch(/^Restricted Mode.*trust/);
    expect(treeMessage(true, 1)).toMatch(/^One run folder cannot be read/);
    expect(treeMessage(false, 2)).toMatch(/Restricted Mode.* 2 run folders cannot be read/);
  });
});
