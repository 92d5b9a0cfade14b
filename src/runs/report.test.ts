import { describe, expect, it } from 'vitest';
import { compareRuns, findBaseline, reportOf, roleAmong } from './report';
import { sampleEnd, sampleProgress } from './sampleRun';
import type { RunSummary } from './summary';

function summary(id: string, changes: Partial<RunSummary> = {}): RunSummary {
  return {
    id,
    directory: `/w/.distillery/runs/${id}`,
    name: id,
    role: 'student',
    state: 'finished',
    experimentPath: `${id}.distill.yaml`,
    fingerprint: `f-${id}`,
    baselineFingerprint: `f-${id}`,
    createdAt: '2026-11-23T14:25:01.000Z',
    seed: 1,
    progress: sampleProgress(),
    end: sampleEnd(),
    labels: { archived: false, notes: '' },
    ...changes,
  };
}

/** Better at its best than at the end: teachers count by their best, students by their end. */
const progress = sampleProgress({
  best: { step: 1, epoch: 1, accuracy: 0.9 },
  last: { step: 2, epoch: 2, accuracy: 0.75 },
});
const teacher = summary('teacher', { progress });
const alone = summary('alone', { progress });
const distilled = summary('distilled', {
  role: 'distilled',
  baselineFingerprint: 'f-alone',
  progress: sampleProgress({
    last: { step: 2, epoch: 2, accuracy: 0.8 },
    teachers: [
      { run: 'teacher', name: 'teacher', accuracy: 0.9 },
      { run: null, name: 'zoo/mlp', accuracy: 0.5 },
      { run: 'deleted', name: 'old', accuracy: null },
    ],
  }),
});

describe('reportOf', () => {
  it('shows the teachers, the student alone and the distilled student', () => {
    const rows = reportOf(distilled, [distilled, alone, teacher]);
    expect(rows.map(({ role, id, name, error }) => [role, id, name, error])).toEqual([
      ['teacher', 'teacher', 'teacher', expect.closeTo(0.1)],
      ['teacher', null, 'zoo/mlp', 0.5],
      ['teacher', 'deleted', 'old', null],
      ['student alone', 'alone', 'alone', 0.25],
      ['distilled student', 'distilled', 'distilled', expect.closeTo(0.2)],
    ]);
    expect(rows[0]).toMatchObject({ parameters: 1000, multiplyAdds: 2000, epochs: 1, seconds: 60 });
  });

  it('is one row for a student, and for a run without a heartbeat', () => {
    expect(reportOf(alone, [alone]).map(({ role }) => role)).toEqual(['student alone']);
    const young = summary('young', { role: 'distilled', state: 'running', progress: null, end: null });
    expect(reportOf(young, [young])).toEqual([
      {
        role: 'distilled student',
        id: 'young',
        name: 'young',
        state: 'running',
        accuracy: null,
        error: null,
        parameters: null,
        multiplyAdds: null,
        epochs: null,
        seconds: null,
      },
    ]);
  });
});

describe('findBaseline', () => {
  it('is the newest finished run', () => {
    const newer = summary('newer', { fingerprint: 'f-alone' });
    const failed = summary('failed', { fingerprint: 'f-alone', state: 'failed' });
    expect(findBaseline(distilled, [failed, newer, alone])?.id).toBe('newer');
    expect(findBaseline(distilled, [failed])).toBeNull();
    expect(findBaseline(alone, [alone])).toBeNull();
  });
});

describe('the role of a run', () => {
  it('is that of a teacher in a table where it teaches another', () => {
    const runs = [teacher, distilled, alone];
    expect(compareRuns(runs, runs).map(({ role }) => role)).toEqual([
      'teacher',
      'distilled student',
      'student alone',
    ]);
  });

  it('is that of a teacher when it was meant to be one, or taught any run, and has none itself', () => {
    const meant = summary('meant', { role: 'teacher' });
    const assistant = summary('assistant', { role: 'distilled' });
    const pupil = summary('pupil', {
      role: 'distilled',
      progress: sampleProgress({ teachers: [{ run: 'assistant', name: 'assistant', accuracy: 0.9 }] }),
    });
    const runs = [meant, assistant, pupil, teacher, distilled, alone];
    expect(runs.map((run) => roleAmong(run, runs))).toEqual([
      'teacher',
      'distilled',
      'distilled',
      'teacher',
      'distilled',
      'student',
    ]);
    expect(reportOf(meant, runs)).toMatchObject([{ role: 'teacher', accuracy: 0.9 }]);
    expect(reportOf(teacher, runs)).toMatchObject([{ role: 'teacher', accuracy: 0.9 }]);
    expect(compareRuns([teacher], runs)).toMatchObject([{ role: 'teacher' }]);
    expect(findBaseline(meant, runs)).toBeNull();
  });
});
