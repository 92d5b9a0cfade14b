/** Exit codes of `distillery`; docs/cli.md explains them. */
export const EXIT = {
  ok: 0,
  /** A run failed, or something unexpected happened. */
  failed: 1,
  /** The command line or the experiment has mistakes; nothing was started. */
  mistake: 2,
  /** A run was stopped or interrupted; it can be resumed. */
  stopped: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a sentence for people and nothing else. */
export class CommandError extends Error {
  override name = 'CommandError';
  constructor(
    message: string,
    readonly code: ExitCode = EXIT.mistake,
  ) {
    super(message);
  }
}
