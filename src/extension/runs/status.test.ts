import { describe, expect, it } from 'vitest';
import { sampleRun, sampleRunning } from './sampleRun';
import { statusText } from './status';

describe('statusText', () => {
  it('is nothing when nothing runs', () => {
    expect(statusText([])).toBeNull();
  });
  it('names the run, its epoch and its accuracy', () => {
    expect(statusText([sampleRunning()])).toEqual({
      text: '$(loading~spin) thin student · epoch 4/20 · 97.51% (best 97.84%)',
      tooltip:
        'thin student: epoch 4/20, 97.51% (best 97.84%), about 2 min left\n\nClick to open the curves.',
    });
  });
  it('tells what trains it, once that has started', () => {
    const engine = { name: 'compiled', device: 'CPU (onnxruntime)', reason: 'The fastest.', threads: 2 };
    expect(statusText([sampleRunning({ engine })])?.tooltip).toContain(
      'about 2 min left, compiled on CPU (onnxruntime), 2 threads\n',
    );
  });
  it('counts several and tells of each', () => {
    const other = sampleRun({ name: 'other', state: 'running', progress: null, end: null });
    const status = statusText([sampleRunning(), other]);
    expect(status?.text).toBe('$(loading~spin) 2 runs');
    expect(status?.tooltip).toContain('\nother: starting\n');
  });
});
