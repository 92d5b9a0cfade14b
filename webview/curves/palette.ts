/**
 * Runs are told apart by hue and dash. The hues are those of the theme (`--run-hue-0` … in curves.css); when they are
 * used up they begin again with the next dash.
 */
export const HUES = 6;
const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 2], [9, 3, 2, 3]];

/** Runs that look different from one another; more of them begin again with the first style. */
export const DISTINCT_STYLES = HUES * DASHES.length;

export interface RunStyle {
  /** In [0, `HUES`). */
  hue: number;
  /** Lengths of dashes and gaps in pixels; empty for a solid line. */
  dash: readonly number[];
}

export function styleOfSlot(slot: number): RunStyle {
  const turn = Math.floor(slot / HUES);
  return { hue: slot % HUES, dash: DASHES[turn % DASHES.length]! };
}

/**
 * Gives each shown run a slot, and with it a style. A run keeps its slot as long as it is shown, so that hiding one
 * never recolours another; a run that is added takes the lowest free slot.
 */
export function assignSlots(
  held: Readonly<Record<string, number>>,
  shown: readonly string[],
): Record<string, number> {
  const slots: Record<string, number> = {};
  const used = new Set<number>();
  for (const run of shown) {
    const slot = held[run];
    if (slot !== undefined && !used.has(slot)) {
      slots[run] = slot;
      used.add(slot);
    }
  }
  let free = 0;
  for (const run of shown) {
    if (run in slots) continue;
    while (used.has(free)) free += 1;
    slots[run] = free;
    used.add(free);
  }
  return slots;
}
