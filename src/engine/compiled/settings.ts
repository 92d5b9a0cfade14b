import { availableParallelism } from 'node:os';
import type { LoweringOptions } from './lowering/lowering';
import type { SessionOptions } from './runtime';

/** Where and how programs are run. Chosen once, when the engine starts. */
export interface CompilerSettings extends LoweringOptions {
  provider: 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml';
  /** Threads of one op; results are the same bits for any number. */
  threads: number;
  /** Where onnxruntime writes how long each node took: the beginning of a file's path. */
  profile?: string | undefined;
}

/** The threads to use: `DISTILLERY_THREADS`, or one for each core that the process may use. */
export function threadsFromEnvironment(): number {
  const wanted = Number(process.env['DISTILLERY_THREADS']);
  return Number.isInteger(wanted) && wanted > 0 ? wanted : availableParallelism();
}

export function sessionOptions({ provider, threads, profile }: CompilerSettings): SessionOptions {
  return {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    // The lowering has chosen layouts; `all` would choose others.
    graphOptimizationLevel: 'extended',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
  };
}
