import { describe, expect, it } from 'vitest';
import { usedEngineSchema, usedEngineText } from './usedEngine';

const compiled = { name: 'compiled', device: 'CPU (onnxruntime)', reason: 'The fastest engine here.' };

describe('usedEngineText', () => {
  it('tells what the engine computes with', () => {
    const engine = { ...compiled, provider: 'cpu', precision: 'f32', threads: 2, block: 16 };
    expect(usedEngineText(engine)).toBe('compiled on CPU (onnxruntime), f32, 2 threads, blocks of 16');
    expect(usedEngineText({ ...engine, threads: 1, block: null })).toBe(
      'compiled on CPU (onnxruntime), f32, 1 thread',
    );
  });

  it('leaves out what a run of an older version does not tell', () => {
    expect(usedEngineText(usedEngineSchema.parse(compiled))).toBe('compiled on CPU (onnxruntime)');
  });
});
