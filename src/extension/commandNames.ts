/** The commands of the extension; package.json declares the same ones, which manifest.test.ts compares. */
export const commandNames = [
  'distillery.newExperiment',
  'distillery.runExperiment',
  'distillery.openExperiment',
  'distillery.pickHints',
  'distillery.useAsHintLayer',
  'distillery.useAsGuidedLayer',
  'distillery.openCurves',
  'distillery.compareRuns',
  'distillery.stopRun',
  'distillery.resumeRun',
  'distillery.revealRunFolder',
  'distillery.showRunLog',
  'distillery.archiveRun',
  'distillery.unarchiveRun',
  'distillery.deleteRun',
  'distillery.refreshRuns',
  'distillery.showArchivedRuns',
  'distillery.hideArchivedRuns',
  'distillery.installGpuEngine',
  'distillery.openDocumentation',
  'distillery.showOutput',
] as const;
export type CommandName = (typeof commandNames)[number];

/** What the `when` clauses of package.json may ask. */
export interface ContextKeys {
  /** The runs have been looked for once. */
  'distillery.loaded': boolean;
  'distillery.hasRuns': boolean;
  'distillery.hasRunning': boolean;
  'distillery.hasResumable': boolean;
  'distillery.hasArchived': boolean;
  'distillery.archivedShown': boolean;
  /** Paths of the experiment files that have a running run. */
  'distillery.runningExperiments': string[];
  /** Paths of the files that make layers of an open experiment. */
  'distillery.layerFiles': string[];
}
export const contextKeyNames = [
  'distillery.loaded',
  'distillery.hasRuns',
  'distillery.hasRunning',
  'distillery.hasResumable',
  'distillery.hasArchived',
  'distillery.archivedShown',
  'distillery.runningExperiments',
  'distillery.layerFiles',
] as const satisfies readonly (keyof ContextKeys)[];
