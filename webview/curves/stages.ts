import type { PlacedRun, ShownRun } from './shownRun';

export interface StageBand {
  name: string;
  from: number;
  to: number;
}

/** How the stages of the runs are shown. */
export interface StageView {
  /** Shaded and named; empty when the runs have different stages and none is pointed at. */
  bands: StageBand[];
  /** Where stages of runs begin that are not shaded. */
  edges: { run: ShownRun; x: number }[];
}

/**
 * Stages are shaded when all runs that have several agree on them. Where they don't, the stages of the run that is
 * pointed at are shaded, and the others get a small mark where a stage begins.
 *
 * @param end Where the horizontal axis ends; stages that agree to a hundredth of it count as equal.
 */
export function stageView(placed: readonly PlacedRun[], end: number, highlighted: string | null): StageView {
  const staged = placed
    .filter(({ run }) => run.curves.stages.length > 1)
    .map(({ run, at }) => ({
      run,
      bands: run.curves.stages.map(({ name, firstStep, steps }) => ({
        name,
        from: at.ofStep(firstStep),
        to: at.ofStep(firstStep + steps),
      })),
    }));
  const first = staged[0];
  if (first === undefined) return { bands: [], edges: [] };
  const longest = staged.reduce((one, other) => (reach(other.bands) > reach(one.bands) ? other : one));
  if (staged.every(({ bands }) => agree(bands, longest.bands, end / 100))) {
    return { bands: longest.bands, edges: [] };
  }
  const shaded = staged.find(({ run }) => run.id === highlighted);
  const edges = staged
    .filter((each) => each !== shaded)
    .flatMap(({ run, bands }) => bands.slice(1).map(({ from }) => ({ run, x: from })));
  return { bands: shaded?.bands ?? [], edges };
}

function reach(bands: readonly StageBand[]): number {
  return bands.at(-1)?.to ?? 0;
}

/** A run that has not come as far agrees with one that has: its last stage just ends earlier. */
function agree(bands: readonly StageBand[], longest: readonly StageBand[], tolerance: number): boolean {
  const limit = reach(bands) + tolerance;
  return (
    bands.length === longest.length &&
    bands.every((band, index) => {
      const other = longest[index]!;
      const near = (one: number, two: number) =>
        Math.abs(Math.min(one, limit) - Math.min(two, limit)) <= tolerance;
      return band.name === other.name && near(band.from, other.from) && near(band.to, other.to);
    })
  );
}
