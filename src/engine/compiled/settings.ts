import { availableParallelism, loadavg } from 'node:os';
import type { LoweringOptions } from './lowering/lowering';
import type { SessionOptions } from './runtime';

/** What onnxruntime can compute on. */
export const PROVIDERS = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Where and how programs are run. Chosen once, when the engine starts. */
export interface CompilerSettings extends LoweringOptions {
  provider: Provider;
  /** Threads of one op; results are the same bits for any number. */
  threads: number;
  /** Whether graphs are simplified as they are recorded; off only to measure what it brings. */
  rewrite: boolean;
  /** Where onnxruntime writes how long each node took: the beginning of a file's path. */
  profile?: string | undefined;
}

/** The threads to use: `DISTILLERY_THREADS`, or one for each core that the process may use. */
export function threadsFromEnvironment(): number {
  const wanted = Number(process.env['DISTILLERY_THREADS']);
  return Number.isInteger(wanted) && wanted > 0 ? wanted : availableParallelism();
}

/**
 * Whether threads may wait for their next work in a loop: between two ops that gains a tenth where nobody else wants the
 * cores, and costs half and more where somebody does. This process and one that it took over from count as nobody; a
 * system that does not tell its load says 0.
 */
export function coresAreFree(): boolean {
  return loadavg()[0]! < 1.25 * availableParallelism();
}

/** @param onDevice the outputs that stay in the memory of the device. */
export function sessionOptions(
  { provider, threads, profile }: CompilerSettings,
  onDevice: readonly string[] = [],
): SessionOptions {
  return {
    executionProviders: executionProviders(provider),
    // For the processor the lowering has done what there is to gain; onnxruntime's passes over a large graph take seconds
    // and find nothing. A GPU gains by each node that is joined to another.
    graphOptimizationLevel: provider === 'cpu' ? 'disabled' : 'extended',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: coresAreFree() ? '1' : '0' } } },
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    ...(onDevice.length === 0
      ? {}
      : { preferredOutputLocation: Object.fromEntries(onDevice.map((name) => [name, 'gpu-buffer'])) }),
  };
}

/** What a provider cannot do is done by the processor. */
function executionProviders(provider: Provider): NonNullable<SessionOptions['executionProviders']> {
  switch (provider) {
    case 'cpu':
      return ['cpu'];
    case 'webgpu':
      // Channels last, its default, computes several convolutions wrongly (docs/engine.md tells which). The validation
      // makes a run fail when memory is short; without it the results would be zeros.
      return [{ name: provider, preferredLayout: 'NCHW', validationMode: 'basic' }, 'cpu'];
    case 'coreml':
      return [provider, 'cpu'];
    case 'cuda':
    case 'dml':
      return [{ name: provider, deviceId: 0 }, 'cpu'];
  }
}
