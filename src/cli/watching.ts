import { TIME_LIMIT_VARIABLE } from '../protocol/inspectorProcess';
import { EXIT } from './exit';

/** Seconds that code of a model may take in a terminal, where people see that it does and may wait. */
const timeLimit = 30;

/**
 * Does work that runs code of models. Where that code never comes to an end, the command says in which line it is and
 * ends, after half a minute or as many seconds as the environment says.
 */
export async function watchingModels<Result>(work: () => Promise<Result>): Promise<Result> {
  const { Watchdog } = await import('../inspector/watchdog');
  const wanted = Number(process.env[TIME_LIMIT_VARIABLE]);
  const standardError = 2;
  const watchdog = new Watchdog(
    wanted > 0 ? wanted : timeLimit,
    standardError,
    (problem) => process.stderr.write(`${problem}\n`),
    { kind: 'text', exitCode: EXIT.mistake },
  );
  return watchdog.during('computing', work);
}
