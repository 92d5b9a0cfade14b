import { describe, expect, it } from 'vitest';
import { sampleProgress, sampleRun, sampleRunning } from './sampleRun';
import {
  accuracyText,
  activityText,
  ageText,
  durationText,
  epochText,
  measurementText,
  momentText,
} from './texts';

describe('durationText', () => {
  it.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [3599, '1 h 00 min'],
    [3900, '1 h 05 min'],
    [86_400, '1 d 0 h'],
    [97_200, '1 d 3 h'],
    [-5, '0 s'],
  ])('%d → %s', (seconds, expected) => {
    expect(durationText(seconds)).toBe(expected);
  });
});

describe('ageText', () => {
  const moment = '2026-03-01T12:00:00.000Z';
  it('says how long ago something was', () => {
    expect(ageText(moment, Date.parse(moment) + 9000)).toBe('just now');
    expect(ageText(moment, Date.parse(moment) + 180_000)).toBe('3 min ago');
  });
  it('takes a clock that runs ahead for now', () => {
    expect(ageText(moment, Date.parse(moment) - 60_000)).toBe('just now');
  });
});

describe('momentText', () => {
  const now = Date.parse('2026-03-01T15:00:00.000Z');
  it.each([
    ['2026-03-01T12:04:05.000Z', '12:04:05'],
    ['2026-02-28T23:59:00.000Z', 'Feb 28, 23:59'],
    ['2025-12-31T08:30:00.000Z', 'Dec 31, 2025, 08:30'],
  ])('%s → %s', (moment, expected) => {
    expect(momentText(moment, now, 'UTC')).toBe(expected);
  });
  it('writes midnight as 00', () => {
    expect(momentText('2026-02-28T00:05:00.000Z', now, 'UTC')).toBe('Feb 28, 00:05');
  });
});

describe('what a run is doing', () => {
  it('counts epochs from 1 and never beyond the last', () => {
    expect(epochText(sampleProgress({ epoch: 0 }))).toBe('epoch 1/20');
    expect(epochText(sampleProgress({ epoch: 19.99 }))).toBe('epoch 20/20');
    expect(epochText(sampleProgress({ epoch: 20 }))).toBe('epoch 20/20');
  });
  it('counts epochs while it trains, and names every other phase', () => {
    expect(activityText(sampleRunning({ phase: 'loading data' }))).toBe('loading data');
    const waiting = sampleRunning({ phase: 'waiting for teacher 20260301-120000-digits-teacher-7f3a' });
    expect(activityText(waiting)).toBe('waiting for teacher');
    expect(activityText(sampleRunning({ phase: 'evaluating' }))).toBe('epoch 4/20');
    expect(activityText(sampleRunning())).toBe('epoch 4/20');
    expect(activityText(sampleRun({ progress: null }))).toBe('starting');
  });
});

describe('measurementText', () => {
  it('shows the last accuracy, and the best where it differs', () => {
    expect(accuracyText(0.97846)).toBe('97.85%');
    expect(measurementText(sampleRun())).toBe('97.51% (best 97.84%)');
    const last = { step: 900, epoch: 18, accuracy: 0.978_401 };
    expect(measurementText(sampleRun({ progress: sampleProgress({ last }) }))).toBe('97.84%');
  });
  it('is nothing before the first measurement', () => {
    expect(measurementText(sampleRun({ progress: null }))).toBeNull();
    expect(measurementText(sampleRun({ progress: sampleProgress({ best: null, last: null }) }))).toBeNull();
  });
});
