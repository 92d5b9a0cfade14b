import type { Experiment, OptimizerConfig, ScheduleConfig, StageConfig, Term } from './schema';

/** Epochs of a training that names neither `epochs` nor `stages`. */
const DEFAULT_EPOCHS = 10;

/** A stage with everything it inherits from the experiment filled in. */
export interface ResolvedStage {
  name: string;
  /** What the student learns from in this stage, in the order hard, soft, hints. */
  terms: Term[];
  epochs: number;
  optimizer: OptimizerConfig;
  schedule: ScheduleConfig;
}

/**
 * What the student learns from: the terms that are written under `distill`, in the order hard, soft, hints. Without
 * `distill` it is the labels alone.
 */
export function termsOf(experiment: Experiment): Term[] {
  const { distill } = experiment;
  if (distill === undefined) return ['hard'];
  const terms: Term[] = ['hard', 'soft', 'hints'];
  return terms.filter((term) => distill[term] !== undefined);
}

/** The weight of the cross-entropy with the labels; 0 when the labels are not learnt from. */
export function hardWeightOf(experiment: Experiment): number {
  return experiment.distill === undefined ? 1 : (experiment.distill.hard?.weight ?? 0);
}

/** The stages of the training, one after the other; a training without `stages` is one stage named `training`. */
export function stagesOf(experiment: Experiment): ResolvedStage[] {
  const { train } = experiment;
  const written = train.stages;
  if (written === undefined) {
    return [
      {
        name: 'training',
        terms: termsOf(experiment),
        epochs: train.epochs ?? DEFAULT_EPOCHS,
        optimizer: train.optimizer,
        schedule: train.schedule,
      },
    ];
  }
  const names = namesOf(written);
  return written.map((stage, index) => ({
    name: names[index]!,
    terms: termsOfStage(experiment, stage),
    epochs: stage.epochs,
    optimizer: stage.optimizer ?? train.optimizer,
    schedule: stage.schedule ?? train.schedule,
  }));
}

/** The terms named by `only` as a list; `null` when the stage learns from all of them. */
export function onlyOf(stage: StageConfig): Term[] | null {
  if (stage.only === undefined) return null;
  return Array.isArray(stage.only) ? stage.only : [stage.only];
}

function termsOfStage(experiment: Experiment, stage: StageConfig): Term[] {
  const only = onlyOf(stage);
  return termsOf(experiment).filter((term) => only === null || only.includes(term));
}

/** Written names stay; a stage of a single term is named after it, every other one by its number. */
function namesOf(stages: readonly StageConfig[]): string[] {
  const taken = new Set(stages.flatMap((stage) => stage.name ?? []));
  return stages.map((stage, index) => {
    if (stage.name !== undefined) return stage.name;
    const only = onlyOf(stage);
    const term = only?.length === 1 ? only[0] : undefined;
    const name = term !== undefined && !taken.has(term) ? term : `stage ${index + 1}`;
    taken.add(name);
    return name;
  });
}
