import { describe, expect, it } from 'vitest';
import { fabricateRun } from '../../test/webview/fabricate';
import {
  accuracyText,
  filterRuns,
  progressShare,
  runActions,
  runLabels,
  runNotice,
  statusText,
} from './runs';

describe('runLabels', () => {
  it('are the names, with as much more as it takes to tell runs apart', () => {
    const runs = [
      fabricateRun({ id: '1', name: 'kd' }),
      { ...fabricateRun({ id: '2', name: 'sweep' }), seed: 1 },
      { ...fabricateRun({ id: '3', name: 'sweep' }), seed: 2 },
      { ...fabricateRun({ id: '4', name: 'twin' }), seed: 7 },
      { ...fabricateRun({ id: '5', name: 'twin' }), seed: 7 },
    ];
    expect([...runLabels(runs)]).toEqual([
      ['1', 'kd'],
      ['2', 'sweep · seed 1'],
      ['3', 'sweep · seed 2'],
      ['4', 'twin · 4'],
      ['5', 'twin · 5'],
    ]);
  });
});

describe('what is said of a run', () => {
  const running = fabricateRun({ id: 'a', state: 'running' });
  const waiting = fabricateRun({
    id: 'a',
    state: 'running',
    phase: 'waiting for teacher',
    teacherAccuracy: 0.99,
  });

  it('how far it is', () => {
    expect(statusText(running)).toBe('Epoch 6.3/10, 3 min left');
    expect(statusText(waiting)).toBe('Waiting for teacher');
    expect(statusText({ ...running, progress: null })).toBe('Starting');
    expect(progressShare(running)).toBeCloseTo(0.625, 3);
  });

  it('how it ended', () => {
    expect(statusText(fabricateRun({ id: 'a' }))).toBe('Finished in 3 min');
    expect(statusText(fabricateRun({ id: 'a', state: 'stopped' }))).toBe('Stopped at step 4,000');
    expect(statusText(fabricateRun({ id: 'a', state: 'interrupted' }))).toBe('Interrupted at step 4,000');
    expect(progressShare(fabricateRun({ id: 'a' }))).toBeNull();
  });

  it('how good it is, once it was measured', () => {
    expect(accuracyText(fabricateRun({ id: 'a' }))?.best).toMatch(/^9\d\.\d\d%$/);
    expect(accuracyText(waiting)).toBeNull();
  });

  it('what can be done', () => {
    expect(runActions(running)).toContain('stop');
    expect(runActions(running)).not.toContain('resume');
    for (const state of ['stopped', 'failed', 'interrupted'] as const) {
      expect(runActions(fabricateRun({ id: 'a', state }))).toContain('resume');
    }
    expect(runActions(fabricateRun({ id: 'a' }))).toEqual(['openExperiment', 'revealFolder']);
  });

  it('what needs attention', () => {
    const failed = fabricateRun({ id: 'a', state: 'failed', reason: 'The loss became NaN' });
    expect(runNotice(failed, 'kd', true)).toMatchObject({
      kind: 'error',
      text: 'kd failed at step 4,000. The loss became NaN.',
      resumable: true,
    });
    expect(runNotice(waiting, 'kd', false)).toMatchObject({
      kind: 'information',
      text: 'kd has not begun to train: waiting for teacher mnist-teacher.',
      resumable: false,
    });
    expect(runNotice(fabricateRun({ id: 'a', state: 'interrupted' }), 'kd', true)?.resumable).toBe(true);
    expect(runNotice(running, 'kd', true)).toBeNull();
    expect(runNotice(fabricateRun({ id: 'a' }), 'kd', true)).toBeNull();
  });
});

describe('filterRuns', () => {
  const old = { ...fabricateRun({ id: 'old', name: 'mnist-kd' }), createdAt: '2026-01-01T00:00:00Z' };
  const young = {
    ...fabricateRun({ id: 'young', name: 'digits', state: 'failed' }),
    createdAt: '2026-02-01T00:00:00Z',
  };
  const archived = { ...fabricateRun({ id: 'archived' }), labels: { archived: true, notes: '' } };
  const runs = [old, young, archived];

  it('lists the newest first, and archived runs only while they are shown', () => {
    expect(filterRuns(runs, [], '').map(({ id }) => id)).toEqual(['young', 'old']);
    expect(filterRuns(runs, ['archived'], '').map(({ id }) => id)).toContain('archived');
  });

  it('finds runs by every word', () => {
    expect(filterRuns(runs, [], 'KD mnist').map(({ id }) => id)).toEqual(['old']);
    expect(filterRuns(runs, [], 'failed').map(({ id }) => id)).toEqual(['young']);
    expect(filterRuns(runs, [], 'seed 2')).toEqual([]);
  });
});
