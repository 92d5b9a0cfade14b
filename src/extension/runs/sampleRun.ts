import type { RunProgress } from '../../runs/record';
import type { RunSummary } from '../../runs/summary';

/** A finished run for tests, with what the test is about changed. */
export function sampleRun(changes: Partial<RunSummary> = {}): RunSummary {
  return {
    id: '20260301-120000-abcdef',
    directory: '/lab/.distillery/runs/20260301-120000-abcdef',
    name: 'thin student',
    role: 'distilled',
    state: 'finished',
    experimentPath: 'experiments/student.distill.yaml',
    fingerprint: 'f',
    baselineFingerprint: 'b',
    createdAt: '2026-03-01T12:00:00.000Z',
    seed: 7,
    progress: sampleProgress(),
    end: { state: 'finished', at: '2026-03-01T12:10:00.000Z', step: 1000, reason: null, seconds: 600 },
    labels: { archived: false, notes: '' },
    ...changes,
  };
}

/** The same run while it trains. */
export function sampleRunning(changes: Partial<RunProgress> = {}): RunSummary {
  return sampleRun({ state: 'running', end: null, progress: sampleProgress({ epoch: 3.2, ...changes }) });
}

/** The progress of a run at its end, with what the test is about changed. */
export function sampleProgress(changes: Partial<RunProgress> = {}): RunProgress {
  return {
    process: { pid: 42, startedAt: '1', hostname: 'lab' },
    at: '2026-03-01T12:10:00.000Z',
    phase: 'training',
    step: 1000,
    totalSteps: 1000,
    epoch: 20,
    totalEpochs: 20,
    imagesPerSecond: 5123.4,
    secondsLeft: 90,
    losses: { total: 0.5 },
    best: { step: 900, epoch: 18, accuracy: 0.9784 },
    last: { step: 1000, epoch: 20, accuracy: 0.9751 },
    parameters: 12_345,
    multiplyAdds: 678_900,
    teachers: [{ run: 'x', name: 'wide teacher', accuracy: 0.9912 }],
    ...changes,
  };
}
