import { createHash } from 'node:crypto';
import { canonicalBaseline, canonicalExperiment } from '../experiment/canonical';
import type { Experiment } from '../experiment/schema';

/** sha256, in hex, of everything in an experiment that decides its result. Equal experiments give equal runs. */
export function fingerprintOf(experiment: Experiment): string {
  return sha256(canonicalExperiment(experiment));
}

/** The fingerprint of the student of an experiment trained alone, on the labels only. */
export function baselineFingerprintOf(experiment: Experiment): string {
  return sha256(canonicalBaseline(experiment));
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
