import { MEMORY_SETTINGS } from '../src/runs/launch';

/** The environment of our side: how many threads its engine may use, and on what it computes (null: as it chooses). */
export function ourEnvironment(threads: number, provider: string | null): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // As a trainer is started.
    ...MEMORY_SETTINGS,
    DISTILLERY_THREADS: `${threads}`,
    ...(provider === null ? {} : { DISTILLERY_PROVIDER: provider }),
  };
}
