import { z } from 'zod';

/**
 * How the panel is set up: what a person chose, and nothing that can be read from the runs. VS Code keeps it while the
 * panel is hidden and over a reload of the window. A field that cannot be read takes its default.
 */
const settingsSchema = z.object({
  /** Ids of the overlaid runs, in the order they were added. */
  shown: z.array(z.string()).catch([]),
  /** Slot of each overlaid run in the palette. */
  slots: z.record(z.string(), z.int().min(0)).catch({}),
  /** Overlaid runs whose curves are switched off for now. */
  mutedRuns: z.array(z.string()).catch([]),
  hiddenCharts: z.array(z.string()).catch([]),
  smoothing: z.number().min(0).max(0.99).catch(0.6),
  logarithmic: z.boolean().catch(false),
  axis: z.enum(['step', 'epoch', 'time']).catch('step'),
  asTable: z.boolean().catch(false),
  /** The stretch of the horizontal axis that is looked at; null for all of it. */
  zoom: z
    .object({ min: z.number(), max: z.number() })
    .refine(({ min, max }) => min < max)
    .nullable()
    .catch(null),
});
export type Settings = z.infer<typeof settingsSchema>;

/** @param saved What `getState` of VS Code returns; undefined the first time. */
export function restoreSettings(saved: unknown): Settings {
  const found = settingsSchema.safeParse(saved);
  return found.success ? found.data : settingsSchema.parse({});
}
