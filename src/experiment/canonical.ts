import { teachersOf, type Experiment, type ScheduleConfig } from './schema';
import { stagesOf, type ResolvedStage } from './stages';

/**
 * Everything in an experiment that decides its result, as one text: equal for experiments that mean the same, however
 * they are written. Names of the experiment and its stages are not part of it, nor is what its files hold.
 */
export function canonicalExperiment(experiment: Experiment): string {
  const { train, distill = { hard: { weight: 1 } } } = experiment;
  return stableJson({
    task: experiment.task,
    seed: experiment.seed,
    data: experiment.data,
    teachers: teachersOf(experiment),
    student: experiment.student,
    // A cache, like the engine, changes how the numbers are come by, not what they are.
    distill: { ...distill, cache: undefined },
    stages: stagesOf(experiment).map(({ terms, epochs, optimizer, schedule }) => ({
      terms,
      epochs,
      optimizer,
      schedule,
    })),
    batch: train.batch,
    clip: train.clip,
    evaluate: experiment.evaluate,
  });
}

/** {@link canonicalExperiment} of the {@link baselineExperiment}: equal for all that one baseline serves. */
export function canonicalBaseline(experiment: Experiment): string {
  return canonicalExperiment(baselineExperiment(experiment));
}

/**
 * What a distilled student is measured against: the same student trained alone, on the labels of the same images, with
 * the same seed and budget. The budget is the sum of all epochs, in one stage, with the optimizer and schedule of the
 * last stage that trains the whole student; milestones keep their share of the training. It has no name.
 */
export function baselineExperiment(experiment: Experiment): Experiment {
  const { version, task, seed, data, student, train, evaluate } = experiment;
  const stages = stagesOf(experiment);
  const epochs = stages.reduce((sum, stage) => sum + stage.epochs, 0);
  const main = stages.findLast(trainsWholeStudent) ?? stages.at(-1)!;
  return {
    version,
    task,
    seed,
    data: { ...data, train: { ...data.train, labels: true } },
    student,
    train: {
      batch: train.batch,
      clip: train.clip,
      epochs,
      optimizer: main.optimizer,
      schedule: stretched(main.schedule, epochs / main.epochs),
    },
    evaluate,
  };
}

/** Hints alone train the student up to its guided layers only. */
function trainsWholeStudent({ terms }: ResolvedStage): boolean {
  return terms.some((term) => term !== 'hints');
}

function stretched(schedule: ScheduleConfig, factor: number): ScheduleConfig {
  if (schedule.name !== 'step') return schedule;
  return { ...schedule, milestones: schedule.milestones.map((milestone) => milestone * factor) };
}

/** JSON with sorted keys; what is undefined is left out. */
function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
