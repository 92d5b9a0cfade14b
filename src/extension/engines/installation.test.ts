import { describe, expect, it } from 'vitest';
import { choiceDetail, explain, parseInstallation, parseInstalled, type Installable } from './installation';

const cuda: Installable = {
  name: 'cuda',
  engine: 'compiled',
  title: 'CUDA',
  description: 'onnxruntime for NVIDIA GPUs.',
  download: 'about 400 MB',
  installed: false,
  requirements: [
    { what: 'NVIDIA driver', from: 'https://nvidia.example', found: true },
    { what: 'CUDA 12', from: 'https://cuda.example', found: false },
  ],
};

describe('what can be installed', () => {
  it('is read from the last line that the command prints', () => {
    const report = { folder: '/engines', builtIn: 'WebGPU comes with Distillery.', installable: [cuda] };
    expect(parseInstallation(`\n${JSON.stringify(report)}\n`)).toEqual(report);
    expect(() => parseInstallation('an error')).toThrow();
  });

  it('is explained with what is missing and where it goes', () => {
    expect(explain(cuda, '/engines')).toBe(
      `onnxruntime for NVIDIA GPUs.
Downloads about 400 MB, into /engines, which you may delete at any time.

It needs on this machine:
✓ NVIDIA driver
✗ not found: CUDA 12 (https://cuda.example)`,
    );
    expect(choiceDetail(cuda)).toBe('onnxruntime for NVIDIA GPUs. Not found here: CUDA 12.');
    expect(choiceDetail({ ...cuda, installed: true })).toBe('onnxruntime for NVIDIA GPUs. It is installed.');
  });

  it('was installed when the command says how the engine does', () => {
    const engine = { name: 'compiled', available: true, device: 'GPU', reason: 'Fast.' };
    expect(parseInstalled(JSON.stringify({ installed: 'cuda', engines: [engine] }))).toEqual(engine);
    expect(parseInstalled('')).toBeNull();
  });
});
