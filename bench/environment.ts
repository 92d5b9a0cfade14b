/** The environment of our side: how many threads its engine may use, and on what it computes (null: as it chooses). */
export function ourEnvironment(threads: number, provider: string | null): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DISTILLERY_THREADS: `${threads}`,
    ...(provider === null ? {} : { DISTILLERY_PROVIDER: provider }),
  };
}
