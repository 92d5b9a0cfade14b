/** The run was asked to stop; it ends as `stopped` and can be resumed. */
export class StoppedByRequest extends Error {
  override name = 'StoppedByRequest';
  /** @param by who asked, for people. */
  constructor(readonly by: string) {
    super(`Stopped by ${by}.`);
  }
}

/** A number of the training is no longer finite: a loss term, the gradient, a weight. */
export class TrainingDiverged extends Error {
  override name = 'TrainingDiverged';
  constructor(what: string, value: number, step: number, epoch: number) {
    super(
      `The ${what} became ${value} at step ${step} (epoch ${epoch.toFixed(2)}). ` +
        'Lower the learning rate, add a warm-up or `train.clip`, or lower the weight of the term. ' +
        'The last checkpoint is from before this step.',
    );
  }
}
