import * as path from 'node:path';
import type { ExperimentPath, Finding } from '../experiment/problem';
import { ModelError } from '../models/model';

/**
 * What a model or a layer of an experiment has against it.
 *
 * @throws the error itself when it is not about the experiment.
 */
export function findingOf(error: unknown, at: ExperimentPath): Finding {
  if (!(error instanceof ModelError)) throw error;
  const source = error.source;
  const place = source ? `${path.basename(source.file)}:${source.line}:${source.column}` : '';
  // Some messages begin with their place.
  const message = error.message.includes(place) ? error.message : `${error.message} (${place})`;
  return {
    path: at,
    code: error.code,
    message,
    suggestion: error.suggestion ?? undefined,
  };
}
