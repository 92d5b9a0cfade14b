/**
 * Keeps code of models from ending this process: what would end it throws instead, so that the error has the line of
 * the code that wants it.
 *
 * @param log told what code of models does wrong later, when nobody waits for it any more.
 * @returns ends the process.
 */
export function guardProcess(log: (line: string) => void): (code: number) => never {
  const exit = process.exit.bind(process);
  process.exit = (code) => {
    throw new Error(
      `it calls process.exit(${code ?? ''}), which would end the process that looks at it. A model must only be built.`,
    );
  };
  process.abort = () => {
    throw new Error(
      'it calls process.abort(), which would end the process that looks at it. A model must only be built.',
    );
  };
  process.on('uncaughtException', (error) => {
    log(`An error that nobody caught: ${error.stack ?? error.message}`);
  });
  process.on('unhandledRejection', (reason) => {
    const what = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    log(`A rejection that nobody handled: ${what}`);
  });
  return exit;
}
