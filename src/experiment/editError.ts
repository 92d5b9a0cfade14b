import type { TextRange } from './problem';

/** Why a text cannot be edited as asked: a sentence, and where in the text the reason stands. */
export class EditError extends Error {
  override name = 'EditError';
  constructor(
    message: string,
    readonly range: TextRange,
  ) {
    super(message);
  }
}
