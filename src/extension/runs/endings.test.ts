import { expect, it } from 'vitest';
import { endingNotice } from './endings';
import { sampleRun } from './sampleRun';

it('tells that a run has finished, with its accuracy', () => {
  expect(endingNotice('running', sampleRun())).toEqual({
    severity: 'information',
    message: 'thin student has finished: best test accuracy 97.84%.',
  });
  expect(endingNotice('running', sampleRun({ progress: null }))?.message).toBe('thin student has finished.');
});

it('tells why a run failed, and that it was interrupted', () => {
  const end = {
    state: 'failed',
    at: '2026-03-01T12:10:00.000Z',
    step: 7,
    reason: 'Loss is NaN.',
    seconds: 3,
  } as const;
  expect(endingNotice('running', sampleRun({ state: 'failed', end }))).toEqual({
    severity: 'error',
    message: 'thin student failed: Loss is NaN.',
  });
  expect(endingNotice('running', sampleRun({ state: 'interrupted', end: null }))?.message).toMatch(/resumed/);
});

it('keeps silent about runs that ended before, are still running, or were stopped', () => {
  expect(endingNotice('finished', sampleRun())).toBeNull();
  expect(endingNotice('running', sampleRun({ state: 'stopped' }))).toBeNull();
  expect(endingNotice('running', sampleRun({ state: 'running' }))).toBeNull();
});
