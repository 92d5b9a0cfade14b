import { describe, expect, it } from 'vitest';
import type { RunLaunch } from './record';
import { sampleEnd, sampleProgress } from './sampleRun';
import { deriveState, describePhase, lastLifeSign, type RunSigns } from './state';

const now = Date.parse('2026-11-23T15:00:00.000Z');

function ago(seconds: number): string {
  return new Date(now - seconds * 1000).toISOString();
}

function launched(seconds: number): RunLaunch {
  return { process: { pid: 7, startedAt: '7', hostname: 'a-host' }, at: ago(seconds) };
}

function signs(changes: Partial<RunSigns> = {}): RunSigns {
  return { record: { createdAt: ago(3600) }, launch: null, progress: null, end: null, ...changes };
}

describe('deriveState', () => {
  const fresh = { progress: sampleProgress({ at: ago(2) }) };
  const stale = { progress: sampleProgress({ at: ago(16) }) };
  it.each([
    [
      'an end record decides, whatever else there is',
      { ...fresh, end: sampleEnd({ state: 'failed' }) },
      'alive',
      'failed',
    ],
    ['fresh heartbeat, live process', fresh, 'alive', 'running'],
    ['fresh heartbeat, on another machine', fresh, 'elsewhere', 'running'],
    ['fresh heartbeat, dead process', fresh, 'dead', 'interrupted'],
    ['stale heartbeat, live process', stale, 'alive', 'running'],
    ['stale heartbeat, on another machine', stale, 'elsewhere', 'interrupted'],
    ['stale heartbeat, dead process', stale, 'dead', 'interrupted'],
    [
      'heartbeat of a clock that is hours ahead',
      { progress: sampleProgress({ at: ago(-7200) }) },
      'elsewhere',
      'interrupted',
    ],
    ['just made, nobody has said anything', { record: { createdAt: ago(3) } }, 'elsewhere', 'running'],
    ['made long ago, nobody has ever said anything', {}, 'elsewhere', 'interrupted'],
    ['just launched', { launch: launched(1) }, 'alive', 'running'],
    ['launched, and died before the first heartbeat', { launch: launched(1) }, 'dead', 'interrupted'],
    ['resumed after a crash', { ...stale, launch: launched(1) }, 'elsewhere', 'running'],
  ] as const)('%s', (_what, changes, liveness, state) => {
    expect(deriveState(signs(changes), liveness, now)).toBe(state);
  });
});

describe('lastLifeSign', () => {
  it('is the newer one of launch and heartbeat', () => {
    const progress = sampleProgress({ at: ago(20) });
    expect(lastLifeSign(signs({ progress, launch: launched(10) })).process?.pid).toBe(7);
    expect(lastLifeSign(signs({ progress, launch: launched(30) })).process).toEqual(progress.process);
    expect(lastLifeSign(signs())).toEqual({ process: null, at: now - 3_600_000 });
  });
});

describe('describePhase', () => {
  it('tells what a run is doing', () => {
    const progress = sampleProgress({ at: ago(2), phase: 'evaluating' });
    expect(describePhase(signs({ progress }), 'running', now)).toBe('evaluating');
    expect(describePhase(signs({ progress }), 'finished', now)).toBeNull();
    expect(describePhase(signs(), 'running', now)).toBe('starting');
    expect(describePhase(signs({ progress, launch: launched(1) }), 'running', now)).toBe('starting');
    const silent = sampleProgress({ at: ago(90) });
    expect(describePhase(signs({ progress: silent }), 'running', now)).toBe(
      'unresponsive for 90 s (training)',
    );
  });
});
