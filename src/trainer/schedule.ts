import type { ScheduleConfig } from '../experiment/schema';

/**
 * The learning rate of a step, as a factor of its peak.
 *
 * @param epoch fractional epochs of the stage done before this step, ≥ 0.
 * @param epochs length of the stage in epochs, ≥ 1.
 * @returns a number in [0, 1].
 */
export function learningRateFactor(
  schedule: ScheduleConfig,
  epoch: number,
  epochs: number,
  stepsPerEpoch: number,
): number {
  // The first step of a warm-up already moves: it takes the rate that the line reaches at its end.
  const warm = schedule.warmup > 0 ? Math.min(1, (epoch + 1 / stepsPerEpoch) / schedule.warmup) : 1;
  return warm * shape(schedule, epoch, epochs);
}

function shape(schedule: ScheduleConfig, epoch: number, epochs: number): number {
  switch (schedule.name) {
    case 'constant':
      return 1;
    case 'step':
      return schedule.factor ** schedule.milestones.filter((milestone) => epoch >= milestone).length;
    case 'cosine': {
      const share = Math.min(
        1,
        Math.max(0, (epoch - schedule.warmup) / Math.max(epochs - schedule.warmup, 1e-9)),
      );
      return schedule.final + (1 - schedule.final) * 0.5 * (1 + Math.cos(Math.PI * share));
    }
  }
}
