import type { ExperimentPath } from './problem';
import type { Experiment } from './schema';

/** What the checks look at: an experiment, and what of it is written and not only a default. */
export interface Checked {
  experiment: Experiment;
  /** Absolute path of its file. */
  file: string;
  isWritten: (path: ExperimentPath) => boolean;
}
