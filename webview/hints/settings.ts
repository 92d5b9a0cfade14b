import { z } from 'zod';

/** What VS Code keeps of a picker while it is hidden: how it was looked at. A field that cannot be read takes its default. */
const settingsSchema = z.object({
  /** The experiment; the host asks for it when it brings a panel of an earlier session back. */
  experiment: z.string().catch(''),
  member: z.int().min(0).catch(0),
  /** Chains of layers are shown one by one. */
  expanded: z.boolean().catch(false),
  /** Ids of single chains that are taken apart. */
  openGroups: z
    .object({ teacher: z.array(z.string()), student: z.array(z.string()) })
    .catch({ teacher: [], student: [] }),
  showsMatrix: z.boolean().catch(false),
});
export type Settings = z.infer<typeof settingsSchema>;

/** @param saved What `getState` of VS Code returns; undefined the first time. */
export function restoreSettings(saved: unknown): Settings {
  const found = settingsSchema.safeParse(saved);
  return found.success ? found.data : settingsSchema.parse({});
}
