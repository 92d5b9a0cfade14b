import type { ExperimentPath } from '../experiment/problem';
import { DataError } from './dataset';

/** The `code` of a Node error (`ENOENT`, …), if it has one. */
export function errorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** What an error says, with the cause that Node's `fetch` hides behind "fetch failed". */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${errorText(error.cause)}`;
}

/** Does `work`; a DataError from it is thrown on as one about the part `at` of the experiment. */
export async function about<Result>(at: ExperimentPath, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new DataError(error.message, error.file, { at, code: error.code, cause: error });
  }
}
