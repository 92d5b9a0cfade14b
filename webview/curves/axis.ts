import { firstAtLeast } from './buckets';
import type { RunCurves } from './data';

/** What the horizontal axis counts: optimizer steps, epochs, or seconds of work. */
export type AxisKind = 'step' | 'epoch' | 'time';

/** Where the rows of a run stand on the horizontal axis; ascending. */
export interface AxisValues {
  training: readonly number[];
  evaluation: readonly number[];
  /** Where a step stands, between the rows too. Steps after the last row stand on it. */
  ofStep: (step: number) => number;
}

export function axisValues(curves: RunCurves, kind: AxisKind): AxisValues {
  const { training, evaluation } = curves;
  if (kind === 'step') {
    return { training: training.step, evaluation: evaluation.step, ofStep: (step) => step };
  }
  const values = kind === 'epoch' ? training.epoch : workedSeconds(curves);
  const ofStep = (step: number) => interpolate(training.step, values, step);
  return {
    training: values,
    evaluation: kind === 'epoch' ? evaluation.epoch : evaluation.step.map(ofStep),
    ofStep,
  };
}

/**
 * Seconds since the first row, the pauses between a stop and its resume left out: the first interval of a new attempt
 * counts as long as the interval before the pause.
 */
function workedSeconds({ training: { at, step }, resumes }: RunCurves): number[] {
  const seconds: number[] = [];
  let worked = 0;
  let interval = 0;
  for (let row = 0; row < at.length; row += 1) {
    if (row > 0) {
      const resumed = resumes.some((resume) => resume >= step[row - 1]! && resume < step[row]!);
      // A clock that was set back must not make the axis run backwards.
      if (!resumed) interval = Math.max(0, at[row]! - at[row - 1]!) / 1000;
      worked += interval;
    }
    seconds.push(worked);
  }
  return seconds;
}

/** Linear between (0, 0) and the rows. */
function interpolate(steps: readonly number[], values: readonly number[], step: number): number {
  const after = firstAtLeast(steps, step);
  if (after === steps.length) return values.at(-1) ?? 0;
  const fromStep = after === 0 ? 0 : steps[after - 1]!;
  const fromValue = after === 0 ? 0 : values[after - 1]!;
  const share = steps[after] === fromStep ? 1 : (step - fromStep) / (steps[after]! - fromStep);
  return fromValue + share * (values[after]! - fromValue);
}
