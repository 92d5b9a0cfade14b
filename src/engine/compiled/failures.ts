import { EngineError } from '../engine';
import type { Provider } from './settings';

/** How people call what a provider computes on. */
export const DEVICE_NAMES: Readonly<Record<Provider, string>> = {
  cpu: 'CPU',
  webgpu: 'GPU (WebGPU)',
  cuda: 'GPU (CUDA)',
  dml: 'GPU (DirectML)',
  coreml: 'GPU (Core ML)',
};

/** WebGPU says of a buffer that it could not get only that it is invalid, at its first use. */
const OUT_OF_MEMORY =
  /out.?of.?memory|bad_alloc|failed to allocate|not enough memory|max buffer size|\[Invalid Buffer/i;

/** What to tell when a program fails while it runs: what happened, and how the run can go on. */
export function runtimeFailure(error: unknown, provider: Provider): EngineError {
  const cause = messageOf(error);
  const onGpu = provider !== 'cpu';
  const lacksMemory = OUT_OF_MEMORY.test(cause);
  const sentences = [
    `onnxruntime failed${onGpu ? ` on the ${DEVICE_NAMES[provider]}` : ''} in the middle of a run: ${cause}`,
    lacksMemory ? 'There was not enough memory.' : '',
    lacksMemory ? '' : 'The run can be resumed from its last checkpoint.',
    onGpu
      ? `${lacksMemory ? 'Resume the run' : 'If it fails again, resume it'} on the processor (DISTILLERY_PROVIDER=cpu), or start it anew with a smaller batch (train.batch).`
      : lacksMemory
        ? 'Close other programs and resume the run from its last checkpoint, or start it anew with a smaller batch (train.batch).'
        : '',
  ];
  return new EngineError(sentences.filter((sentence) => sentence !== '').join('\n'), { cause: error });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
