import { afterEach, describe, expect, test } from 'vitest';
import * as tf from '@tensorflow/tfjs';
import { EngineError } from '../engine';
import { selectEngine } from '../select';
import { runtimeFailure } from './failures';
import { parseProvider, ProviderError } from './providers';
import { loadRuntime, type NativeSession } from './runtime';
import { startCompiled } from './start';

/** None of these comes with onnxruntime on this platform. */
const ABSENT = process.platform === 'win32' ? 'coreml' : 'dml';

describe('the provider', () => {
  const before = process.env['DISTILLERY_PROVIDER'];
  afterEach(() => {
    if (before === undefined) delete process.env['DISTILLERY_PROVIDER'];
    else process.env['DISTILLERY_PROVIDER'] = before;
  });

  test('is the processor when it is asked for', async () => {
    process.env['DISTILLERY_PROVIDER'] = 'CPU';
    const { device, reason, backend } = await startCompiled();
    expect(device).toMatch(/^CPU \(onnxruntime \d+\.\d+\)$/);
    expect(reason).toBe('The processor was asked for.');
    expect(backend.settings.provider).toBe('cpu');
  });

  test('must be a known one', () => {
    expect(() => parseProvider('vulkan')).toThrow(
      'There is no provider "vulkan" (DISTILLERY_PROVIDER). Providers: auto, cpu, webgpu, cuda, dml, coreml.',
    );
  });

  test('is not replaced by another one when it was asked for and does not work, not even by another engine', async () => {
    process.env['DISTILLERY_PROVIDER'] = ABSENT;
    const started = selectEngine('auto', process.cwd());
    await expect(started).rejects.toThrow(ProviderError);
    await expect(started).rejects.toThrow(
      new RegExp(
        `"${ABSENT}" cannot be used here: onnxruntime for .* does not have it.*DISTILLERY_PROVIDER=cpu`,
      ),
    );
  });

  test.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'for CUDA says how to get the files that are missing',
    async () => {
      await expect(startCompiled({ provider: 'cuda' })).rejects.toThrow(
        /files of onnxruntime for CUDA are not here.*Distillery: Install GPU Engine/,
      );
    },
  );
});

describe('a failure in the middle of a run', () => {
  test('on a GPU names it, and what to do', () => {
    const { message } = runtimeFailure(new Error('Device is lost.'), 'webgpu');
    expect(message).toBe(
      [
        'onnxruntime failed on the GPU (WebGPU) in the middle of a run: Device is lost.',
        'The run can be resumed from its last checkpoint.',
        'If it fails again, resume it on the processor (DISTILLERY_PROVIDER=cpu), or start it anew with a smaller batch (train.batch).',
      ].join('\n'),
    );
  });

  test.each([
    'CUDA failure 2: out of memory',
    'Failed to allocate memory for requested buffer of size 4096',
    '[Invalid Buffer (unlabeled)] is invalid due to a previous error.',
  ])('tells a lack of memory: %s', (cause) => {
    expect(runtimeFailure(new Error(cause), 'cuda').message).toMatch(
      /not enough memory\.\nResume the run on the processor .* smaller batch/,
    );
  });

  test('leaves the variables as they were', async () => {
    const { native } = loadRuntime();
    const Original = native.InferenceSession;
    let failing = false;
    /** A session whose device is lost when `failing` says so. */
    const Fragile = function (): NativeSession {
      const session = new Original();
      const run = session.run.bind(session);
      const fragile: NativeSession['run'] = (...call) => {
        if (failing) throw new Error('Device is lost.');
        return run(...call);
      };
      // The native class has it for reading only.
      return Object.defineProperty(session, 'run', { value: fragile });
    } as unknown as typeof Original;
    native.InferenceSession = Fragile;
    try {
      const engine = await selectEngine('compiled', process.cwd(), 'cpu');
      const weight = tf.variable(tf.tensor1d([1, 2]));
      const step = engine.prepare(() => {
        weight.assign(weight.mul(2));
        return { sum: weight.sum() };
      });
      expect(await step.run({})).toEqual({ sum: Float32Array.of(6) });
      failing = true;
      await expect(step.run({})).rejects.toThrow(EngineError);
      expect(Array.from(weight.dataSync())).toEqual([2, 4]);
      failing = false;
      expect(await step.run({})).toEqual({ sum: Float32Array.of(12) });
    } finally {
      native.InferenceSession = Original;
    }
  });
});
