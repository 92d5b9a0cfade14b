import { openSupply } from '../data/openSupply';
import type { BatchOrder, BatchSupply, SuppliedBatch } from '../data/supply';
import { TeachersBeside } from './besides';
import type { PlannedStage, StepPlace } from './plan';
import type { RunReporter } from './reporter';
import type { Session } from './session';
import { cachedInputs, obtainTargets, type CachedTargets } from './targets';

/** What every step is fed from: the batches, and the targets of teachers that are cached or asked beside the steps. */
export class Material {
  /** Milliseconds in steps altogether, and of these waiting for batches. */
  private stepping = 0;
  private stalled = 0;
  private readonly beside: TeachersBeside;

  private constructor(
    private readonly session: Session,
    private readonly targets: CachedTargets,
    private readonly supply: BatchSupply,
  ) {
    this.beside = new TeachersBeside(session, new Set(targets.shapes.keys()));
  }

  /**
   * @param from where the run goes on, and the names of the inputs that its earlier attempts had cached.
   * @throws StoppedByRequest when someone asks to stop meanwhile.
   */
  static async gather(
    session: Session,
    reporter: RunReporter,
    from: { step: number; cachedTargets: readonly string[] },
  ): Promise<Material> {
    const begun = from.step === 0 ? null : from.cachedTargets;
    const targets = await obtainTargets(session, reporter, begun, from.step);
    const { dataset, batching, loaderPath, plan } = session;
    const orderAt = (step: number): BatchOrder | null =>
      step < plan.totalSteps ? orderOf(session, targets, plan.place(step)) : null;
    const supply = openSupply(
      {
        program: loaderPath,
        set: dataset.train,
        batching,
        files: targets.files,
        following: ({ epoch, index }) => orderAt(epoch * plan.stepsPerEpoch + index + 1),
      },
      orderAt(from.step) ?? { epoch: 0, index: 0, rows: [] },
    );
    return new Material(session, targets, supply);
  }

  /** The names of all inputs that are cached. */
  get cachedTargets(): string[] {
    return [...this.targets.shapes.keys()];
  }

  /** Where batches are made and why, and the share of the time in steps that waited for them. */
  get batches(): { made: string; stallShare: number } {
    return { made: this.supply.reason, stallShare: this.stalled / Math.max(this.stepping, 1e-9) };
  }

  /** The targets that the steps of a stage take as inputs, with their shapes for one image. */
  inputsOf(stage: PlannedStage): Map<string, readonly number[]> {
    return new Map([...cachedInputs(this.session, stage, this.targets), ...this.beside.inputsOf(stage)]);
  }

  /**
   * Takes a step with its batch.
   *
   * @returns what the step gives, the number of images, and the milliseconds that were spent waiting for the batch.
   */
  async feed<Result>(
    place: StepPlace,
    step: (batch: SuppliedBatch) => Promise<Result>,
  ): Promise<{ result: Result; images: number; stallMilliseconds: number }> {
    const startedAt = performance.now();
    const batch = await this.supply.next(orderOf(this.session, this.targets, place));
    const stallMilliseconds = performance.now() - startedAt;
    const result = await step(this.beside.answer(place.stage, batch));
    this.stalled += stallMilliseconds;
    this.stepping += performance.now() - startedAt;
    return { result, images: batch.size, stallMilliseconds };
  }

  /** Lets go of files and threads. */
  async close(): Promise<void> {
    await this.supply.close();
    await this.targets.close();
  }
}

function orderOf(session: Session, targets: CachedTargets, { epoch, batch, stage }: StepPlace): BatchOrder {
  return { epoch, index: batch, rows: [...cachedInputs(session, stage, targets).keys()] };
}
