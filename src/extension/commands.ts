import * as vscode from 'vscode';
import { commandNames, type CommandName } from './commandNames';
import type { EngineInstaller } from './engines/install';
import type { ExperimentRunner } from './experiments/run';
import type { OpenModels } from './models/openModels';
import type { HintsPanels } from './hints/panels';
import type { CurvesPanels } from './panel/panels';
import type { RunActions } from './runs/actions';
import type { RunContextKeys } from './runs/contextKeys';
import type { LocatedRun, RunLibrary } from './runs/library';
import { ExperimentNode, type RunTree } from './runs/tree';
import { isResumable } from './runs/treeItems';
import type { ExperimentFiles } from './experiments/files';
import type { Targets } from './targets';

type Handler = (...parameters: unknown[]) => Promise<void>;

/** The parts of the extension that commands use. */
export interface Parts {
  extension: vscode.Uri;
  log: vscode.LogOutputChannel;
  library: RunLibrary;
  files: ExperimentFiles;
  tree: RunTree;
  keys: RunContextKeys;
  panels: CurvesPanels;
  hints: HintsPanels;
  runner: ExperimentRunner;
  actions: RunActions;
  targets: Targets;
  installer: EngineInstaller;
  models: OpenModels;
}

const showLog = 'Show Log';

/** Registers every command of package.json. What goes wrong in one is told to the person and written to the log. */
export function registerCommands(parts: Parts): vscode.Disposable {
  const handlers: Record<CommandName, Handler> = {
    ...experimentCommands(parts),
    ...layerCommands(parts),
    ...runCommands(parts),
    ...viewCommands(parts),
  };
  return vscode.Disposable.from(
    ...commandNames.map((name) =>
      vscode.commands.registerCommand(name, (...parameters: unknown[]) =>
        guarded(parts.log, name, () => handlers[name](...parameters)),
      ),
    ),
  );
}

function experimentCommands({ runner, panels, hints, targets, actions, files }: Parts) {
  return {
    'distillery.newExperiment': async (what) => {
      const { newExperiment } = await import('./newExperiment/newExperiment');
      await newExperiment(files, what);
    },
    'distillery.runExperiment': async (...parameters) => {
      const experiment = await targets.experiment(parameters, 'Which experiment to run');
      if (experiment === undefined) return;
      const started = await runner.start(experiment);
      if (started !== undefined) await panels.open([started]);
    },
    'distillery.pickHints': async (...parameters) => {
      const experiment = await targets.experiment(parameters, 'Which experiment to pick hints for');
      if (experiment !== undefined) await hints.open(experiment);
    },
    'distillery.openExperiment': async (...parameters) => {
      const [first] = parameters;
      const runs = first instanceof ExperimentNode ? undefined : targets.given(parameters);
      const [run] = runs ?? [];
      if (run !== undefined) {
        await actions.openExperiment(run);
        return;
      }
      const experiment =
        first instanceof ExperimentNode
          ? first.uri
          : await targets.chooseExperiment('Which experiment to open');
      if (experiment !== undefined) await vscode.window.showTextDocument(experiment);
    },
  } satisfies Partial<Record<CommandName, Handler>>;
}

function layerCommands({ models }: Parts) {
  return {
    'distillery.useAsHintLayer': async (...parameters) => {
      const { pickLayer } = await import('./models/pick');
      await pickLayer(models, 'teacher', parameters);
    },
    'distillery.useAsGuidedLayer': async (...parameters) => {
      const { pickLayer } = await import('./models/pick');
      await pickLayer(models, 'student', parameters);
    },
  } satisfies Partial<Record<CommandName, Handler>>;
}

function runCommands({ panels, targets, actions }: Parts) {
  const isRunning = ({ run }: LocatedRun): boolean => run.state === 'running';
  const isArchived = ({ run }: LocatedRun): boolean => run.labels.archived;
  const canResume = ({ run }: LocatedRun): boolean => isResumable(run);
  return {
    'distillery.openCurves': async (...parameters) => {
      const runs = await targets.runs(parameters, 'Which run to open the curves of');
      if (runs !== undefined && runs.length > 0) await panels.open(runs);
    },
    'distillery.compareRuns': async (...parameters) => {
      const runs = await targets.severalRuns(parameters, 'Which runs to compare');
      if (runs !== undefined && runs.length > 0) await panels.open(runs);
    },
    'distillery.stopRun': async (...parameters) => {
      const runs = await targets.runs(parameters, 'Which run to stop', isRunning);
      if (runs !== undefined) await actions.stop(runs);
    },
    'distillery.resumeRun': async (...parameters) => {
      const runs = await targets.runs(parameters, 'Which run to resume', canResume);
      if (runs !== undefined) await actions.resume(runs);
    },
    'distillery.revealRunFolder': async (...parameters) => {
      const [run] = (await targets.runs(parameters, 'Which run to reveal')) ?? [];
      if (run !== undefined) await actions.reveal(run);
    },
    'distillery.showRunLog': async (...parameters) => {
      const [run] = (await targets.runs(parameters, 'Which log to show')) ?? [];
      if (run !== undefined) await actions.showLog(run);
    },
    'distillery.archiveRun': async (...parameters) => {
      const isCurrent = (known: LocatedRun): boolean => !isArchived(known) && !isRunning(known);
      const runs = await targets.runs(parameters, 'Which run to archive', isCurrent);
      if (runs !== undefined) await actions.setArchived(runs, true);
    },
    'distillery.unarchiveRun': async (...parameters) => {
      const runs = await targets.runs(parameters, 'Which run to take out of the archive', isArchived);
      if (runs !== undefined) await actions.setArchived(runs, false);
    },
    'distillery.deleteRun': async (...parameters) => {
      const runs = await targets.runs(parameters, 'Which run to delete');
      if (runs !== undefined) await actions.remove(runs);
    },
  } satisfies Partial<Record<CommandName, Handler>>;
}

function viewCommands({ extension, log, library, files, tree, keys, installer }: Parts) {
  const showArchived = (shown: boolean): Promise<void> => {
    tree.showArchived(shown);
    keys.setKey('distillery.archivedShown', shown);
    return Promise.resolve();
  };
  return {
    'distillery.refreshRuns': async () => {
      await Promise.all([library.refresh(), files.refresh()]);
    },
    'distillery.showArchivedRuns': () => showArchived(true),
    'distillery.hideArchivedRuns': () => showArchived(false),
    'distillery.installGpuEngine': () => installer.run(),
    'distillery.openDocumentation': async () => {
      const page = vscode.Uri.joinPath(extension, 'docs', 'experiment.md');
      await vscode.commands.executeCommand('markdown.showPreview', page);
    },
    'distillery.showOutput': () => {
      log.show();
      return Promise.resolve();
    },
  } satisfies Partial<Record<CommandName, Handler>>;
}

async function guarded(
  log: vscode.LogOutputChannel,
  name: string,
  action: () => Promise<void>,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    log.error(`${name} failed.`, error);
    const message = error instanceof Error ? error.message : String(error);
    void vscode.window.showErrorMessage(message, showLog).then((answer) => {
      if (answer === showLog) log.show();
    });
  }
}
