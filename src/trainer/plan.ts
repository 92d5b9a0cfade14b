import type { Experiment } from '../experiment/schema';
import { stagesOf, type ResolvedStage } from '../experiment/stages';

/** A stage with its place in the run. Steps count from 0 over the whole run. */
export interface PlannedStage extends ResolvedStage {
  index: number;
  firstStep: number;
  steps: number;
  firstEpoch: number;
}

/** Where a step stands. */
export interface StepPlace {
  stage: PlannedStage;
  /** Epoch over the whole run, from 0. */
  epoch: number;
  /** Batch within the epoch, from 0. */
  batch: number;
  /** Fractional epochs of the stage done before this step. */
  stageEpochs: number;
  /** Whether the epoch is over after this step. */
  endsEpoch: boolean;
}

/** The whole training laid out: which stage, epoch and batch every step is. */
export class TrainingPlan {
  readonly stages: readonly PlannedStage[];
  readonly totalSteps: number;
  readonly totalEpochs: number;

  constructor(
    experiment: Experiment,
    readonly stepsPerEpoch: number,
  ) {
    let epochs = 0;
    this.stages = stagesOf(experiment).map((stage, index) => {
      const planned = {
        ...stage,
        index,
        firstStep: epochs * stepsPerEpoch,
        steps: stage.epochs * stepsPerEpoch,
        firstEpoch: epochs,
      };
      epochs += stage.epochs;
      return planned;
    });
    this.totalEpochs = epochs;
    this.totalSteps = epochs * stepsPerEpoch;
  }

  /** @throws RangeError for a step outside the run. */
  place(step: number): StepPlace {
    const stage = this.stages.find(({ firstStep, steps }) => step >= firstStep && step < firstStep + steps);
    if (!stage) throw new RangeError(`Step ${step} is outside the run of ${this.totalSteps} steps.`);
    const epoch = Math.floor(step / this.stepsPerEpoch);
    const batch = step % this.stepsPerEpoch;
    return {
      stage,
      epoch,
      batch,
      stageEpochs: (step - stage.firstStep) / this.stepsPerEpoch,
      endsEpoch: batch === this.stepsPerEpoch - 1,
    };
  }

  /** Steps between two points of the curves: about a hundred points an epoch, always the same for the same run. */
  get stepsPerPoint(): number {
    return Math.max(1, Math.floor(this.stepsPerEpoch / 100));
  }
}
