import type { SuppliedBatch } from '../data/supply';
import { askBeside } from '../targets/fill';
import type { PlannedStage } from './plan';
import type { Session } from './session';
import { isNeeded, targetsOf } from './targets';

/** A target that is asked for before each step, of a network that no engine runs. */
interface AskedTarget {
  name: string;
  layer: string | null;
  shape: readonly number[];
}

/** The teachers that run beside the steps, and what each is asked about every batch: whatever is not cached. */
export class TeachersBeside {
  /** By the stage, the targets of each teacher. */
  private readonly asked = new Map<PlannedStage, Map<number, AskedTarget[]>>();

  /** @param cached names of inputs that come from the disk. */
  constructor(
    private readonly session: Session,
    private readonly cached: ReadonlySet<string>,
  ) {}

  /** The inputs of the steps of a stage that these teachers give, with their shapes for one image. */
  inputsOf(stage: PlannedStage): Map<string, readonly number[]> {
    return new Map([...this.of(stage).values()].flat().map(({ name, shape }) => [name, shape]));
  }

  /** Adds what these teachers say of its images to a batch. */
  answer(stage: PlannedStage, batch: SuppliedBatch): SuppliedBatch {
    const rows: Record<string, Float32Array> = { ...batch.rows };
    for (const [member, targets] of this.of(stage)) {
      const { teachers, imageShape } = this.session.lesson;
      const layers = [...new Set(targets.map(({ layer }) => layer))];
      const said = askBeside(teachers[member]!.prepare(layers), batch, imageShape);
      for (const { name, layer } of targets) rows[name] = said[layers.indexOf(layer)]!;
    }
    return { ...batch, rows };
  }

  private of(stage: PlannedStage): Map<number, AskedTarget[]> {
    const known = this.asked.get(stage);
    if (known !== undefined) return known;
    const asked = new Map<number, AskedTarget[]>();
    for (const { name, member, layer, shape } of targetsOf(this.session)) {
      const isBeside = this.session.lesson.teachers[member]!.model === null;
      if (!isBeside || this.cached.has(name) || !isNeeded(this.session, stage, name)) continue;
      asked.set(member, [...(asked.get(member) ?? []), { name, layer, shape }]);
    }
    this.asked.set(stage, asked);
    return asked;
  }
}
